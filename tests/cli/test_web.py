"""`phone-sim web`: the portal on a real port, its end, and what it needs."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from phone_sim.cli.main import main
from phone_sim.web.portal.service import PortalService
from tests.authority import new_authority, phone_order
from tests.real_servers.process import wait_until
from tests.web import MAC, enter
from tests.web.running import BOUND, ask

pytestmark = pytest.mark.slow


@pytest.fixture
def portal(tmp_path: Path) -> PortalService:
    new_authority(tmp_path / "authority")
    return PortalService(authority_folder=tmp_path / "authority", boot_server=tmp_path / "site")


@contextmanager
def start(folder: Path, *words: str) -> "Iterator[subprocess.Popen[str]]":
    """Run the verb in a process of its own, in a folder; it ends with the test, however that goes."""
    command = [sys.executable, "-m", "phone_sim", "web", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder) as serving:
        try:
            yield serving
        finally:
            serving.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_web_serves_phones_and_the_portal_and_ends_with_130(
    portal: PortalService, tmp_path: Path, how: signal.Signals
) -> None:
    number = enter(portal, phone_order())
    (tmp_path / "site").mkdir()
    with start(tmp_path, "--site", "site", "--authority", "authority") as serving:
        assert serving.stdout is not None
        said = serving.stdout.readline()
        found_port = re.fullmatch(r"Serving phones and the activation portal on http://127\.0\.0\.1:(\d+)/\n", said)
        assert found_port is not None, said
        port = int(found_port.group(1))
        assert ask(port, "GET", "/")[0] == 200
        assert ask(port, "GET", "/portal")[0] == 200
        assert ask(port, "POST", "/portal/activate", {"number": number, "serial": MAC})[0] == 303
        serving.send_signal(how)
        rest, talk = serving.communicate(timeout=BOUND)
    assert serving.returncode == 128 + how
    assert (rest, talk) == ("", "")
    assert (tmp_path / "site" / f"{MAC}-license.cfg").exists()


def test_web_ends_while_phones_boot_from_a_server_that_stalls(tmp_path: Path) -> None:
    with start(tmp_path) as serving:
        assert serving.stdout is not None
        origin = serving.stdout.readline().split()[-1].rstrip("/")
        headers = {"Origin": origin}
        faults = {"faults": ["stall"]}
        assert requests.put(f"{origin}/api/server", json=faults, headers=headers, timeout=BOUND).status_code == 200
        asked: list[int] = []
        put = {"count": 40, "on": True}
        asking = threading.Thread(
            target=lambda: asked.append(
                requests.post(f"{origin}/api/phones", json=put, headers=headers, timeout=BOUND).status_code
            )
        )
        asking.start()
        assert wait_until(lambda: any_is_on(origin, 1), BOUND)
        serving.send_signal(signal.SIGINT)
        rest, talk = serving.communicate(timeout=BOUND)
        asking.join(BOUND)
    assert (serving.returncode, rest) == (130, "")
    assert "Traceback" not in talk
    assert asked == [503]


def any_is_on(origin: str, but: int) -> bool:
    """Whether more phones are on than the ones that were at the start."""
    phones = requests.get(f"{origin}/api/desk", timeout=BOUND).json()["phones"]
    return bool(sum(phone["state"] != "off" for phone in phones) > but)


@pytest.mark.usefixtures("portal")
def test_elsewhere_than_on_loopback_a_token_is_printed_once(tmp_path: Path) -> None:
    with start(tmp_path, "--host", "0.0.0.0", "--name", "phones.example", "--json") as serving:
        assert serving.stdout is not None
        assert serving.stderr is not None
        url = json.loads(serving.stdout.readline())["serving"]
        port = int(url.rpartition(":")[2].removesuffix("/"))
        line = serving.stderr.readline()
        token = line.strip().rpartition("?token=")[2]
        assert line == f"Open {url}?token={token}\n"
        assert ask(port, "GET", "/portal")[0] == 401
        assert ask(port, "GET", "/api/desk")[0] == 401
        assert ask(port, "GET", f"/portal?token={token}", Host=f"phones.example:{port}") == (303, "/portal")
        assert ask(port, "GET", "/portal", Host=f"other.example:{port}")[0] == 403
        assert ask(port, "GET", "/portal", Authorization=f"Bearer {token}")[0] == 200
        serving.send_signal(signal.SIGINT)
        rest, talk = serving.communicate(timeout=BOUND)
    assert token not in url
    assert (rest, talk) == ("", "")


def test_folder_without_authority_names_what_makes_one(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["web", "--authority", str(tmp_path / "absent")], prog_name="phone-sim")
    assert done.exit_code == 1
    assert "phone-sim license init makes one" in done.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--host", "192.0.2.1"), "--host 192.0.2.1 --port 0: "),
        (("--name", "http://a"), "NAME or NAME:PORT is expected"),
        (("--port", "70000"), "--port"),
    ],
)
def test_address_that_cannot_be_used_is_a_usage_error(
    portal: PortalService, words: tuple[str, ...], complaint: str
) -> None:
    done = CliRunner().invoke(main, ["web", "--authority", str(portal.authority_folder), *words], prog_name="phone-sim")
    assert done.exit_code == 2
    assert complaint in done.stderr


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "jinja2", "python_multipart"])
def test_missing_package_names_the_extra(portal: PortalService, package: str) -> None:
    story = f"import sys; sys.modules[{package!r}] = None; from phone_sim.cli.main import main; main()"
    command = [sys.executable, "-c", story, "web", "--authority", str(portal.authority_folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND)
    assert done.returncode == 2
    assert f"needs {package}, which is not installed: pip install 'phone-sim[web]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_other_verbs_need_no_extra() -> None:
    story = "import sys; sys.modules.update(dict.fromkeys(['starlette', 'uvicorn', 'jinja2'])); "
    story += "from phone_sim.cli.main import main; main()"
    for words in (["web", "--help"], ["models"], ["license", "--help"]):
        done = subprocess.run([sys.executable, "-c", story, *words], capture_output=True, text=True, timeout=BOUND)
        assert done.returncode == 0, done.stderr


def test_run_shows_its_phone_on_a_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "phone_sim", "run", "--server", "http://127.0.0.1:1/", "--mac", MAC, "--web", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as running:
        try:
            assert running.stdout is not None
            url = running.stdout.readline().split()[-1]
            assert url.endswith(f"/phones/{MAC}")
            status, page = ask(int(url.split(":")[2].partition("/")[0]), "GET", f"/phones/{MAC}")
            assert (status, "SoundPoint IP 670" in page) == (200, True)
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=BOUND)
        finally:
            running.kill()
    assert running.returncode == 130


@pytest.mark.parametrize("words", [["--until", "2099-01-01"], ["--speed", "max"], ["--sntp"]])
def test_run_on_a_page_leaves_time_to_the_page(words: list[str]) -> None:
    done = CliRunner().invoke(main, ["run", "--server", "http://127.0.0.1:1/", "--web", "0", *words])
    assert done.exit_code == 2
    assert "--web goes with no" in done.stderr
