"""The guide to CI: the commands of its workflow run in order, as GitHub runs them, with nginx as the boot server."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from socket import SOCK_STREAM
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from phone_sim.cli.main import main
from phone_sim.fault_catalog.activation_files import site_key
from phone_sim.licensing.license_file import write
from tests.real_servers.ports import claim_port
from tests.real_servers.programs import require

GUIDE = (Path(__file__).parents[1] / "phone_sim/guide/ci.md").read_text()
WORKFLOW, GITLAB = map(yaml.safe_load, re.findall(r"```yaml\n(.+?)```", GUIDE, re.DOTALL))
JOB = WORKFLOW["jobs"]["phones"]
STEPS: list[dict[str, Any]] = [step for step in JOB["steps"] if "run" in step]
NGINX = """user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  types {{ text/xml cfg xml; }}
  server {{
    listen 127.0.0.1:{port};
    root {folder}/site;
    dav_methods PUT;
  }}
}}
"""
SCENARIO = """phone_sim = 1
title = "The site license switches the directory on"
start = "2026-03-02T08:00"

[phones.desk]

[[steps]]
boot = true
expect.features = { LDAP = "on" }
"""
TEST = """def test_site_license_is_taken(phone):
    desk = phone()
    desk.boot()
    assert desk.feature("LDAP").is_enabled
"""


def project(folder: Path, port: int) -> None:
    """A project whose boot server is nginx at this port."""
    for name in ("site", "ci", "scenarios", "tests"):
        (folder / name).mkdir()
    (folder / "site/000000000000.cfg").write_text('<APPLICATION CONFIG_FILES="site.cfg"/>\n')
    (folder / "site/site.cfg").write_text('<site feature.corporateDirectory.enabled="1"/>\n')
    key = site_key(date.today() + timedelta(days=400))  # noqa: DTZ011 - the phone's local date
    (folder / "site/000000000000-license.cfg").write_bytes(write([key]))
    (folder / "ci/nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    (folder / "scenarios/directory.phone.toml").write_text(SCENARIO)
    (folder / "tests/test_site.py").write_text(TEST)


@pytest.mark.long
@pytest.mark.real
def test_steps_of_the_workflow_pass_one_after_another(tmp_path: Path) -> None:
    require("nginx")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p phone_sim -p no:cacheprovider"}
    with ExitStack() as stack:
        port, claim = claim_port(SOCK_STREAM)
        stack.enter_context(claim)
        project(tmp_path, port)
        stack.callback(end_nginx, tmp_path)
        environment["BOOT_SERVER"] = JOB["env"]["BOOT_SERVER"].replace(":8080/", f":{port}/")
        for step in STEPS:
            if step["run"].startswith("pip install "):
                continue
            done = subprocess.run(
                # How fast the machine of the tests is, they do not judge.
                [shutil.which("bash") or "bash", "-e", "-c", step["run"].replace("boot.p95>2s", "boot.p95>100s")],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, f"{step['name']}\n{done.stdout}\n{done.stderr}"
    reports = {path.name for path in tmp_path.glob(JOB["steps"][-1]["with"]["path"])}
    assert reports == {"check.xml", "audit.xml", "scenarios.xml", "tests.xml"}


def end_nginx(folder: Path) -> None:
    """End the server that the workflow has started in the background."""
    if (pid := folder / "nginx.pid").exists():
        os.kill(int(pid.read_text()), signal.SIGTERM)


def test_commands_for_gitlab_are_those_of_the_workflow() -> None:
    of_github = {step["run"].replace(" --github", "") for step in STEPS}
    assert set(GITLAB["phones"]["script"][1:]) <= of_github
    assert GITLAB["phones"]["variables"] == JOB["env"]


def test_exit_codes_are_those_of_the_help() -> None:
    listed = re.findall(r"^\| ([0-9, ]+) \|", GUIDE, re.MULTILINE)
    codes = {code for cell in listed for code in cell.split(", ")}
    printed = CliRunner().invoke(main, ["--help"]).output
    assert codes == set(re.findall(r"\b[0-9]+\b", printed.partition("Exit codes")[2]))
