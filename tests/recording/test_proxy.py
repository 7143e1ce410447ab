"""The proxy between phones and a server: what phones get, what the server sees, what is recorded."""

import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.effects import Fetched, NotFound, Refused, Uploaded
from phone_sim.recording.files import IfThere, load_recording
from phone_sim.runtime.transport import network_transport
from phone_sim.runtime.virtual_phone import mac_addresses
from tests.make import PHONE_FILE
from tests.real_servers import Nginx, RealServer, TftpdHpa
from tests.recording.dialogues import FILES, Front, boot_log, proxied, replayed, served
from tests.runtime.phones import PATIENT, fetch, phone_license, upload

MAC = "0004f2aabbcc"
LICENSED = FILES | {f"licenses/{PHONE_FILE}": phone_license()}


@pytest.mark.real
@pytest.mark.parametrize("kind", [Nginx, TftpdHpa])
def test_real_server_makes_the_same_phone_behind_the_proxy(
    tmp_path: Path, kind: Callable[[Path, Path], RealServer]
) -> None:
    logs = []
    dialogues = []
    for way in ("direct", "proxied", "replayed"):
        root = tmp_path / way
        for name, data in LICENSED.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        if way == "replayed":
            with replayed(tmp_path / "proxied.jsonl") as front:
                logs.append(boot_log(_of(front, kind), mac=MAC))
            continue
        with kind(root, tmp_path / f"work-{way}") as server:
            if way == "direct":
                logs.append(boot_log(server.url, mac=MAC))
            else:
                with proxied(server.url, tmp_path / "proxied.jsonl") as front:
                    logs.append(boot_log(_of(front, kind), mac=MAC))
            dialogues.append(server.requests(at_least=logs[0].count("Failed to download") + 3))
    assert "License: new key for LDAP" in logs[0]
    assert logs[0] == logs[1] == logs[2]
    assert dialogues[0] == dialogues[1]
    recorded = load_recording(tmp_path / "proxied.jsonl").exchanges
    assert [(one.method, one.path, one.user_agent) for one in recorded] == [
        (one.method, one.path, one.user_agent) for one in dialogues[0]
    ]


def _of(front: Front, kind: object) -> str:
    return front.tftp if kind is TftpdHpa else front.http


@pytest.mark.slow
@pytest.mark.parametrize("behind", ["http", "tftp"])
@pytest.mark.parametrize("before", ["http", "tftp"])
def test_recording_replays_the_same_log(tmp_path: Path, behind: str, before: str) -> None:
    out = tmp_path / "out.jsonl"
    with served(MemorySite(LICENSED)) as real, proxied(getattr(real, behind), out) as front:
        recorded = boot_log(getattr(front, before), mac=MAC, boots=2)
    unknown: list[str] = []
    with replayed(out, unknown) as front:
        assert boot_log(getattr(front, before), mac=MAC, boots=2) == recorded
    assert unknown == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule", ["503 file=*-license.cfg nth=1", "corrupt file=*-license.cfg", "truncate=20 file=site.cfg", "tftp-error=2"]
)
@pytest.mark.parametrize("before", ["http", "tftp"])
def test_fault_is_recorded_and_replayed(tmp_path: Path, rule: str, before: str) -> None:
    out = tmp_path / "out.jsonl"
    with served(MemorySite(LICENSED)) as real, proxied(real.http, out, rule) as front:
        faulty = boot_log(getattr(front, before), mac=MAC)
    assert faulty != boot_log_of(LICENSED, before)
    assert {one.fault for one in load_recording(out).exchanges} - {""} == {rule}
    with replayed(out) as front:
        assert boot_log(getattr(front, before), mac=MAC) == faulty


def boot_log_of(files: dict[str, bytes], protocol: str) -> str:
    """The log of a phone that has these files and no trouble."""
    with served(MemorySite(files)) as real:
        return boot_log(getattr(real, protocol), mac=MAC)


