"""FTP and FTPS against servers that are broken or mean harm: each answer becomes one reply, within the limits."""

import re
import socket
from pathlib import Path
from random import Random

import pytest

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    TransferFailed,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import Location
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.transport.ftp import FtpTransport
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_ftp import GREETING, Act, Data, HostileFtpServer, Session, ending, sending
from tests.runtime.hostile_http import refusing_port, tls_context
from tests.runtime.phones import FOR_DRIPS, FOR_SILENCE, OFFERED, PATIENT, fetch, upload, within

pytestmark = pytest.mark.slow

LIMIT = 1_000_000
TOO_LONG = TransferFailed(FailureKind.TIMED_OUT, "the transfer takes too long")
NO_ANSWER = TransferFailed(FailureKind.TIMED_OUT, "no answer")
TOO_LARGE = TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {LIMIT} bytes")
GONE = TransferFailed(FailureKind.BROKEN_OFF, "the server closed the connection")
RESET = TransferFailed(FailureKind.BROKEN_OFF, "Connection reset by peer")
CUT_SHORT = TransferFailed(FailureKind.BROKEN_OFF, "TLS ends without close_notify: the file may be cut")
NOT_FTP = TransferFailed(FailureKind.NOT_THE_PROTOCOL, "the answer is not FTP")
MALFORMED = TransferFailed(FailureKind.NOT_THE_PROTOCOL, "the answer is malformed")
LONG_LINE = TransferFailed(FailureKind.NOT_THE_PROTOCOL, "got more than 8192 bytes")
NO_NAME = TransferFailed(FailureKind.UNUSABLE_ADDRESS, "FTP has no way to ask for this name")


def fetched(url: str, *, limits: Limits = PATIENT, ca_file: Path | None = None, name: str = "a.cfg") -> FetchReply:
    """The reply to a request for a file below a URL."""
    transport = FtpTransport(limits, Tls(ca_file=ca_file))
    return within(lambda: transport.fetch(fetch(f"{url}{name}", limit=LIMIT)))


def uploaded(url: str, body: bytes, *, limits: Limits = PATIENT, ca_file: Path | None = None) -> UploadReply:
    """The reply to the upload of `a.log` below a URL."""
    transport = FtpTransport(limits, Tls(ca_file=ca_file))
    return within(lambda: transport.upload(upload(f"{url}a.log", body)))


def limits_for(failure: FetchReply | None) -> Limits:
    """Short limits where one of them is to be met."""
    if failure == TOO_LONG:
        return FOR_DRIPS
    return FOR_SILENCE if failure == NO_ANSWER else PATIENT


def assert_is_readable(reason: str) -> None:
    """A reason is one short line of words without the spelling of any library."""
    assert 0 < len(reason) <= 100
    assert reason.isprintable()
    assert not re.search(r"0x[0-9a-f]{6}|Error\b|_ssl\.c|Errno|b'|<\w+ ", reason)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def silence(session: Session) -> None:
    """Say nothing."""
    session.be_silent()


SILENT: dict[str, tuple[Act, FailureKind, str]] = {
    "no answer": (silence, FailureKind.TIMED_OUT, "no answer"),
    "reset": (Session.reset, FailureKind.BROKEN_OFF, "Connection reset by peer"),
    "closed": (ending(), FailureKind.BROKEN_OFF, "the server closed the connection without an answer"),
}


@pytest.mark.parametrize(("act", "kind", "reason"), SILENT.values(), ids=SILENT)
def test_server_without_a_byte_of_answer_has_not_answered(act: Act, kind: FailureKind, reason: str) -> None:
    with HostileFtpServer({GREETING: act}) as server:
        limits = FOR_SILENCE if kind is FailureKind.TIMED_OUT else PATIENT
        assert fetched(server.url, limits=limits) == TransferFailed(kind, reason, unanswered=True)
        assert uploaded(server.url, b"log", limits=limits) == TransferFailed(kind, reason, unanswered=True)


