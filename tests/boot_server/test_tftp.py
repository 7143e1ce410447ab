"""The boot server over TFTP, by tftpy, other clients and raw datagrams."""

import io
import itertools
import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tftpy

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.journal import BROKEN_OFF
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpEndpoint
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetched, Uploaded
from phone_sim.runtime.transport import network_transport
from tests.runtime.phones import PATIENT, fetch
from tests.runtime.phones import upload as phone_upload

LIMIT = 1_000_000
Address = tuple[str, int]


@pytest.fixture
def site() -> MemorySite:
    files = {f"{size}.ld": random.Random(size).randbytes(size) for size in (0, 511, 512, 513, 100_000)}
    return MemorySite(files, upload_limit=LIMIT)


@pytest.fixture
def server(site: MemorySite) -> Iterator[TftpEndpoint]:
    before = threading.active_count()
    # So patient that a busy machine makes it repeat nothing.
    with TftpEndpoint(site, timeout=10) as server:
        yield server
    assert threading.active_count() == before


class RawClient:
    """A client that sends what a test tells it to, packet by packet."""

    def __init__(self, server: TftpEndpoint) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(60)
        self.listener: Address = (server.host, server.port)
        self.peer = self.listener

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def request(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self.listener)

    def send(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self.peer)

    def receive(self) -> bytes:
        datagram, self.peer = self.socket.recvfrom(65536)
        return datagram

    def hears_nothing(self, patience: float = 0.1) -> bool:
        self.socket.settimeout(patience)
        try:
            self.socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(60)
        return False


@pytest.fixture
def raw(server: TftpEndpoint) -> Iterator[RawClient]:
    with RawClient(server) as client:
        yield client


def rrq(path: str, *options: str, mode: str = "octet") -> bytes:
    return b"\0\1" + "".join(f"{word}\0" for word in (path, mode, *options)).encode()


def wrq(path: str, *options: str, mode: str = "octet") -> bytes:
    return b"\0\2" + rrq(path, *options, mode=mode)[2:]


@pytest.fixture
def hasty(site: MemorySite) -> Iterator[RawClient]:
    """A client of a server that repeats its packets at once, and often."""
    with TftpEndpoint(site, timeout=0.05, retries=400) as server, RawClient(server) as client:
        yield client


def ack(number: int) -> bytes:
    return b"\0\4" + number.to_bytes(2)


def data(number: int, block: bytes) -> bytes:
    return b"\0\3" + number.to_bytes(2) + block


def download(server: TftpEndpoint, path: str, **options: int) -> bytes:
    received = io.BytesIO()
    tftpy.TftpClient(server.host, server.port, options, flock=False).download(path, received)
    return received.getvalue()


def upload(server: TftpEndpoint, path: str, content: bytes, **options: int) -> None:
    tftpy.TftpClient(server.host, server.port, options, flock=False).upload(path, io.BytesIO(content))


@pytest.mark.parametrize("size", [0, 511, 512, 513, 100_000])
def test_file_is_served_whole(server: TftpEndpoint, site: MemorySite, size: int) -> None:
    path = f"{size}.ld"
    assert download(server, path) == site.files[path]
    assert download(server, "/" + path, blksize=1468, tsize=0) == site.files[path]


@pytest.mark.parametrize("size", [0, 511, 512, 513, 100_000])
def test_upload_is_stored(server: TftpEndpoint, site: MemorySite, size: int) -> None:
    content = site.files[f"{size}.ld"]
    upload(server, "logs/app.log", content)
    assert site.files["logs/app.log"] == content
    upload(server, "logs/app.log", content[::-1], blksize=1468, tsize=size)
    assert site.files["logs/app.log"] == content[::-1]


@pytest.mark.long
def test_block_numbers_roll_over(server: TftpEndpoint, site: MemorySite) -> None:
    content = random.Random(7).randbytes(65_600 * 8 + 3)
    site.write("big", content)
    assert download(server, "big", blksize=8) == content
    upload(server, "copy", content, blksize=8)
    assert site.files["copy"] == content


@pytest.mark.parametrize("name", ["été.log", "журнал/📞.log"])
def test_name_beyond_ascii_is_read_and_written(server: TftpEndpoint, site: MemorySite, name: str) -> None:
    transport = network_transport(limits=PATIENT)
    assert transport.upload(phone_upload(server.url + name, b"line")) == Uploaded()
    assert site.files[name] == b"line"
    assert transport.fetch(fetch(server.url + name)) == Fetched(b"line")
    transport.close()
    assert [each.path for each in server.journal.requests] == [name, name]