def test_upload_is_passed_on_and_recorded(tmp_path: Path) -> None:
    site = MemorySite()
    out = tmp_path / "out.jsonl"
    transport = network_transport(limits=PATIENT)
    with served(site) as real, proxied(real.http, out) as front:
        assert transport.upload(upload(front.http + "a.log", b"one")) == Uploaded()
        assert transport.upload(upload(front.tftp + "b.log", b"two")) == Uploaded()
    transport.close()
    assert site.files == {"a.log": b"one", "b.log": b"two"}
    bodies = [one.received and one.received.data for one in load_recording(out).exchanges]
    assert bodies == [b"one", b"two"]


@pytest.mark.parametrize("behind", ["http", "tftp"])
def test_server_may_be_down_and_come_back(tmp_path: Path, behind: str) -> None:
    site = MemorySite({"a": b"1"})
    real = BootServer(site)
    real.start()
    transport = network_transport(limits=PATIENT)
    url = real.url if behind == "http" else real.tftp_url
    with proxied(url, tmp_path / "out.jsonl") as front:
        assert transport.fetch(fetch(front.http + "a")) == Fetched(b"1")
        real.stop()
        for url, words in ((front.http, "HTTP 502"), (front.tftp, "TFTP error 0")):
            reply = transport.fetch(fetch(url + "a"))
            assert isinstance(reply, Refused)
            assert reply.reason.startswith(words)
        real.start()
        assert transport.fetch(fetch(front.http + "a")) == Fetched(b"1")
        assert transport.fetch(fetch(front.tftp + "a")) == Fetched(b"1")
        real.stop()
    transport.close()
    assert [one.status for one in load_recording(tmp_path / "out.jsonl").exchanges] == [200, 502, -1, 200, 0]


@pytest.mark.slow
def test_many_phones_at_once_are_each_recorded(tmp_path: Path) -> None:
    macs = [str(mac) for mac, _ in zip(mac_addresses("proxy"), range(12), strict=False)]
    out = tmp_path / "out.jsonl"
    with served(MemorySite(FILES)) as real, proxied(real.http, out) as front, ThreadPoolExecutor(12) as pool:
        urls = [front.http, front.tftp] * 6
        logs = [*pool.map(lambda pair: boot_log(pair[0], mac=pair[1]), zip(urls, macs, strict=True))]
    exchanges = load_recording(out).exchanges
    for mac in macs:
        assert [one.path for one in exchanges if mac in one.path and one.path.endswith("-app.log")] == [
            f"{mac}-app.log"
        ]
    with replayed(out) as front:
        assert boot_log(front.http, mac=macs[0]) == logs[0]
        assert boot_log(front.tftp, mac=macs[1]) == logs[1]


@pytest.mark.slow
def test_large_file_is_passed_on_whole(tmp_path: Path) -> None:
    data = os.urandom(5_000_000)
    out = tmp_path / "out.jsonl"
    transport = network_transport(limits=PATIENT)
    with served(MemorySite({"sip.ld": data})) as real, proxied(real.http, out, body_limit=1_000_000) as front:
        for url in (front.http, front.tftp):
            assert transport.fetch(fetch(url + "sip.ld", limit=10_000_000)) == Fetched(data)
    first, second = load_recording(out).exchanges
    assert first.sent is not None
    assert (first.sent.size, first.sent.data) == (5_000_000, None)
    assert second.sent == first.sent
    transport.close()


def test_nothing_but_the_server_is_asked(tmp_path: Path) -> None:
    transport = network_transport(limits=PATIENT)
    journal = Journal()
    with (
        BootServer(MemorySite({"secret": b"1"})) as other,
        BootServer(MemorySite({"site/a%20b": b"2", "secret": b"3"}), journal=journal) as real,
        proxied(real.url + "site/", tmp_path / "out.jsonl") as front,
    ):
        for path in (f"{other.url}secret", "http:%2F%2F127.0.0.1/secret", "%2e%2e/secret", "..%5csecret", "/secret"):
            assert isinstance(transport.fetch(fetch(front.http + path)), NotFound | Refused)
        assert transport.fetch(fetch(front.http + "a%2520b")) == Fetched(b"2")
        assert other.journal.requests == ()
    assert all(request.path.startswith("site/") for request in journal.requests)
    transport.close()