def test_connection_to_a_closed_port_is_refused() -> None:
    with refusing_port() as port:
        assert fetched(f"ftp://127.0.0.1:{port}/") == TransferFailed(
            FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True
        )


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_name_of_a_host_that_has_no_address_is_not_found(host: str) -> None:
    reply = fetched(f"ftp://{host}/")
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.unanswered) == (FailureKind.NAME_NOT_FOUND, True)
    assert reply.reason.startswith(f"the address of {host} is not known: ")


def drip(session: Session) -> None:
    """Begin a reply and go on with it a byte at a time."""
    session.say(b"220-")
    session.drip(b"y" * 1000)


def endless_lines(session: Session) -> None:
    """Begin a reply of several lines and never end it."""
    session.say_for_ever(b"220-more\r\n")


CONTROL: dict[str, tuple[str, Act, TransferFailed]] = {
    "drip": (GREETING, drip, TOO_LONG),
    "long line": (GREETING, b"220 " + b"y" * 100_000 + b"\r\n", LONG_LINE),
    "endless line": (GREETING, lambda session: session.say_for_ever(b"y" * 65536), LONG_LINE),
    "endless reply": (GREETING, endless_lines, TransferFailed(FailureKind.TOO_LARGE, "the answer is too long")),
    "reply without end": (GREETING, b"220-one\r\n", NO_ANSWER),
    "another protocol": (GREETING, b"HTTP/1.1 400 Bad Request\r\n", NOT_FTP),
    "code that is none": (GREETING, b"999 what\r\n", MALFORMED),
    "NULs": (GREETING, bytes(10) + b"\r\n", NOT_FTP),
    "silence after the password": ("PASS", silence, NO_ANSWER),
    "end after the password": ("PASS", ending(), GONE),
    "port of a mile": ("PASV", b"227 =(127,0,0,1," + b"9" * 5000 + b",1)\r\n", MALFORMED),
    "no port": ("PASV", b"227 somewhere\r\n", MALFORMED),
    "silence in place of a file": ("RETR", silence, NO_ANSWER),
    "end in place of a reply": ("TYPE", ending(), GONE),
}


@pytest.mark.parametrize(("command", "act", "failure"), CONTROL.values(), ids=CONTROL)
def test_broken_reply_is_a_failed_transfer(command: str, act: Act, failure: TransferFailed) -> None:
    with HostileFtpServer({command: act}) as server:
        assert fetched(server.url, limits=limits_for(failure)) == failure


def say_a_part(data: Data) -> None:
    """Send the beginning of a file and say nothing more."""
    data.say(b"<a")
    data.be_silent()


DATA: dict[str, tuple[Act, TransferFailed]] = {
    "silence": (sending(Data.be_silent), NO_ANSWER),
    "silence after a part": (sending(say_a_part), NO_ANSWER),
    "never opened": (b"150 here it comes\r\n", NO_ANSWER),
    "drip": (sending(lambda data: data.drip(bytes(100))), TOO_LONG),
    "endless": (sending(lambda data: data.say_for_ever(bytes(65536))), TOO_LARGE),
    "one byte too long": (sending(lambda data: data.say(bytes(LIMIT + 1))), TOO_LARGE),
    "reset": (sending(Data.reset, after=b""), NO_ANSWER),
    "nothing said after it": (sending(lambda data: data.say(b"<a"), after=b""), NO_ANSWER),
    "broken off": (
        sending(lambda data: data.say(b"<a"), after=b"426 broken off\r\n"),
        TransferFailed(FailureKind.BROKEN_OFF, "FTP 426 broken off"),
    ),
    "not opened": (b"425 no way to you\r\n", TransferFailed(FailureKind.BROKEN_OFF, "FTP 425 no way to you")),
}


@pytest.mark.parametrize(("act", "failure"), DATA.values(), ids=DATA)
def test_broken_data_is_a_failed_transfer(act: Act, failure: TransferFailed) -> None:
    with HostileFtpServer({"RETR": act}) as server:
        reply = fetched(server.url, limits=limits_for(failure))
    # After a reset the other connection is asked for the reason.
    assert reply in (failure, RESET)