def test_request_that_cannot_be_read_is_in_the_journal(server: TftpEndpoint, raw: RawClient) -> None:
    for datagram in (b"\0\1a\xff\x1b.cfg\0octet\0", b"\0\2log", b"\0\1" + b"a" * 9000 + b"\0octet\0"):
        raw.request(datagram)
        assert raw.receive().startswith(b"\0\5\0\4")
    assert [(each.method, each.path, each.status) for each in server.journal.requests] == [
        ("RRQ", "a\\xff\x1b.cfg", 4),
        ("WRQ", "log", 4),
        ("RRQ", "a" * 510, 4),
    ]


def test_missing_file_is_error_1(server: TftpEndpoint, raw: RawClient) -> None:
    with pytest.raises(tftpy.TftpShared.TftpFileNotFoundError):
        download(server, "0004f2aabbcc-license.cfg")
    raw.request(rrq("none"))
    assert raw.receive() == b"\0\5\0\1File not found\0"


@pytest.mark.parametrize("opcode", [b"\0\1", b"\0\2"])
@pytest.mark.parametrize(
    "path", [b"../secret", b"..\\secret", b"a/../../secret", b"/../secret", b"link", b"up/secret", b""]
)
def test_no_path_leads_out_of_the_root(tmp_path: Path, opcode: bytes, path: bytes) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path, target_is_directory=True)
    with TftpEndpoint(FolderSite(root)) as server, RawClient(server) as raw:
        raw.request(opcode + path + b"\0octet\0")
        answer = raw.receive()
        if answer == ack(0):
            raw.send(data(1, b"mine"))
            answer = raw.receive()
    assert answer.startswith(b"\0\5\0\2")
    assert [each.status for each in server.journal.requests] == [2]
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_absolute_path_is_below_the_root(tmp_path: Path) -> None:
    with TftpEndpoint(FolderSite(tmp_path)) as server, RawClient(server) as raw:
        raw.request(rrq("/etc/passwd"))
        assert raw.receive().startswith(b"\0\5\0\1")


def test_upload_over_the_limit_is_error_3(server: TftpEndpoint, site: MemorySite) -> None:
    upload(server, "log", bytes(LIMIT), blksize=32_768)
    with pytest.raises(tftpy.TftpShared.TftpException, match="3"):
        upload(server, "log", bytes(LIMIT + 1), blksize=32_768)
    assert len(site.files["log"]) == LIMIT
    assert [each.status for each in server.journal.requests] == [0, 3]


def test_announced_upload_over_the_limit_is_refused_at_once(raw: RawClient) -> None:
    raw.request(wrq("log", "tsize", "1000001"))
    assert raw.receive().startswith(b"\0\5\0\3")


def test_mode_is_read_in_any_case_and_mail_is_refused(raw: RawClient) -> None:
    raw.request(rrq("513.ld", mode="mail"))
    assert raw.receive() == b"\0\5\0\4only the modes octet and netascii are served\0"
    raw.request(rrq("513.ld", mode="OcTeT"))
    assert raw.receive().startswith(b"\0\3\0\1")


def test_netascii_line_end_may_lie_across_two_blocks(raw: RawClient, site: MemorySite) -> None:
    site.write("text.cfg", b"a" * 511 + b"\nb\r")
    raw.request(rrq("text.cfg", "tsize", "0", mode="netascii"))
    assert raw.receive() == b"\0\6tsize\000516\0"
    raw.send(ack(0))
    assert raw.receive() == data(1, b"a" * 511 + b"\r")
    raw.send(ack(1))
    assert raw.receive() == data(2, b"\nb\r\0")
    raw.send(ack(2))


def test_netascii_upload_is_stored_with_line_ends_of_this_system(
    raw: RawClient, server: TftpEndpoint, site: MemorySite
) -> None:
    raw.request(wrq("log", mode="NETASCII"))
    for number, block in ((1, b"a" * 511 + b"\r"), (2, b"\nb\r\0c\r")):
        assert raw.receive() == ack(number - 1)
        raw.send(data(number, block))
    assert raw.receive() == ack(2)
    assert site.files["log"] == b"a" * 511 + b"\nb\rc\r"
    assert [(each.status, each.size) for each in server.journal.requests] == [(0, 518)]


