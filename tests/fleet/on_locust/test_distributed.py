"""A fleet in several processes, against nginx; a worker that is killed takes its phones with it, and it is said."""

import csv
import itertools
import json
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
import zmq

from tests.fleet.running import (
    BOUND,
    UNTIL_UP,
    Running,
    children,
    completed,
    given_time,
    is_alive,
    make_site,
    metrics,
    outcome,
    until,
)
from tests.real_servers.certificates import Certificates
from tests.real_servers.nginx import Nginx
from tests.real_servers.ports import claim_port

pytestmark = pytest.mark.real

PHONES, LICENSED = 60, 50
POPULATION = f"""\
count = {PHONES}
seed = 4
[models]
SPIP_670 = 1
"""
SPAWN = {
    "timestamp": 1.0,
    "user_classes_count": {"Desk": 3},
    "host": "http://127.0.0.1:9/",
    "stop_timeout": 0,
    "parsed_options": {},
}
NONSENSE: list[bytes] = [
    b"",
    b"\xc1",
    b"\xff" * 1000,
    *map(
        msgpack.dumps,
        (
            7,
            ("heartbeat",),
            ("phone_sim_hello", {"pid": "1"}, "x"),
            ("phone_sim_hello", None, "x"),
            ("phone_sim_line", {"mac": "0004f2000004", "line": 7}, "x"),
            ("phone_sim_line", {"mac": "0004f2000009", "line": "never shown"}, "x"),
            ("phone_sim_refusal", {}, "x"),
            ("phone_sim_answer", None, "x"),
            ("phone_sim_answer", {"question": 1}, "x"),
            ("client_ready", "2.47.0", "x"),
            ("heartbeat", {}, "x"),
            ("stats", {"phone_sim": {}}, "x"),
            ("stats", None, "x"),
            ("phone_sim_hello", {"pid": 1, "host": "x"}, "somebody else"),
            ("heartbeat", {"state": "\x1b[31mready", "current_cpu_usage": 1.0}, "x"),
            ("\x1b[31m", None, "x"),
            ("phone_sim_line", {"mac": "0004f2000004", "line": "\x1b[31mred"}, "x"),
            ("phone_sim_line", {"mac": "0004f2000004", "line": "x" * 10_000_000}, "x"),
            ("after that", None, "x"),
            ("quit", None, "x"),
        ),
    ),
]
LOCUSTFILE = """\
from phone_sim.fleet.on_locust.users import PhoneUser
class Desk(PhoneUser):
    pass
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx, where each phone has four files that no other phone has."""
    folder = tmp_path_factory.mktemp("distributed")
    make_site(root := folder / "root", LICENSED)
    words = ("".join(letters) for letters in itertools.product("abcdefgh", repeat=4))
    for number in range(1, PHONES + 1):
        names = (f"reg-{5000 + number}.cfg", f"=1+{number}.cfg", f"{next(words)}.cfg", f"{next(words)}.cfg")
        for name in names:
            (root / name).write_text("<own/>")
        master = f'<APPLICATION CONFIG_FILES="{", ".join(("site.cfg", *names))}" LOG_FILE_DIRECTORY="logs"/>'
        (root / f"0004f2{number:06x}.cfg").write_text(master)
    with Nginx(root, folder / "work") as running:
        yield running