def test_session_that_ends_in_place_of_a_file_is_a_failed_transfer() -> None:
    with HostileFtpServer({"RETR": ending(b"150 here it comes\r\n")}) as server:
        # The data connection that nobody has accepted is reset.
        assert fetched(server.url) in (GONE, RESET)


def test_session_that_ends_in_the_middle_of_a_file_is_a_failed_transfer() -> None:
    def cut(session: Session) -> None:
        sending(lambda data: data.say(b"<a"), after=b"")(session)
        session.close()

    with HostileFtpServer({"RETR": cut}) as server:
        assert fetched(server.url) == GONE


def test_data_port_that_is_closed_is_a_failed_transfer() -> None:
    with refusing_port() as port, HostileFtpServer({"PASV": passive("127.0.0.1", port)}) as server:
        assert fetched(server.url) == TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused")


def passive(host: str, port: int) -> bytes:
    """The reply to PASV for an address."""
    return f"227 Entering Passive Mode ({host.replace('.', ',')},{port >> 8},{port & 255})\r\n".encode()


def test_data_connection_does_not_go_to_another_host() -> None:
    with socket.create_server(("127.0.0.2", 0)) as elsewhere:
        elsewhere.setblocking(False)
        with HostileFtpServer({"PASV": passive("127.0.0.2", elsewhere.getsockname()[1])}) as server:
            assert fetched(server.url) == TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused")
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_inner_address_of_a_server_behind_a_translation_does_no_harm() -> None:
    with HostileFtpServer({"PASV": lambda session: session.listen("227 =(10,0,0,9,{high},{low})")}) as server:
        assert fetched(server.url) == Fetched(b"<a/>")


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="there is no IPv6 here")
def test_server_of_ipv6_is_asked_for_a_port_only() -> None:
    with HostileFtpServer(address="::1") as server:
        assert fetched(server.url) == Fetched(b"<a/>")
        assert "EPSV" in server.commands


REFUSALS: dict[str, tuple[str, Refused | NotFound]] = {
    "530 Login incorrect.": ("PASS", Refused("Login incorrect.", 530, FileProtocol.FTP)),
    "421 Too many connections.": (GREETING, Refused("Too many connections.", 421, FileProtocol.FTP)),
    "120 Come back in 5 minutes": (GREETING, Refused("Come back in 5 minutes", 120, FileProtocol.FTP)),
    "421 Timeout.": ("RETR", Refused("Timeout.", 421, FileProtocol.FTP)),
    "450 File busy.": ("RETR", Refused("File busy.", 450, FileProtocol.FTP)),
    "550 No such file.": ("RETR", NotFound("No such file.", 550, FileProtocol.FTP)),
    "553 Bad name.": ("RETR", Refused("Bad name.", 553, FileProtocol.FTP)),
    "200 Whatever": ("PASV", Refused("Whatever", 200, FileProtocol.FTP)),
    "502 No passive mode.": ("PASV", Refused("No passive mode.", 502, FileProtocol.FTP)),
    "504 No binary.": ("TYPE", Refused("No binary.", 504, FileProtocol.FTP)),
    "332 Account?": ("PASS", Refused("not here", 502, FileProtocol.FTP)),
    "550-Not here.\r\n Ask the office.\r\n550 Sorry.": (
        "RETR",
        NotFound("Not here. Ask the office. Sorry.", 550, FileProtocol.FTP),
    ),
    "5xx what": ("RETR", Refused("FTP 5xx what")),
}


@pytest.mark.parametrize(("words", "where"), REFUSALS.items())
def test_reply_of_the_server_is_the_reply(words: str, where: tuple[str, Refused | NotFound]) -> None:
    command, expected = where
    with HostileFtpServer({command: f"{words}\r\n".encode()}) as server:
        assert fetched(server.url) == expected


def test_code_and_words_of_the_server_are_the_reason() -> None:
    with HostileFtpServer({"RETR": b"550 No such file.\r\n"}) as server:
        reply = fetched(server.url)
    assert isinstance(reply, NotFound)
    assert reply.reason == "FTP 550 No such file."


