"""TFTP against servers that are broken or mean harm: each packet becomes one reply, within the limits."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random

import pytest

from phone_sim.firmware.effects import (
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    TransferFailed,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.transport import Limits
from tests.runtime.by_fleet import TFTP, Choice
from tests.runtime.hostile_tftp import (
    HostileTftpServer,
    Script,
    Transfer,
    ack,
    block,
    error,
    oack,
    saying,
    silent,
    stranger,
)
from tests.runtime.phones import FOR_DRIPS, FOR_SILENCE, PATIENT, fetch, heard, upload, within

pytestmark = pytest.mark.slow

FILE = Random(3).randbytes(5000)
FULL = bytes(512)
LIMIT = 100_000
RETRYING = Limits(answer=0.5, transfer=60)
"""For transfers in which a packet is lost: they are to succeed, and soon."""

tftp_transport = Choice(TFTP["single phone"])


@pytest.fixture(params=TFTP, autouse=True)
def chosen(request: pytest.FixtureRequest) -> Iterator[None]:
    with tftp_transport.of(TFTP[request.param]):
        yield


def fetched(url: str, *, limits: Limits = PATIENT, name: str = "a.cfg") -> FetchReply:
    """The reply to a request for a file below a URL."""
    with closing(tftp_transport(limits)) as transport:
        return within(lambda: transport.fetch(fetch(url + name, limit=LIMIT)))


def uploaded(url: str, body: bytes, *, limits: Limits = PATIENT) -> UploadReply:
    """The reply to the upload of `a.log` below a URL."""
    with closing(tftp_transport(limits)) as transport:
        return within(lambda: transport.upload(upload(f"{url}a.log", body)))


def agreeing(*options: str, size: int = 512) -> Script:
    """A script that agrees to options and sends the file, if the client still wants it."""

    def script(transfer: Transfer) -> None:
        transfer.send(oack(*options))
        if transfer.receive() == ack(0):
            transfer.send_file(FILE, size=size)

    return script


def for_ever(step: Callable[[Transfer, int], None]) -> Script:
    """A script that takes a step for each number from 1 on, until the server ends."""

    def script(transfer: Transfer) -> None:
        for number in itertools.count(1):
            step(transfer, number)

    return script


def test_silent_server_is_asked_three_times_and_is_unreachable() -> None:
    with HostileTftpServer(silent) as server:
        assert fetched(server.url, limits=FOR_SILENCE) == TransferFailed(
            FailureKind.TIMED_OUT, "no answer", unanswered=True
        )
        assert server.requests == [b"\0\1a.cfg\0octet\0blksize\x001468\0"] * 3


def test_silent_server_takes_no_upload() -> None:
    with HostileTftpServer(silent) as server:
        assert uploaded(server.url, b"log", limits=FOR_SILENCE) == TransferFailed(
            FailureKind.TIMED_OUT, "no answer", unanswered=True
        )


@pytest.mark.parametrize("host", ["a..b", "boot.invalid"])
def test_name_of_a_host_that_has_no_address_is_not_found(host: str) -> None:
    reply = fetched(f"tftp://{host}/")
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.unanswered) == (FailureKind.NAME_NOT_FOUND, True)
    assert reply.reason.startswith(f"the address of {host} is not known: ")


@pytest.mark.parametrize("words", [b"", b"words of the server"], ids=["bare", "words"])
@pytest.mark.parametrize("code", range(9))
def test_error_packet_is_the_reply(code: int, words: bytes) -> None:
    kind = NotFound if code == 1 else Refused
    with HostileTftpServer(saying(error(code, words))) as server:
        assert fetched(server.url) == kind(words.decode(), code, FileProtocol.TFTP)
        assert uploaded(server.url, b"log") == kind(words.decode(), code, FileProtocol.TFTP)


ODD_ERRORS = {
    "no words and no end": (b"\0\5\0\1", NotFound("", 1, FileProtocol.TFTP)),
    "no end": (b"\0\5\0\1gone", NotFound("gone", 1, FileProtocol.TFTP)),
    "more after the end": (b"\0\5\0\2no\0way\0", Refused("no", 2, FileProtocol.TFTP)),
    "unknown code": (b"\0\5\xff\xffno\0", Refused("no", 65535, FileProtocol.TFTP)),
    "UTF-8": (error(2, "nö".encode()), Refused("nö", 2, FileProtocol.TFTP)),
    "bytes and line ends": (error(2, b"\xff\x1b[31m\r\nno"), Refused("\ufffd [31m no", 2, FileProtocol.TFTP)),
    "many words": (error(2, b"n" * 60_000), Refused("n" * 87, 2, FileProtocol.TFTP)),
    "cut": (b"\0\5\0", TransferFailed(FailureKind.NOT_THE_PROTOCOL, "malformed ERR packet, too short")),
}


@pytest.mark.parametrize(("datagram", "reply"), ODD_ERRORS.values(), ids=ODD_ERRORS)
def test_odd_error_packet_is_a_readable_reply(datagram: bytes, reply: FetchReply) -> None:
    with HostileTftpServer(saying(datagram)) as server:
        assert fetched(server.url) == reply


def test_error_in_the_middle_is_the_reply() -> None:
    with HostileTftpServer(saying(block(1, FULL), error(0, b"disk trouble"))) as server:
        assert fetched(server.url) == Refused("disk trouble", 0, FileProtocol.TFTP)


SIZES = [("blksize", "1468"), ("blksize", "512"), ("blksize", "8"), ("blksize", "2000"), ("blksize", "65464")]


@pytest.mark.parametrize("options", SIZES)
def test_agreed_block_size_is_used(options: tuple[str, str]) -> None:
    with HostileTftpServer(agreeing(*options, size=int(options[1]))) as server:
        assert fetched(server.url) == Fetched(FILE)


@pytest.mark.parametrize("options", [("unknown", "1"), ("tsize", "99999999999"), ("timeout", "0"), ("a", "b" * 500)])
def test_options_of_no_use_change_nothing(options: tuple[str, str]) -> None:
    with HostileTftpServer(agreeing(*options)) as server:
        assert fetched(server.url) == Fetched(FILE)


HOSTILE_OPTIONS = [
    ("blksize", "0"),
    ("blksize", "-1"),
    ("blksize", "7"),
    ("blksize", "65537"),
    ("blksize", "many"),
    ("blksize", "\xff"),
    ("blksize", ""),
    ("blksize",),
    (),
]


@pytest.mark.parametrize("options", HOSTILE_OPTIONS)
def test_hostile_options_are_a_failed_transfer(options: tuple[str, ...]) -> None:
    with HostileTftpServer(agreeing(*options)) as server:
        assert_failed(heard(lambda limits: fetched(server.url, limits=limits)))


def assert_failed(reply: FetchReply | UploadReply) -> None:
    """There was an answer, but no whole one; the reason is one short line of words."""
    assert isinstance(reply, TransferFailed)
    assert not reply.unanswered
    assert 0 < len(reply.reason) <= 100
    assert reply.reason.isprintable()
    assert "int()" not in reply.reason
    assert "codec" not in reply.reason


NOISE = {
    "block of the future": block(5, FULL),
    "block 0": block(0, FULL),
    "unknown operation": b"\0\x09abc",
    "read request": b"\0\1a.cfg\0octet\0",
    "write request": b"\0\2a.cfg\0octet\0",
    "acknowledgment": ack(0),
    "nothing": b"",
    "one byte": b"\0",
    "two bytes": b"\0\3",
    "cut block": b"\0\3\0",
    "bytes": b"\xff" * 600,
    "bytes of the longest datagram": b"\xff" * 65_000,
    "options without words": b"\0\6\0\0\0",
    "options without an end": b"\0\6blksize",
}


@pytest.mark.parametrize("datagram", NOISE.values(), ids=NOISE)
def test_noise_in_the_place_of_an_answer_is_a_failed_transfer(datagram: bytes) -> None:
    with HostileTftpServer(saying(datagram)) as server:
        assert_failed(heard(lambda limits: fetched(server.url, limits=limits)))


@pytest.mark.parametrize("datagram", [NOISE[key] for key in NOISE if key != "block 0"])
def test_noise_within_a_file_is_never_in_the_file(datagram: bytes) -> None:
    with HostileTftpServer(saying(block(1, FULL), datagram)) as server:
        assert_failed(heard(lambda limits: fetched(server.url, limits=limits)))


@pytest.mark.parametrize("datagram", NOISE.values(), ids=NOISE)
def test_noise_does_not_pass_for_a_taken_upload(datagram: bytes) -> None:
    def script(transfer: Transfer) -> None:
        transfer.send(ack(0))
        transfer.receive()
        transfer.send(datagram)

    with HostileTftpServer(script) as server:
        assert_failed(heard(lambda limits: uploaded(server.url, b"log" * 1000, limits=limits)))


@pytest.mark.parametrize("seed", range(20))
def test_random_packets_end_in_a_reply(seed: int) -> None:
    chance = Random(seed)

    def script(transfer: Transfer) -> None:
        for _ in range(20):
            head = chance.choice([b"", b"\0\3\0\1", b"\0\3\0\2", b"\0\4\0\0", b"\0\5\0\1", b"\0\6", b"\0\6blksize\0"])
            transfer.send(head + chance.randbytes(chance.choice([0, 1, 5, 512])))

    with HostileTftpServer(script) as server:
        assert isinstance(fetched(server.url, limits=FOR_SILENCE), Fetched | NotFound | Refused | TransferFailed)
        assert isinstance(
            uploaded(server.url, b"log", limits=FOR_SILENCE), Uploaded | NotFound | Refused | TransferFailed
        )


def test_short_block_is_the_end_of_the_file() -> None:
    with HostileTftpServer(saying(block(1, b"abc"), block(2, b"def"))) as server:
        assert fetched(server.url) == Fetched(b"abc")


def test_never_ending_file_is_over_the_limit() -> None:
    def step(transfer: Transfer, number: int) -> None:
        transfer.send(block(number, FULL))
        transfer.await_ack(number)

    with HostileTftpServer(for_ever(step)) as server:
        assert fetched(server.url) == TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {LIMIT} bytes")


def test_never_ending_repetition_is_broken_off() -> None:
    def step(transfer: Transfer, _: int) -> None:
        transfer.send(block(1, FULL))
        transfer.receive()

    with HostileTftpServer(for_ever(step)) as server:
        assert_failed(fetched(server.url))


def test_drip_is_broken_off() -> None:
    def step(transfer: Transfer, number: int) -> None:
        transfer.send(block(number, FULL))
        transfer.wait(0.4)

    with HostileTftpServer(for_ever(step)) as server:
        assert fetched(server.url, limits=FOR_DRIPS) == TransferFailed(
            FailureKind.TIMED_OUT, "the transfer takes too long"
        )


def test_upload_with_endless_acknowledgments_is_broken_off() -> None:
    def step(transfer: Transfer, _: int) -> None:
        transfer.send(ack(9))
        transfer.wait(0.01)

    with HostileTftpServer(for_ever(step)) as server:
        assert uploaded(server.url, b"log", limits=FOR_DRIPS) == TransferFailed(
            FailureKind.TIMED_OUT, "the transfer takes too long"
        )


def test_server_that_falls_silent_is_given_up() -> None:
    with HostileTftpServer(saying(block(1, FULL))) as server:
        assert_failed(heard(lambda limits: fetched(server.url, limits=limits)))


def test_lost_request_is_sent_again() -> None:
    def script(transfer: Transfer) -> None:
        if transfer.attempt == 2:
            transfer.send_file(FILE)

    with HostileTftpServer(script) as server:
        assert fetched(server.url, limits=RETRYING) == Fetched(FILE)
        assert server.requests[0] == server.requests[1]


def test_lost_block_is_asked_for_again() -> None:
    def script(transfer: Transfer) -> None:
        transfer.send(block(1, FILE[:512]))
        transfer.await_ack(1)
        transfer.await_ack(1)  # block 2 was lost, so the client acknowledges block 1 again
        transfer.send_file(FILE, first=2)

    with HostileTftpServer(script) as server:
        assert fetched(server.url, limits=RETRYING) == Fetched(FILE)


def test_lost_acknowledgment_is_sent_again() -> None:
    def script(transfer: Transfer) -> None:
        for number in range(1, 11):
            for _ in range(3):
                transfer.send(block(number, FILE[512 * number - 512 : 512 * number]))
                transfer.await_ack(number)
                if number == 10:
                    return

    with HostileTftpServer(script) as server:
        assert fetched(server.url) == Fetched(FILE)


def test_lost_acknowledgment_of_the_options_is_sent_again() -> None:
    def script(transfer: Transfer) -> None:
        for _ in range(3):
            transfer.send(oack("blksize", "1000"))
            transfer.await_ack(0)
        transfer.send_file(FILE, size=1000)

    with HostileTftpServer(script) as server:
        assert fetched(server.url) == Fetched(FILE)


def test_upload_goes_on_after_a_repeated_agreement_and_acknowledgment() -> None:
    taken = bytearray()

    def script(transfer: Transfer) -> None:
        transfer.send(oack("blksize", "1000"))
        transfer.receive()
        transfer.send(oack("blksize", "1000"))
        for number in range(1, 7):
            while (datagram := transfer.receive())[:4] != block(number, b""):
                continue
            taken.extend(datagram[4:])
            transfer.send(ack(number))
            transfer.send(ack(number))

    with HostileTftpServer(script) as server:
        assert uploaded(server.url, FILE) == Uploaded()
    assert bytes(taken) == FILE


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.9"], ids=["another port", "another address"])
@pytest.mark.parametrize("forged", [block(2, b"forged"), error(0, b"forged"), oack("blksize", "8"), b"\0"])
def test_forged_packet_is_refused_and_the_file_whole(address: str, forged: bytes) -> None:
    heard: list[bytes] = []

    def script(transfer: Transfer) -> None:
        transfer.send(block(1, FILE[:512]))
        transfer.await_ack(1)
        with stranger(address) as foreign:
            foreign.sendto(forged, transfer.client)
            heard.append(foreign.recv(1000))
        transfer.send_file(FILE, first=2)

    with HostileTftpServer(script) as server:
        assert fetched(server.url) == Fetched(FILE)
    assert heard == [b"\0\5\0\5Unknown transfer ID\0"]


def test_forged_packet_before_the_first_of_the_server_is_refused() -> None:
    def script(transfer: Transfer) -> None:
        with stranger("127.0.0.9") as foreign:
            foreign.sendto(block(1, b"forged"), transfer.client)
            assert foreign.recv(1000)[:4] == b"\0\5\0\5"
        transfer.send_file(FILE)

    with HostileTftpServer(script) as server:
        assert fetched(server.url) == Fetched(FILE)


def test_flood_of_forged_packets_does_not_prolong_a_transfer() -> None:
    def script(transfer: Transfer) -> None:
        with stranger("127.0.0.9") as foreign:
            while not transfer.over.wait(0.001):
                foreign.sendto(block(1, FULL), transfer.client)

    with HostileTftpServer(script) as server:
        assert fetched(server.url, limits=FOR_DRIPS) == TransferFailed(
            FailureKind.TIMED_OUT, "no answer", unanswered=True
        )


def test_forged_acknowledgment_does_not_move_an_upload() -> None:
    def script(transfer: Transfer) -> None:
        transfer.send(ack(0))
        transfer.receive()
        with stranger("127.0.0.9") as foreign:
            foreign.sendto(ack(1), transfer.client)
            assert foreign.recv(1000)[:4] == b"\0\5\0\5"

    with HostileTftpServer(script) as server:
        assert_failed(heard(lambda limits: uploaded(server.url, b"log", limits=limits)))


def test_name_beyond_ascii_is_asked_for_in_utf_8() -> None:
    with HostileTftpServer(saying(block(1, b"abc"))) as server:
        assert fetched(server.url, name="%C3%A9.cfg") == Fetched(b"abc")
        assert server.requests[0].startswith(b"\0\1\xc3\xa9.cfg\0octet\0")


@pytest.mark.parametrize("name", ["", "a%00octet%00.cfg"])
def test_name_that_would_be_another_request_is_not_asked_for(name: str) -> None:
    with HostileTftpServer(silent) as server:
        assert fetched(server.url, name=name) == TransferFailed(
            FailureKind.UNUSABLE_ADDRESS, "TFTP has no way to ask for this name"
        )
        assert server.requests == []
