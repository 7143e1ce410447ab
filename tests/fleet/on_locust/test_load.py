"""A fleet as load on a real server, each in a process of its own: Locust replaces its sockets."""

import csv
import json
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phone_sim.fault_catalog.activation_files import phone_key
from phone_sim.licensing.license_file import write
from tests.fleet.running import UNTIL_UP, Running, completed, given_time, until
from tests.real_servers.nginx import Nginx

pytestmark = pytest.mark.real

PHONES = 200
BOUND = 120
POPULATION = f"""\
count = {PHONES}
sources = ["127.77.0.0/24"]
[models]
SPIP_670 = 3
SSIP_7000 = 1
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx, with a license for every phone but the last ten, and a place for logs."""
    folder = tmp_path_factory.mktemp("fleet")
    root = folder / "root"
    root.mkdir()
    (root / "000000000000.cfg").write_bytes(b'<APPLICATION CONFIG_FILES="site.cfg" LOG_FILE_DIRECTORY="logs"/>')
    (root / "site.cfg").write_bytes(b'<site feature.corporateDirectory.enabled="1"/>')
    for number in range(1, PHONES - 9):
        mac = f"0004f2{number:06x}"
        (root / f"{mac}-license.cfg").write_bytes(write([phone_key(mac)]))
    with Nginx(root, folder / "work") as running:
        yield running


@pytest.fixture
def population(tmp_path: Path) -> str:
    path = tmp_path / "phones.toml"
    path.write_text(POPULATION)
    return str(path)


Ended = subprocess.CompletedProcess[str]


def run(*words: str) -> Ended:
    return completed(Running(*words))


def run_locust(folder: Path, *words: str) -> Ended:
    return completed(Running(*words, module="locust", cwd=folder))


def run_from_nothing(folder: Path, *words: str) -> Ended:
    """A module with these words, by a Python that has imported nothing."""
    return subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=BOUND)