@pytest.mark.parametrize("words", ["550", "550 \x1b[31m\xff\0", "550-one\r\n two\r\n550 three", "550 " + "n" * 8000])
def test_words_of_the_server_are_made_fit_for_a_line(words: str) -> None:
    with HostileFtpServer({"RETR": f"{words}\r\n".encode("latin-1")}) as server:
        reply = fetched(server.url)
    assert isinstance(reply, NotFound)
    assert reply.reason.startswith("FTP 550")
    assert_is_readable(reply.reason)


def test_server_that_shuts_down_in_the_middle_of_a_file_refuses_it() -> None:
    act = sending(lambda data: data.say(b"<a"), after=b"421 shutting down\r\n")
    with HostileFtpServer({"RETR": act}) as server:
        assert fetched(server.url) == Refused("shutting down", 421, FileProtocol.FTP)


def test_reason_is_given_when_the_data_connection_is_reset() -> None:
    with HostileFtpServer({"RETR": sending(Data.reset, after=b"451 disk trouble\r\n")}) as server:
        assert fetched(server.url) == Refused("disk trouble", 451, FileProtocol.FTP)


def test_end_of_the_transfer_may_be_told_before_the_last_byte() -> None:
    def early(session: Session) -> None:
        session.say(b"150 here it comes\r\n226 done\r\n")
        with session.data() as data:
            data.say(b"<a/>")

    with HostileFtpServer({"RETR": early}) as server:
        assert fetched(server.url) == Fetched(b"<a/>")


def test_transfer_that_is_too_long_is_left_without_a_word() -> None:
    with HostileFtpServer({"RETR": sending(lambda data: data.say_for_ever(bytes(65536)))}) as server:
        fetched(server.url)
        assert server.commands[-1] == "RETR a.cfg"


def test_silence_after_the_file_does_not_lose_it() -> None:
    with HostileFtpServer({"QUIT": silence}) as server:
        assert fetched(server.url, limits=FOR_SILENCE) == Fetched(b"<a/>")


def test_dialogue_is_that_of_the_book() -> None:
    with HostileFtpServer() as server:
        assert fetched(server.url.replace("://", "://PlcmSpIp:a%20b@"), name="x/a.cfg") == Fetched(b"<a/>")
        said = ["USER PlcmSpIp", "PASS a b", "TYPE I", "PASV", "RETR x/a.cfg", "QUIT"]
        assert server.commands == said


def test_who_has_no_password_is_anonymous() -> None:
    with HostileFtpServer() as server:
        fetched(server.url)
        assert server.commands[:2] == ["USER anonymous", "PASS anonymous@"]


@pytest.mark.parametrize("name", ["a%0d%0aDELE%20b.cfg", "a%0Ab", "%00", ""])
def test_name_that_would_be_a_command_is_not_sent(name: str) -> None:
    with HostileFtpServer() as server:
        location = Location(url=server.url + name, credentials=None)
        asked = Fetch(location=location, limit=LIMIT, user_agent="")
        assert FtpTransport(PATIENT).fetch(asked) == NO_NAME
        assert server.commands == []


@pytest.mark.parametrize("user", ["a%0d%0aDELE%20b", "b:x%0ay"])
def test_password_that_would_be_a_command_is_not_sent(user: str) -> None:
    with HostileFtpServer() as server:
        reply = fetched(server.url.replace("://", f"://{user}@"))
        assert isinstance(reply, TransferFailed)
        assert_is_readable(reply.reason)
        assert not any("DELE" in command or command == "y" for command in server.commands)


def test_name_beyond_ascii_is_sent_in_utf_8() -> None:
    with HostileFtpServer() as server:
        assert fetched(server.url, name="\u20ac.cfg") == Fetched(b"<a/>")
        assert "RETR \u20ac.cfg" in server.commands


def test_transfer_comes_from_the_source_address_on_both_connections() -> None:
    with HostileFtpServer() as server:
        transport = FtpTransport(PATIENT, source_address="127.0.0.77")
        assert transport.fetch(fetch(server.url + "a.cfg")) == Fetched(b"<a/>")
        assert server.control_peers == server.data_peers == ["127.0.0.77"]


BODIES = [b"", b"line\n", Random(1).randbytes(3_000_000)]