def test_netascii_upload_is_measured_without_its_carriage_returns() -> None:
    site = MemorySite(upload_limit=300)
    with TftpEndpoint(site, timeout=10) as server:
        for lines, answer in ((300, ack(2)), (301, b"\0\5\0\3")):
            with RawClient(server) as raw:
                raw.request(wrq("log", mode="netascii"))
                whole = b"\r\n" * lines
                for number, block in ((1, whole[:512]), (2, whole[512:])):
                    assert raw.receive() == ack(number - 1)
                    raw.send(data(number, block))
                assert raw.receive().startswith(answer)
    assert site.files["log"] == b"\n" * 300


def test_options_are_answered(raw: RawClient, site: MemorySite) -> None:
    raw.request(rrq("513.ld", "BLKSIZE", "1000", "tsize", "0", "timeout", "2", "unknown", "1"))
    assert raw.receive() == b"\0\6blksize\0001000\0timeout\0002\0tsize\000513\0"
    raw.send(ack(0))
    assert raw.receive() == data(1, site.files["513.ld"])


def test_options_of_no_use_are_passed_over(raw: RawClient, site: MemorySite) -> None:
    raw.request(rrq("513.ld", "blksize", "7", "unknown", "1"))
    assert raw.receive() == data(1, site.files["513.ld"][:512])


def test_each_transfer_has_its_own_port(raw: RawClient) -> None:
    peers = set()
    for path in ("512.ld", "513.ld"):
        raw.request(rrq(path))
        raw.receive()
        peers.add(raw.peer)
    assert len(peers | {raw.listener}) == 3


def test_lost_block_is_sent_again(hasty: RawClient, site: MemorySite) -> None:
    first, second = data(1, site.files["513.ld"][:512]), data(2, site.files["513.ld"][512:])
    hasty.request(rrq("513.ld"))
    assert hasty.receive() == hasty.receive() == first
    hasty.send(ack(1))
    while (answer := hasty.receive()) == first:
        continue
    assert answer == hasty.receive() == second


def test_repeated_acknowledgment_sends_no_block_twice(site: MemorySite) -> None:
    with TftpEndpoint(site, timeout=10) as server, RawClient(server) as raw:
        raw.request(rrq("100000.ld"))
        raw.receive()
        raw.send(ack(1))
        raw.send(ack(1))
        assert raw.receive()[:4] == data(2, b"")
        assert raw.hears_nothing()
        raw.send(ack(2))
        assert raw.receive()[:4] == data(3, b"")


def test_repeated_block_is_acknowledged_again(site: MemorySite) -> None:
    with TftpEndpoint(site, timeout=10) as server, RawClient(server) as raw:
        raw.request(wrq("log"))
        assert raw.receive() == ack(0)
        for number, block in ((1, b"a" * 512), (2, b"b")):
            for _ in range(2):
                raw.send(data(number, block))
                assert raw.receive() == ack(number)
        assert site.files["log"] == b"a" * 512 + b"b"
        assert [each.status for each in server.journal.requests] == [0]


def test_lost_acknowledgment_is_sent_again(hasty: RawClient) -> None:
    hasty.request(wrq("log"))
    assert hasty.receive() == hasty.receive() == ack(0)


def test_repeated_request_starts_no_second_transfer(raw: RawClient, server: TftpEndpoint) -> None:
    raw.request(rrq("512.ld"))
    raw.receive()
    raw.request(rrq("512.ld"))
    assert raw.hears_nothing()
    raw.send(ack(1))
    assert raw.receive() == data(2, b"")
    assert len(server.journal.requests) == 1


def test_upload_from_the_port_of_one_that_is_over_is_a_new_one(raw: RawClient, server: TftpEndpoint) -> None:
    for _ in range(2):
        raw.request(wrq("log"))
        assert raw.receive() == ack(0)
        raw.send(data(1, b"a"))
        assert raw.receive() == ack(1)
    assert len(server.journal.requests) == 2


def test_another_request_of_the_same_port_is_answered(raw: RawClient, site: MemorySite) -> None:
    raw.request(rrq("512.ld"))
    raw.receive()
    raw.request(rrq("511.ld"))
    assert raw.receive() == data(1, site.files["511.ld"])