def test_passwords_of_server_and_phone_are_not_recorded(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    transport = network_transport(limits=PATIENT)
    with served(MemorySite({"a": b"1"})) as real:
        address = real.http.replace("http://", "http://user:hunter2@")
        with proxied(address, out, "challenge=basic nth=1") as front:
            asked = fetch(front.http.replace("http://", "http://phone:sesame@") + "a")
            assert transport.fetch(asked) == Fetched(b"1")
    transport.close()
    text = out.read_text()
    assert "hunter2" not in text
    assert "sesame" not in text
    assert "cGhvbmU6c2VzYW1l" not in text
    assert [json.loads(line).get("status") for line in text.splitlines()] == [None, 401, 200]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_full_recording_ends_and_the_proxy_goes_on(tmp_path: Path) -> None:
    ended: list[str] = []
    out = tmp_path / "out.jsonl"
    transport = network_transport(limits=PATIENT)
    with (
        served(MemorySite({"a": b"x" * 1000})) as real,
        proxied(real.http, out, file_limit=4000, ended=ended) as front,
    ):
        for _ in range(5):
            assert transport.fetch(fetch(front.http + "a")) == Fetched(b"x" * 1000)
    transport.close()
    assert ended == ["the limit of the file is reached"]
    assert len(load_recording(out).exchanges) == 2


@pytest.mark.slow
def test_recording_is_added_to(tmp_path: Path) -> None:
    out, ended = tmp_path / "out.jsonl", list[str]()
    transport = network_transport(limits=PATIENT)
    with served(MemorySite({"a": b"1", "b": b"2"})) as real:
        for name, tail in (("a", b'{"at": 5, "cli'), ("b", b"")):
            with proxied(real.http, out, if_there=IfThere.APPEND) as front:
                assert isinstance(transport.fetch(fetch(front.http + name)), Fetched)
            with out.open("ab") as file:
                file.write(tail)
        with proxied(real.http, out, file_limit=out.stat().st_size + 10, if_there=IfThere.APPEND, ended=ended) as front:
            assert isinstance(transport.fetch(fetch(front.http + "a")), Fetched)
    transport.close()
    recording = load_recording(out)
    assert [one.path for one in recording.exchanges] == ["a", "b"]
    assert recording.broken_line is None
    assert ended == ["the limit of the file is reached"]


def test_recording_has_no_more_exchanges_than_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phone_sim.recording.files.EXCHANGES_LIMIT", 2)
    monkeypatch.setattr("phone_sim.recording.json_lines.EXCHANGES_LIMIT", 2)
    out, ended = tmp_path / "out.jsonl", list[str]()
    transport = network_transport(limits=PATIENT)
    with served(MemorySite({"a": b"1"})) as real, proxied(real.http, out, ended=ended) as front:
        for _ in range(4):
            assert isinstance(transport.fetch(fetch(front.http + "a")), Fetched)
    transport.close()
    assert len(load_recording(out).exchanges) == 2
    assert ended == ["the limit of the file is reached"]


def test_full_disk_ends_the_recording_only(tmp_path: Path) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full")
    ended: list[str] = []
    out = tmp_path / "full"
    out.symlink_to("/dev/full")
    transport = network_transport(limits=PATIENT)
    with served(MemorySite({"a": b"1"})) as real, proxied(real.http, out, ended=ended) as front:
        assert transport.fetch(fetch(front.http + "a")) == Fetched(b"1")
    transport.close()
    assert len(ended) == 1
    assert "No space left" in ended[0]