@pytest.mark.parametrize("body", BODIES, ids=["empty", "line", "large"])
@pytest.mark.parametrize("is_secure", [False, True])
def test_upload_arrives_whole(body: bytes, is_secure: bool, certificates: Certificates) -> None:
    with HostileFtpServer(tls=tls_context(certificates) if is_secure else None) as server:
        assert uploaded(server.url, body, ca_file=certificates.ca_file) == Uploaded()
        assert server.bodies == [body]


def full(session: Session) -> None:
    """Take a part of the file and no more."""
    session.say(b"150 go on\r\n")
    with session.data() as data:
        data.say(b"")
    session.say(b"552 disk full\r\n")


@pytest.mark.parametrize("size", [10, 8_000_000])
def test_upload_that_is_broken_off_is_refused_with_the_reason(size: int) -> None:
    with HostileFtpServer({"STOR": full}) as server:
        assert uploaded(server.url, bytes(size)) == Refused("disk full", 552, FileProtocol.FTP)


@pytest.mark.parametrize(("code", "kind"), [(550, NotFound), (553, Refused)])
def test_refused_upload_names_the_reason(code: int, kind: type[NotFound | Refused]) -> None:
    with HostileFtpServer({"STOR": f"{code} Not here.\r\n".encode()}) as server:
        assert uploaded(server.url, b"log") == kind("Not here.", code, FileProtocol.FTP)


def test_upload_that_is_not_read_is_broken_off() -> None:
    with HostileFtpServer({"STOR": b"150 go on\r\n"}) as server:
        assert uploaded(server.url, bytes(16_000_000), limits=FOR_SILENCE) == NO_ANSWER


def test_upload_that_is_not_confirmed_is_a_failed_transfer() -> None:
    def mute(session: Session) -> None:
        session.say(b"150 go on\r\n")
        with session.data() as data:
            data.all_of_it()

    with HostileFtpServer({"STOR": mute}) as server:
        assert uploaded(server.url, b"log", limits=FOR_SILENCE) == NO_ANSWER