def test_foreign_packet_does_not_move_the_transfer(site: MemorySite) -> None:
    with TftpEndpoint(site, timeout=10) as server, RawClient(server) as raw, RawClient(server) as foreign:
        raw.request(rrq("100000.ld"))
        raw.receive()
        for datagram in (ack(1), b"\0\5\0\0stop\0", b""):
            foreign.socket.sendto(datagram, raw.peer)
        assert raw.hears_nothing()
        raw.send(ack(1))
        assert raw.receive()[:4] == data(2, b"")


def test_malformed_packet_does_not_end_the_transfer(raw: RawClient) -> None:
    raw.request(rrq("100000.ld"))
    raw.receive()
    for noise in (b"", b"\0", b"\0\4\0", rrq("a"), data(1, b"x"), b"\0\6\xff\0", ack(9)):
        raw.send(noise)
    raw.send(ack(1))
    while raw.receive()[:4] != data(2, b""):
        continue


def test_block_longer_than_agreed_is_error_4(raw: RawClient, site: MemorySite) -> None:
    raw.request(wrq("log"))
    raw.receive()
    raw.send(data(1, bytes(513)))
    assert raw.receive().startswith(b"\0\5\0\4")
    assert "log" not in site.files


@pytest.mark.parametrize("opcode", [b"\0\1", b"\0\2"])
@pytest.mark.parametrize(
    "rest", [b"", b"a", b"a\0octet", b"\xff\0octet\0", b"a\0octet\0x\0", b"a" * 2000 + b"\0octet\0"]
)
def test_malformed_request_is_error_4(raw: RawClient, opcode: bytes, rest: bytes) -> None:
    raw.request(opcode + rest)
    assert raw.receive().startswith(b"\0\5\0\4")


def test_noise_is_not_answered(raw: RawClient) -> None:
    for noise in (b"", b"\0", ack(1), data(1, b"x"), b"\0\5\0\1no\0", b"\0\5\0", b"\0\6a\0b\0", b"\xff" * 1000):
        raw.request(noise)
    assert raw.hears_nothing()


def test_noise_does_not_stop_the_server(server: TftpEndpoint, site: MemorySite, raw: RawClient) -> None:
    chance = random.Random(32265)
    for number in range(1000):
        opcode = chance.choice([b"", b"\0\1", b"\0\2", b"\0\3", b"\0\4", b"\0\5", b"\0\6"])
        words = [chance.randbytes(chance.randrange(9)), b"octet", b"blksize", b"\0", b"a"]
        raw.request(opcode + b"\0".join(chance.choices(words, k=chance.randrange(6))))
        # More at once could fill the socket's buffer, and a request for a file would get lost.
        if number % 50 == 0:
            assert download(server, "513.ld") == site.files["513.ld"]


def test_request_is_in_the_journal(server: TftpEndpoint, raw: RawClient) -> None:
    download(server, "/513.ld", blksize=100)
    upload(server, "log", b"12345")
    raw.request(rrq("none"))
    raw.receive()
    seen = server.journal.requests
    assert [(each.method, each.path, each.status, each.size) for each in seen] == [
        ("RRQ", "513.ld", 0, 513),
        ("WRQ", "log", 0, 5),
        ("RRQ", "none", 1, 0),
    ]
    assert {(each.protocol, each.user_agent) for each in seen} == {("tftp", "")}
    assert seen[2].client == f"127.0.0.1:{raw.socket.getsockname()[1]}"
    assert seen[0].at.utcoffset() is not None


def test_answered_request_is_already_in_the_journal(server: TftpEndpoint) -> None:
    for count in range(1, 51):
        with RawClient(server) as raw:
            raw.request(rrq("511.ld"))
            raw.receive()
            assert len(server.journal.requests) == count
            raw.send(ack(1))


def test_client_that_gives_up_is_broken_off(raw: RawClient, server: TftpEndpoint) -> None:
    raw.request(rrq("513.ld"))
    raw.receive()
    raw.send(b"\0\5\0\0not needed\0")
    assert server.journal.wait_for(1, timeout=60)
    assert [(each.status, each.size) for each in server.journal.requests] == [(BROKEN_OFF, 0)]


def test_client_that_is_gone_is_broken_off(site: MemorySite) -> None:
    with TftpEndpoint(site, timeout=0.1, retries=100) as server:
        with RawClient(server) as raw:
            raw.request(rrq("100000.ld"))
            raw.receive()
            raw.send(ack(1))
            raw.receive()
        assert server.journal.wait_for(1, timeout=60)
        assert [(each.status, each.size) for each in server.journal.requests] == [(BROKEN_OFF, 512)]