@pytest.mark.long
def test_run_goes_on_without_a_killed_worker(server: Nginx, tmp_path: Path) -> None:
    population = tmp_path / "phones.toml"
    population.write_text(POPULATION)
    before = len(server.requests())
    words = ("--server", server.url, "--population", f"{population}", "--headless", "--run-time", "15s", "--json")
    files = ("--csv", f"{tmp_path / 'run'}", "--html", f"{tmp_path / 'run.html'}")
    master = ("--master", "--master-bind-port", "0", "--expect-workers", "2", "--metrics-port", "0")
    rules = ("--fail-if", "licensed.p95>100s", "--fail-if", "boot.p95<1ms", "--log-of", "0004f2000001")
    with Running(*words, *files, *master, *rules) as run:
        port = run.hear(r"The master is at 127\.0\.0\.1:(\d+)")
        url = run.hear(r"Metrics are at (\S+)")
        with Running("--worker", "--master-port", port) as one, Running("--worker", "--master-port", port) as other:
            until(lambda: metrics(url).get(("phone_sim_boots_total", "as expected")) == PHONES)
            until(lambda: metrics(url).get(("phone_sim_phones", "idle")) == PHONES)
            found = metrics(url)
            assert found["phone_sim_features", "LDAP", "on"] == LICENSED
            assert found["phone_sim_features", "LDAP", "no license"] == PHONES - LICENSED
            assert found["phone_sim_requests_total", "GET", "<MAC>.cfg", "answered"] == PHONES
            assert found["phone_sim_requests_total", "GET", "<MAC>.cfg", "failed"] == 0
            assert found["phone_sim_boot_seconds_count",] == found["phone_sim_boot_seconds_bucket", "+Inf"] == PHONES
            assert found["phone_sim_licensed_seconds_count",] == LICENSED
            assert found["phone_sim_boot_seconds_sum",] > 0
            assert (found["phone_sim_busy",], found["phone_sim_waiting",]) == (0, 0)
            os.kill(one.process.pid, signal.SIGKILL)
            code, out = run.ended()
            assert other.ended() == (0, "")
    assert code == 1, run.said
    result = json.loads(out)
    assert (result["phones"], result["as_expected"]) == (PHONES, PHONES // 2)
    assert result["states"] == {"lost with a worker": PHONES // 2, "idle": PHONES // 2}
    assert result["shortcomings"] == {"it was lost with a worker": PHONES // 2}
    assert not result["interrupted"]
    assert list(result["thresholds_passed"]) == []

    workers = {worker["pid"]: worker for worker in result["workers"]}
    assert set(workers) == {one.process.pid, other.process.pid}
    assert workers[other.process.pid]["state"] == "done"
    killed = workers[one.process.pid]
    assert (killed["state"], killed["phones"]["count"]) == ("lost", PHONES // 2)
    assert 0 < killed["lost"]["after"] < 15
    assert datetime.fromisoformat(killed["lost"]["at"]).tzinfo is not None
    assert killed["lost"]["last_known"]["states"] == {"idle": PHONES // 2}
    parts = sorted((worker["phones"]["first"], worker["phones"]["last"]) for worker in workers.values())
    assert parts == [(0, 29), (30, 59)]
    assert f"(pid {one.process.pid} on " in run.said
    assert "is lost with its 30 phones" in run.said

    logged = server.requests(at_least=before)[before:]
    own = Counter(request.path.strip("/") for request in logged if request.path.strip("/").endswith("-phone.cfg"))
    assert own == {f"0004f2{number:06x}-phone.cfg": 1 for number in range(1, PHONES + 1)}
    counts = {row["name"]: row["count"] for row in result["requests"]}
    assert sum(count for name, count in counts.items() if name != "boot") == len(logged)
    with (tmp_path / "run_stats.csv").open() as file:
        rows = {row["Name"]: row["Request Count"] for row in csv.DictReader(file)}
    assert rows["boot"] == rows["reg-*.cfg"] == rows["'=*+*.cfg"] == f"{PHONES}"
    assert "=*+*.cfg" not in rows
    assert int(rows["*.cfg"]) > 0
    assert len(rows) < 120
    assert "MAC" in (tmp_path / "run.html").read_text()
    assert "0004f2000001 " in run.said
    assert "firmware 3.3.0.0000 started" in run.said


def test_processes_end_with_their_master(server: Nginx) -> None:
    words = ("--server", server.url, "--users", "4", "--headless", "--processes", "2", "--require-licensed", "--json")
    macs = [f"0004f2{number:06x}" for number in range(1, 5)]
    with Running(*words, *(word for mac in macs for word in ("--log-of", mac))) as run:
        for mac in macs:
            run.hear(f"{mac} .*efk")
        workers = children(run.process.pid)
        assert len(workers) == 2
        run.process.send_signal(signal.SIGTERM)
        code, out = run.ended()
        assert code == 143, run.said
        assert json.loads(out)["states"] == {"idle": 4}
        assert not any(map(is_alive, workers))


def test_run_without_workers_ends(server: Nginx) -> None:
    words = ("--server", server.url, "--users", "4", "--headless", "--processes", "1", "--json")
    with Running(*words, "--log-of", "0004f2000004") as run:
        port = run.hear(r"The master is at 127\.0\.0\.1:(\d+)")
        with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
            stranger.setsockopt(zmq.IDENTITY, b"x")
            stranger.connect(f"tcp://127.0.0.1:{port}")
            for said in NONSENSE:
                stranger.send(said)
            run.hear("efk")
            run.hear("'after that' is not a message of a worker")
        [worker] = children(run.process.pid)
        os.kill(worker, signal.SIGKILL)
        code, out = run.ended()
    assert code == 1, run.said
    assert json.loads(out)["states"] == {"lost with a worker": 4}
    assert "cannot be read" in run.said, run.said
    assert "never shown" not in run.said
    assert "x speaks for another" in run.said
    assert "0004f2000004 ?[31mred" in run.said
    assert "\x1b" not in run.said
    assert "more than 65536 characters" not in run.said, "a message was read that is too large"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            ("phone_sim_assignment", {"population": "count = 0"}),
            "the master's population file:1: count: a population has 1 to 1000000 phones",
        ),
        (("phone_sim_assignment", None), "what the master says: None is not a table"),
        (
            ("phone_sim_question", {"run": 1, "question": 1}),
            "what the master says: number: missing; expected a whole number",
        ),
        (("spawn", SPAWN), "the master has given no phones: it is not one of phone-sim"),
        (("spawn", None), "what the master says cannot be read"),
    ],
)
def test_worker_refuses_a_bad_master(said: tuple[str, Any], complaint: str) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as master:
        master.setsockopt(zmq.LINGER, 0)
        master.setsockopt(zmq.RCVTIMEO, int(1000 * BOUND))
        port = master.bind_to_random_port("tcp://127.0.0.1")
        with Running("--worker", "--master-port", f"{port}") as run:
            name, _ = master.recv_multipart()
            for word, data in (("ack", {"index": 0}), said):
                master.send_multipart([name, msgpack.dumps((word, data, name.decode()))])
            code, _ = run.ended()
    assert code == 2, run.said
    assert f"Error: {complaint}" in run.said


def test_worker_without_a_master_gives_up() -> None:
    port, claim = claim_port(socket.SOCK_STREAM)
    with claim, Running("--worker", "--master-port", f"{port}", "--master-max-wait", "1s") as run:
        code, _ = run.ended()
    assert code == 1
    assert f"Error: no master answers at 127.0.0.1:{port} in 1 s" in run.said


def test_workers_of_locust_have_phones_of_their_own(server: Nginx, tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    port, claim = claim_port(socket.SOCK_STREAM)
    words = ["--host", server.url, "--headless", "--users", "6", "--spawn-rate", "6", "--json", "--processes", "2"]
    words += ["--master-bind-port", f"{port}", "--master-port", f"{port}", "--run-time"]

    def boots(seconds: str) -> Counter[str]:
        before = len(server.requests())
        ended = completed(Running(*words, seconds, module="locust", cwd=tmp_path))
        assert ended.returncode == 0, ended.stderr
        paths = [request.path.strip("/") for request in server.requests(at_least=before)[before:]]
        return Counter(path for path in paths if path.endswith("-phone.cfg"))

    with claim:
        own = given_time(boots, lambda own: own.total() == 6)
    half = 500_000
    numbers = [1, 2, 3, half + 1, half + 2, half + 3]
    assert own == {f"0004f2{number:06x}-phone.cfg": 1 for number in numbers}


def test_workers_trust_the_authorities_that_the_master_names(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path / "certificates")
    make_site(tmp_path / "root", LICENSED)
    with Nginx(tmp_path / "root", tmp_path / "work", tls=certificates) as server:
        words = ("--server", server.url, "-u", "4", *UNTIL_UP)
        trust = ("--processes", "1", "--ca-file", f"{certificates.ca_file}")
        code, result = outcome(*words, *trust)
        assert (code, result["states"], result["failures"]) == (0, {"idle": 4}, [])
        code, result = outcome(*words)
    assert code == 1
    reasons = {each["reason"] for each in result["failures"] if each["name"] == "<MAC>.cfg"}
    assert any("certificate" in reason for reason in reasons), reasons