def test_file_comes_over_tls(certificates: Certificates) -> None:
    with HostileFtpServer(tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == Fetched(b"<a/>")
        assert server.commands[0] == "AUTH TLS"
        assert server.commands[3:5] == ["PBSZ 0", "PROT P"]


def cut(data: Data) -> None:
    """Send what may be a part of a file, and end the connection without a word of TLS."""
    data.say(b"<a/>")
    data.close()


CUTS: dict[str, tuple[Act, FetchReply]] = {
    "and said to be whole": (sending(cut), CUT_SHORT),
    "before its first byte": (sending(Data.close), CUT_SHORT),
    "and said to be broken off": (
        sending(cut, after=b"426 broken off\r\n"),
        TransferFailed(FailureKind.BROKEN_OFF, "FTP 426 broken off"),
    ),
    "and not found": (sending(cut, after=b"550 gone\r\n"), NotFound("gone", 550, FileProtocol.FTP)),
}


@pytest.mark.parametrize(("act", "expected"), CUTS.values(), ids=CUTS)
def test_file_that_tls_was_cut_off_in_is_not_whole(act: Act, expected: FetchReply, certificates: Certificates) -> None:
    with HostileFtpServer({"RETR": act}, tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == expected


def test_session_that_is_cut_off_after_the_file_does_not_lose_it(certificates: Certificates) -> None:
    with HostileFtpServer({"QUIT": ending()}, tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == Fetched(b"<a/>")


def test_upload_that_the_server_confirms_needs_no_end_of_its_tls(certificates: Certificates) -> None:
    def store(session: Session) -> None:
        session.say(b"150 go on\r\n")
        with session.data() as data:
            server.bodies.append(data.all_of_it())
            data.close()
        session.say(b"226 done\r\n")

    with HostileFtpServer({"STOR": store}, tls=tls_context(certificates)) as server:
        assert uploaded(server.url, b"log", ca_file=certificates.ca_file) == Uploaded()
        assert server.bodies == [b"log"]


def test_certificate_of_nobody_is_not_accepted(certificates: Certificates) -> None:
    with HostileFtpServer(tls=tls_context(certificates)) as server:
        reply = fetched(server.url)
        assert server.commands == ["AUTH TLS"]
    assert reply == TransferFailed(
        FailureKind.CERTIFICATE, "the certificate is not accepted: unable to get local issuer certificate"
    )


def test_certificate_for_another_host_is_not_accepted(certificates: Certificates) -> None:
    with HostileFtpServer(tls=tls_context(certificates), address="127.0.0.2") as server:
        reply = fetched(server.url, ca_file=certificates.ca_file)
    assert isinstance(reply, TransferFailed)
    assert reply.kind is FailureKind.CERTIFICATE
    assert reply.reason.startswith("the certificate is not accepted: IP address mismatch")


@pytest.mark.parametrize("words", ["502 no TLS here", "530 no", "431 no resource"])
def test_password_is_not_sent_to_a_server_without_tls(words: str, certificates: Certificates) -> None:
    with HostileFtpServer({"AUTH": f"{words}\r\n".encode()}, tls=tls_context(certificates)) as server:
        reply = fetched(server.url.replace("://", "://user:secret@"))
        assert isinstance(reply, Refused)
        assert reply.reason == f"FTP {words} (to AUTH TLS)"
        assert reply.status == int(words[:3])
        assert server.commands == ["AUTH TLS", "QUIT"]


def test_reply_in_the_clear_before_tls_is_not_believed(certificates: Certificates) -> None:
    def inject(session: Session) -> None:
        session.protect(b"234 go on\r\n230 you are in\r\n200 injected\r\n")

    with HostileFtpServer({"AUTH": inject}, tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == Fetched(b"<a/>")
        assert "PASS anonymous@" in server.commands


def speak_plainly(session: Session) -> None:
    """Agree to TLS, and go on in the clear."""
    session.say(b"234 go on\r\n")
    session.say(b"220 hello\r\n" * session.hear())


def agree_and_be_silent(session: Session) -> None:
    """Agree to TLS, and say nothing."""
    session.say(b"234 go on\r\n")
    session.be_silent()


HANDSHAKES: dict[str, tuple[str, Act, FetchReply | None]] = {
    "silence": ("AUTH", agree_and_be_silent, NO_ANSWER),
    "no TLS": ("AUTH", speak_plainly, TransferFailed(FailureKind.TLS, f"TLS: wrong version number; {OFFERED}")),
    "closed": ("AUTH", ending(b"234 go on\r\n"), None),
    "data in the clear": ("PROT", b"200 yes\r\n", None),
    "no private data": ("PROT", b"534 no\r\n", Refused("no", 534, FileProtocol.FTP)),
}


@pytest.mark.parametrize(("command", "act", "expected"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_broken_tls_gives_no_file(
    command: str, act: Act, expected: FetchReply | None, certificates: Certificates
) -> None:
    with HostileFtpServer({command: act}, tls=tls_context(certificates)) as server:
        reply = fetched(server.url, limits=limits_for(expected), ca_file=certificates.ca_file)
    assert isinstance(reply, TransferFailed | Refused)
    assert expected in (None, reply)
    assert_is_readable(reply.reason)


@pytest.mark.parametrize("seed", range(20))
def test_random_replies_end_in_a_reply(seed: int) -> None:
    chance = Random(seed)
    words = [b"220", b"331", b"150 ", b"-", b" x", b"\r\n", b"(1,2,3,4,5,6)", b"(|||7|)", b"\r", b"\n", b"227 "]
    words += [chance.randbytes(6), b"550"]
    commands = [GREETING, "USER", "PASS", "TYPE", "PASV", "RETR"]
    acts: dict[str, Act] = {
        command: ending(b"".join(chance.choices(words, k=6)) + b"\r\n") for command in chance.sample(commands, 2)
    }
    with HostileFtpServer(acts) as server:
        reply = fetched(server.url)
    assert isinstance(reply, Fetched | NotFound | Refused | TransferFailed)
    if not isinstance(reply, Fetched):
        assert_is_readable(reply.reason)