def test_silent_client_is_given_up(site: MemorySite) -> None:
    with TftpEndpoint(site, timeout=0.05, retries=2) as server, RawClient(server) as raw:
        raw.request(rrq("513.ld"))
        assert raw.receive() == raw.receive() == raw.receive()
        assert raw.receive() == b"\0\5\0\0no answer\0"
        assert [each.status for each in server.journal.requests] == [BROKEN_OFF]


def test_transfer_that_drips_is_ended(site: MemorySite) -> None:
    with TftpEndpoint(site, time_limit=0.2) as server, RawClient(server) as raw:
        raw.request(wrq("log", "blksize", "8"))
        raw.receive()
        for number in itertools.count(1):
            raw.send(data(number, bytes(8)))
            if (answer := raw.receive()) != ack(number):
                break
        assert answer == b"\0\5\0\0the transfer takes too long\0"


@pytest.mark.slow
def test_fifty_clients_at_once_are_served(server: TftpEndpoint, site: MemorySite) -> None:
    def boot(number: int) -> bool:
        upload(server, f"{number}.log", b"%d" % number)
        return download(server, "100000.ld", blksize=1468) == site.files["100000.ld"]

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(boot, range(50)))
    assert [site.files[f"{number}.log"] for number in range(50)] == [b"%d" % number for number in range(50)]


def test_transfer_over_the_bound_waits_its_turn(site: MemorySite) -> None:
    with (
        TftpEndpoint(site, max_transfers=1, timeout=10) as server,
        RawClient(server) as first,
        RawClient(server) as second,
    ):
        first.request(rrq("511.ld"))
        first.receive()
        second.request(rrq("511.ld"))
        assert second.hears_nothing()
        first.send(ack(1))
        assert second.receive() == data(1, site.files["511.ld"])


def test_stop_ends_the_transfers(site: MemorySite) -> None:
    before = threading.active_count()
    with TftpEndpoint(site, timeout=60) as server, RawClient(server) as reader, RawClient(server) as writer:
        reader.request(rrq("100000.ld"))
        reader.receive()
        writer.request(wrq("log"))
        writer.receive()
        server.stop()
        assert threading.active_count() == before
        assert reader.receive() == writer.receive() == b"\0\5\0\0the boot server stops\0"
        assert [each.status for each in server.journal.requests] == [BROKEN_OFF, BROKEN_OFF]


def test_server_starts_again_on_its_port(site: MemorySite) -> None:
    server = TftpEndpoint(site)
    with server:
        url = server.url
    server.stop()
    with server:
        assert server.url == url == f"tftp://127.0.0.1:{server.port}/"
        assert download(server, "513.ld") == site.files["513.ld"]


def test_taken_port_is_a_usage_error(server: TftpEndpoint, site: MemorySite) -> None:
    for port in (server.port, 70_000):
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
            TftpEndpoint(site, port=port).start()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_reads_and_writes(server: TftpEndpoint, site: MemorySite, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(site.files["513.ld"])
    curl = ["curl", "--silent", "--show-error", "--max-time", "20"]
    done = subprocess.run([*curl, server.url + "100000.ld"], check=True, capture_output=True)
    assert done.stdout == site.files["100000.ld"]
    subprocess.run([*curl, "-T", tmp_path / "app.log", server.url], check=True, capture_output=True)
    assert site.files["app.log"] == site.files["513.ld"]


@pytest.mark.skipif(shutil.which("tftp") is None, reason="needs tftp-hpa's client")
@pytest.mark.parametrize("mode", ["octet", "netascii"])
def test_tftp_hpa_reads_and_writes(server: TftpEndpoint, site: MemorySite, tmp_path: Path, mode: str) -> None:
    tftp = ["tftp", "-4", "-m", mode, server.host, str(server.port), "-c"]
    site.write("lines.cfg", bytes(random.Random(1).choices(b"\r\n\0a", k=20_000)))
    for name in ("100000.ld", "lines.cfg"):
        subprocess.run([*tftp, "get", name], check=True, cwd=tmp_path, timeout=60, capture_output=True)
        assert (tmp_path / name).read_bytes() == site.files[name]
        subprocess.run([*tftp, "put", name, "copy"], check=True, cwd=tmp_path, timeout=60, capture_output=True)
        assert site.files["copy"] == site.files[name]