def test_every_phone_boots_and_licenses(server: Nginx, population: str, tmp_path: Path) -> None:
    before = len(server.requests())
    ended = run_from_nothing(
        *(tmp_path, "phone_sim", "fleet"),
        *("--server", server.url, "--population", population, *UNTIL_UP),
        *("--csv", str(tmp_path / "run"), "--html", str(tmp_path / "run.html"), "--fail-if", "boot.failures>0%"),
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert (found["states"], found["as_expected"]) == ({"idle": PHONES}, PHONES)
    assert found["failed_log_uploads"] == 0
    assert found["features"]["LDAP"]["on"] >= PHONES - 10
    counts = {row["name"]: (row["count"], row["failures"]) for row in found["requests"]}
    assert counts["boot"] == counts["<MAC>.cfg"] == counts["site.cfg"] == (PHONES, 0)
    unlicensed = 3 * PHONES // 4  # the others have the corporate directory built in
    assert counts["<MAC>-license.cfg"] == counts["000000000000-license.cfg"] == (unlicensed, 0)

    logged = server.requests(at_least=before)[before:]
    asked = sum(count for name, (count, _) in counts.items() if name != "boot")
    assert len(logged) == asked
    agents = Counter(request.user_agent for request in logged if request.path.strip("/") == "site.cfg")
    assert sorted(agents.values()) == [PHONES // 4, unlicensed]
    assert len(list((server.root / "logs").glob("*-app.log"))) == PHONES

    with (tmp_path / "run_stats.csv").open() as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert rows["boot"]["Request Count"] == f"{PHONES}"
    assert "<MAC>-license.cfg" in (tmp_path / "run.html").read_text().replace("\\u003c", "<").replace("\\u003e", ">")


def test_unlicensed_phones_and_slow_boots_fail_the_run(server: Nginx, population: str) -> None:
    ended = run(
        *("--server", server.url, "--population", population, *UNTIL_UP),
        *("--require-licensed", "--fail-if", "boot.p95>1ms", "--fail-if", "boot.p50>1000s"),
        *(word for metric in ("p90", "avg", "max") for word in ("--fail-if", f"licensed.{metric}>1000s")),
    )
    assert ended.returncode == 1, ended.stderr
    found = json.loads(ended.stdout)
    lacking = found["shortcomings"]["LDAP: no license"]
    assert 1 <= lacking <= 10
    assert {(each["name"], each["reason"], each["count"]) for each in found["failures"]} == {
        ("boot", "LDAP: no license", lacking)
    }
    assert list(found["thresholds_passed"]) == ["boot.p95>1ms"]


def test_report_that_cannot_be_written_boots_no_phone(server: Nginx, tmp_path: Path) -> None:
    before = len(server.requests())
    report = tmp_path / "missing" / "run.html"
    ended = run("--server", server.url, "-u", "5", "--headless", "--run-time", "1s", "--html", str(report))
    assert (ended.returncode, ended.stderr) == (2, f"Error: --html {report}: No such file or directory\n")
    assert len(server.requests()) == before


def test_dead_server_is_every_phones_reason(population: str) -> None:
    ended = run("--server", "http://127.0.0.1:9/", "--population", population, "-u", "5", *UNTIL_UP)
    assert ended.returncode == 1
    found = json.loads(ended.stdout)
    assert found["shortcomings"] == {"no configuration: it gives no answer": 5}
    assert {each["name"] for each in found["failures"]} == {"<MAC>.cfg", "boot"}
    assert found["states"] == {"idle": 5}


def test_phones_that_do_not_come_up_in_time_fail_the_run(population: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        words = ("--population", population, "-u", "2", "--headless", "--until-up", "--run-time", "1s", "--json")
        ended = run("--server", url, "--timeout", "60", *words)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["shortcoming_kinds"] == {"coming_up": 2}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_result_is_printed_when_its_files_cannot_be_written(server: Nginx, population: str, tmp_path: Path) -> None:
    for name in ("stats", "failures", "exceptions", "stats_history"):
        (tmp_path / f"out_{name}.csv").symlink_to("/dev/full")
    words = ("--server", server.url, "--population", population, "-u", "2", "--headless", "--json", "-t", "3s")
    files = ("--html", "/dev/full", "--csv", str(tmp_path / "out"))
    done = run(*words, *files)
    assert json.loads(done.stdout)["phones"] == 2
    full = "No space left on device"
    said = [line for line in done.stderr.splitlines() if line.startswith("Error: --")]
    assert said == [f"Error: --csv {tmp_path / 'out'}: {full}", f"Error: --html /dev/full: {full}"]
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_with_the_result(server: Nginx, population: str, end: signal.Signals) -> None:
    words = ("--server", server.url, "--population", population, "-u", "10", "--headless", "--json")
    before = len(server.requests())
    with Running(*words) as running:
        # Each phone ends its boot with the upload of its log.
        until(lambda: sum(asked.method == "PUT" for asked in server.requests()[before:]) == 10)
        running.process.send_signal(end)
        code, out = running.ended()
        assert code == 128 + end, running.said
        assert json.loads(out)["states"] == {"idle": 10}
        assert "KeyboardInterrupt" not in running.said


def test_locustfile_of_ones_own_has_phones(server: Nginx, tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from locust import constant, task\n"
        "from phone_sim.fleet.on_locust.users import PhoneUser\n"
        "class Restless(PhoneUser):\n"
        "    wait_time = constant(0.2)\n"
        "    @task\n"
        "    def again(self):\n"
        "        self.reboot()\n"
        "class Desk(PhoneUser):\n"
        "    fixed_count = 1\n"
    )
    words = ["--host", server.url, "--headless", "--users", "3", "--spawn-rate", "3", "--json"]

    def rows_of(ended: Ended) -> dict[str, Any]:
        return {row["name"]: row for row in json.loads(ended.stdout)}

    ended = given_time(
        lambda seconds: run_from_nothing(tmp_path, "locust", *words, "--run-time", seconds),
        lambda ended: rows_of(ended).get("boot", {"num_requests": 0})["num_requests"] > 3,
    )
    assert ended.returncode == 0, ended.stderr
    rows = rows_of(ended)
    assert rows["boot"]["num_requests"] > 3
    assert rows["boot"]["num_failures"] == 0
    assert "<MAC>-license.cfg" in rows


def test_locust_ends_in_order_when_interrupted(server: Nginx, tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from locust import constant, task\n"
        "from phone_sim.fleet.on_locust.users import PhoneUser\n"
        "class Restless(PhoneUser):\n"
        "    wait_time = constant(0)\n"
        "    @task\n"
        "    def again(self):\n"
        "        self.reboot()\n"
        "        try:\n"
        "            for _ in range(300_000):\n"
        "                pass  # most of the time, so that a signal that is raised anywhere is raised here\n"
        "        except KeyboardInterrupt:\n"
        "            pass\n"
    )
    before = len(server.requests())
    words = ["--host", server.url, "--headless", "--users", "60", "--spawn-rate", "60", "--json"]
    with Running(*words, module="locust", cwd=tmp_path) as running:
        until(lambda: len(server.requests()) > before + 500)
        running.process.send_signal(signal.SIGINT)
        code, out = running.ended()
        assert code == 0, running.said
    assert "boot" in {row["name"] for row in json.loads(out)}


def test_population_is_found_beside_the_locustfile(server: Nginx, tmp_path: Path) -> None:
    (folder := tmp_path / "load").mkdir()
    (folder / "locustfile.py").write_text(
        "from phone_sim.fleet.users import PhoneUser\nclass Desk(PhoneUser):\n    population = 'phones.toml'\n"
    )
    words = ["-f", "load/locustfile.py", "--host", server.url, "--headless", "--json"]
    words += ["--users", "2", "--spawn-rate", "2", "--run-time"]
    ended = run_locust(tmp_path, *words, "3s")
    assert ended.returncode == 2
    assert f"Error: Desk: {folder / 'phones.toml'}: No such file or directory" in ended.stderr
    assert "Traceback" not in ended.stderr

    (folder / "phones.toml").write_text('first_mac = "0004f2700000"\ncount = 2\n')

    def asked() -> set[str]:
        return {request.path.strip("/") for request in server.requests()}

    own = {"0004f2700000.cfg", "0004f2700001.cfg"}
    ended = given_time(lambda seconds: run_locust(tmp_path, *words, seconds), lambda _: own <= asked())
    assert ended.returncode == 0, ended.stderr
    assert own <= asked()


@pytest.mark.parametrize("words", [(), ("--host", "http://boot.example/ gopher://x")])
def test_locust_starts_with_no_unspoken_host(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "locustfile.py").write_text(
        "from phone_sim.fleet.users import PhoneUser\nclass Desk(PhoneUser):\n    host = 'gopher://x'\n"
    )
    ended = run_locust(tmp_path, *words, "--headless", "--users", "1", "--run-time", "3s")
    assert ended.returncode == 2
    assert "Error: Desk: gopher://x/: http, https, ftp, ftps, tftp can be spoken\n" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_this_process_has_its_own_sockets() -> None:
    assert "locust" not in sys.modules
    assert socket.socket.__module__ == "socket"
    assert threading.Thread.start.__module__ == "threading"
