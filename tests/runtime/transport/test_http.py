"""HTTP and HTTPS against servers that are broken or mean harm: each answer becomes one reply, within the limits."""

import gzip
import re
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
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
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Limits, Tls
from tests.real_servers.certificates import Certificates
from tests.runtime.by_fleet import HTTP, Choice
from tests.runtime.hostile_http import (
    Conversation,
    HostileHttpServer,
    Request,
    Script,
    answering,
    dripping,
    in_turn,
    refusing_port,
    resetting,
    saying,
    saying_for_ever,
    stalling,
    tls_context,
)
from tests.runtime.phones import FOR_DRIPS, FOR_SILENCE, OFFERED, PATIENT, fetch, heard, upload, within

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HUNDRED = OK + b"Content-Length: 100\r\n\r\n"
FILE = answering("200 OK", b"<a/>")
BASIC = answering("401 Unauthorized", b"no", "WWW-Authenticate: Basic realm=phones")
TOO_LONG = "the transfer takes too long"
LIMIT = 1_000_000

http_transport = Choice(HTTP["single phone"])


@pytest.fixture(params=HTTP, autouse=True)
def chosen(request: pytest.FixtureRequest) -> Iterator[None]:
    with http_transport.of(HTTP[request.param]):
        yield


def fetched(url: str, *, limits: Limits = PATIENT, ca_file: Path | None = None) -> FetchReply:
    """The reply to a request for `a.cfg` below a URL."""
    transport = http_transport(limits, Tls(ca_file=ca_file))
    try:
        return within(lambda: transport.fetch(fetch(f"{url}a.cfg", limit=LIMIT)))
    finally:
        transport.close()


def uploaded(url: str, body: bytes, *, limits: Limits = PATIENT) -> UploadReply:
    """The reply to the upload of `a.log` below a URL."""
    transport = http_transport(limits)
    try:
        return within(lambda: transport.upload(upload(f"{url}a.log", body)))
    finally:
        transport.close()


def with_password(url: str, password: str = "secret") -> str:
    """The URL with a user and a password."""
    return url.replace("://", f"://PlcmSpIp:{password}@")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def other() -> Iterator[HostileHttpServer]:
    with HostileHttpServer(FILE) as server:
        yield server


SILENT = {
    "no answer": (stalling(), FailureKind.TIMED_OUT, "no answer"),
    "reset": (resetting(), FailureKind.BROKEN_OFF, "Connection reset by peer"),
    "closed": (saying(), FailureKind.BROKEN_OFF, "the server closed the connection without an answer"),
}


@pytest.mark.parametrize(("script", "kind", "reason"), SILENT.values(), ids=SILENT)
def test_server_without_a_byte_of_answer_has_not_answered(script: Script, kind: FailureKind, reason: str) -> None:
    with HostileHttpServer(script) as server:
        limits = FOR_SILENCE if kind is FailureKind.TIMED_OUT else PATIENT
        assert fetched(server.url, limits=limits) == TransferFailed(kind, reason, unanswered=True)
        assert uploaded(server.url, b"log", limits=limits) == TransferFailed(kind, reason, unanswered=True)


def test_connection_to_a_closed_port_is_refused() -> None:
    with refusing_port() as port:
        assert fetched(f"http://127.0.0.1:{port}/") == TransferFailed(
            FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True
        )


def test_name_of_an_unknown_host_is_not_found() -> None:
    reply = fetched("http://boot.invalid/")
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.unanswered) == (FailureKind.NAME_NOT_FOUND, True)
    assert_is_readable(reply.reason)


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_name_of_a_host_that_has_no_address_is_not_found(host: str) -> None:
    reply = fetched(f"http://{host}/")
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.unanswered) == (FailureKind.NAME_NOT_FOUND, True)
    assert reply.reason.startswith(f"the address of {host} is not known: ")


def malformed(reason: str) -> tuple[FailureKind, str]:
    """What an answer that is out of shape comes to."""
    return FailureKind.NOT_THE_PROTOCOL, reason


BREAKS_OFF = FailureKind.BROKEN_OFF, "the answer breaks off"
RESET = FailureKind.BROKEN_OFF, "Connection reset by peer"
SILENCE = FailureKind.TIMED_OUT, "no answer"
DRIP = FailureKind.TIMED_OUT, TOO_LONG
LARGE_FILE = FailureKind.TOO_LARGE, f"the file has more than {LIMIT} bytes"
LARGE_ANSWER = FailureKind.TOO_LARGE, "the answer is too long"
MALFORMED = malformed("the answer is malformed")
NOT_HTTP = malformed("the answer is not HTTP")
BROKEN = {
    "cut body": (answering("200 OK", b"abc", length=10), BREAKS_OFF),
    "reset in the body": (resetting(HUNDRED + b"abc"), RESET),
    "reset in the head": (resetting(OK), RESET),
    "silence in the body": (stalling(HUNDRED), SILENCE),
    "silence in the head": (stalling(OK), SILENCE),
    "absurd length": (saying(OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\nabc"), BREAKS_OFF),
    "two lengths": (
        saying(OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
        malformed("Content-Length contained"),
    ),
    "endless body": (saying_for_ever(OK + b"\r\n", bytes(65536)), LARGE_FILE),
    "endless chunks": (saying_for_ever(CHUNKED, b"1000\r\n" + bytes(4096) + b"\r\n"), LARGE_FILE),
    "endless tiny chunks": (saying_for_ever(CHUNKED, b"1\r\nx\r\n" * 1000), LARGE_ANSWER),
    "endless chunk extension": (saying_for_ever(CHUNKED + b"1;", b"x" * 65536), malformed("Response chunk size line")),
    "chunk that is no number": (saying(CHUNKED + b"zz\r\nabc"), MALFORMED),
    "chunk below zero": (saying(CHUNKED + b"-5\r\nabc"), MALFORMED),
    "cut chunk": (saying(CHUNKED + b"5\r\nabc"), BREAKS_OFF),
    "drip in the head": (dripping(b"", OK + b"X: " + b"y" * 1000), DRIP),
    "drip in the body": (dripping(HUNDRED, b"y" * 100), DRIP),
    "endless head": (saying_for_ever(OK, b"X: y\r\n" * 100), malformed("got more than 100 headers")),
    "endless header": (saying_for_ever(OK + b"X: ", b"y" * 65536), malformed("got more than 65536 bytes")),
    "huge header": (saying(OK + b"X: " + b"y" * 300_000 + b"\r\n\r\nabc"), malformed("got more than 65536 bytes")),
    "endless interim answers": (saying_for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LARGE_ANSWER),
    "HTTP/0.9": (saying(b"<html>hello</html>"), NOT_HTTP),
    "another protocol": (saying(b"SSH-2.0-OpenSSH_9.0\r\n"), NOT_HTTP),
    "NULs": (saying(bytes(10) + b"\r\n\r\n"), NOT_HTTP),
    "long line of something": (saying(b"A" * 60_000 + b"\r\n"), NOT_HTTP),
    "status that is no number": (saying(b"HTTP/1.1 abc OK\r\n\r\n"), MALFORMED),
}


@pytest.mark.parametrize(("script", "failure"), BROKEN.values(), ids=BROKEN)
def test_broken_answer_is_a_failed_transfer(script: Script, failure: tuple[FailureKind, str]) -> None:
    kind, reason = failure
    with HostileHttpServer(script) as server:
        if reason == "no answer":
            reply = heard(lambda limits: fetched(server.url, limits=limits))
        else:
            reply = fetched(server.url, limits=FOR_DRIPS if reason == TOO_LONG else PATIENT)
    assert isinstance(reply, TransferFailed)
    assert reply.kind is kind
    assert reply.reason.startswith(reason)
    assert not reply.unanswered
    assert_is_readable(reply.reason)


def assert_is_readable(reason: str) -> None:
    """A reason is one short line of words without the spelling of any library."""
    assert 0 < len(reason) <= 100
    assert reason.isprintable()
    assert not re.search(r"Connection\w*\(|0x[0-9a-f]{6}|Error\b|_ssl\.c|Errno|b'|<\w+ ", reason)


STATUSES = {
    "400 Bad Request": Refused,
    "401 Unauthorized": Refused,
    "403 Forbidden": Refused,
    "404 Not Found": NotFound,
    "410 Gone": NotFound,
    "500 Internal Server Error": Refused,
    "503 Service Unavailable": Refused,
    "204 No Content": Refused,
    "206 Partial Content": Refused,
    "300 Multiple Choices": Refused,
    "302 Found": Refused,
    "304 Not Modified": Refused,
    "999 Whatever": Refused,
}


def said_by(status: str, kind: type[NotFound | Refused]) -> NotFound | Refused:
    """The reply for a status line."""
    code, _, words = status.partition(" ")
    return kind(words, int(code))


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_status_is_the_reason(status: str, kind: type[NotFound | Refused]) -> None:
    with HostileHttpServer(answering(status)) as server:
        assert fetched(server.url) == said_by(status, kind)


@pytest.mark.parametrize("status", ["404", "404 ", "404 \0\x1b[31mGone\x85", "404 " + "n" * 60_000])
def test_words_of_the_server_are_made_fit_for_a_line(status: str) -> None:
    with HostileHttpServer(answering(status)) as server:
        reply = fetched(server.url)
    assert isinstance(reply, NotFound)
    assert reply.reason.startswith("HTTP 404")
    assert_is_readable(reply.reason)


ACCEPTED = {
    "wrong type": (answering("200 OK", b"<a/>", kind="text/html"), b"<a/>"),
    "wrong encoding": (answering("200 OK", gzip.compress(b"<a/>", mtime=0), "Content-Encoding: gzip"), None),
    "NULs in the status line": (saying(b"HTTP/1.1 200 \0K\r\nContent-Length: 4\r\n\r\n<a/>"), b"<a/>"),
    "until it closes": (saying(b"HTTP/1.0 200 OK\r\n\r\n<a/>"), b"<a/>"),
    "length that is no number": (saying(OK + b"Content-Length: x\r\n\r\n<a/>"), b"<a/>"),
    "length below zero": (saying(OK + b"Content-Length: -1\r\n\r\n<a/>"), b"<a/>"),
    "more than its length": (saying(OK + b"Content-Length: 4\r\n\r\n<a/>HTTP/1.1 404 No\r\n\r\n"), b"<a/>"),
    "interim answer": (saying(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 4\r\n\r\n<a/>"), b"<a/>"),
    "chunks": (saying(CHUNKED + b"2;x=y\r\n<a\r\n2\r\n/>\r\n0\r\nA: b\r\n\r\n"), b"<a/>"),
    "large header": (saying(OK + b"X: " + b"y" * 60_000 + b"\r\nContent-Length: 4\r\n\r\n<a/>"), b"<a/>"),
}


@pytest.mark.parametrize(("script", "data"), ACCEPTED.values(), ids=ACCEPTED)
def test_odd_answer_with_a_file_is_fetched_as_it_is(script: Script, data: bytes | None) -> None:
    with HostileHttpServer(script) as server:
        assert fetched(server.url) == Fetched(gzip.compress(b"<a/>", mtime=0) if data is None else data)


def test_redirect_is_followed() -> None:
    moved = answering("302 Found", b"", "Location: /there/a.cfg")
    with HostileHttpServer(in_turn(moved, FILE)) as server:
        assert fetched(server.url) == Fetched(b"<a/>")
        assert [request.path for request in server.requests] == ["/a.cfg", "/there/a.cfg"]


def test_redirect_loop_ends() -> None:
    with HostileHttpServer(answering("302 Found", b"", "Location: /a.cfg")) as server:
        assert fetched(server.url) == TransferFailed(FailureKind.TOO_MANY_REDIRECTS, "more than 5 redirects")
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://127.0.0.1/a", "http://[::1", "http://a..b/", "http://\xff/", "http://h:99999/"],
)
def test_redirect_to_nowhere_is_a_failed_transfer(target: str) -> None:
    with HostileHttpServer(answering("302 Found", b"", f"Location: {target}")) as server:
        reply = fetched(server.url)
    assert isinstance(reply, TransferFailed)
    assert not reply.unanswered
    assert len(reply.reason) <= 100


ENDLESS = {
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: /b.cfg\r\n\r\n",
    "challenge": b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="a", nonce="b"\r\n\r\n',
}


@pytest.mark.parametrize("head", ENDLESS.values(), ids=ENDLESS)
def test_endless_body_before_the_file_is_broken_off(head: bytes) -> None:
    with HostileHttpServer(saying_for_ever(head, bytes(65536))) as server:
        assert fetched(with_password(server.url)) == TransferFailed(FailureKind.TOO_LARGE, "the answer is too long")


@pytest.mark.parametrize("status", ["401 No", "403 No", "404 No", "500 No"])
def test_endless_body_of_a_refusal_is_not_read(status: str) -> None:
    head = f"HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=a\r\n\r\n".encode()
    with HostileHttpServer(saying_for_ever(head, bytes(65536))) as server:
        reply = fetched(with_password(server.url))
    assert isinstance(reply, NotFound if "404" in status else Refused)


@pytest.mark.parametrize("status", ["302 Found", "401 Unauthorized"])
def test_packed_body_before_the_file_is_not_unpacked(status: str) -> None:
    bomb = gzip.compress(bytes(100_000_000), mtime=0)
    more = ("Content-Encoding: gzip", "Location: /b.cfg", 'WWW-Authenticate: Digest realm="a", nonce="b"')
    with HostileHttpServer(in_turn(answering(status, bomb, *more), FILE)) as server:
        tracemalloc.start()
        try:
            assert fetched(with_password(server.url)) == Fetched(b"<a/>")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("seed", range(20))
def test_random_answers_end_in_a_reply(seed: int) -> None:
    chance = Random(seed)
    pieces = [b"HTTP/1.1 ", b"200", b"401", b"302 ", b"\r\n", b"\r\n\r\n", b": ", b"Location", b"Content-Length", b"\0"]
    pieces += [
        b"Transfer-Encoding: chunked\r\n",
        b'WWW-Authenticate: Digest realm="',
        b"/",
        b"http://",
        chance.randbytes(9),
    ]
    words = b"HTTP/1.1 " * (seed % 2) + b"".join(chance.choices(pieces, k=30))
    with HostileHttpServer(saying(words)) as server:
        reply = fetched(with_password(server.url))
    assert isinstance(reply, Fetched | NotFound | Refused | TransferFailed)
    if not isinstance(reply, Fetched):
        assert_is_readable(reply.reason)


def test_password_is_not_sent_before_it_is_asked_for() -> None:
    with HostileHttpServer(FILE) as server:
        fetched(with_password(server.url))
        assert "authorization" not in server.requests[0].headers


def test_basic_password_is_sent_when_asked_for() -> None:
    with HostileHttpServer(in_turn(BASIC, FILE)) as server:
        assert fetched(with_password(server.url)) == Fetched(b"<a/>")
        assert server.requests[1].headers["authorization"] == "Basic UGxjbVNwSXA6c2VjcmV0"


def test_basic_password_is_remembered_for_the_next_file() -> None:
    with HostileHttpServer(in_turn(BASIC, FILE)) as server:
        transport = http_transport(PATIENT)
        asked = fetch(with_password(server.url) + "a.cfg")
        assert [transport.fetch(asked), transport.fetch(asked)] == [Fetched(b"<a/>")] * 2
        transport.close()
        assert ["authorization" in request.headers for request in server.requests] == [False, True, True]


def test_new_password_takes_the_place_of_the_remembered_one() -> None:
    with HostileHttpServer(in_turn(BASIC, FILE, BASIC, FILE)) as server:
        transport = http_transport(PATIENT)
        for password in ("old", "new"):
            assert transport.fetch(fetch(with_password(server.url, password) + "a.cfg")) == Fetched(b"<a/>")
        transport.close()
        sent = [request.headers.get("authorization") for request in server.requests]
    assert sent[1] != sent[3]
    assert sent[2] is None


def test_password_beyond_latin_1_is_sent_in_utf_8() -> None:
    with HostileHttpServer(in_turn(BASIC, FILE)) as server:
        assert fetched(with_password(server.url, "%E2%82%AC")) == Fetched(b"<a/>")
        assert server.requests[1].headers["authorization"] == "Basic UGxjbVNwSXA64oKs"


def digest_protected(conversation: Conversation, request: Request) -> None:
    """A script of a server that knows the password `secret` (RFC 7616 3.4, MD5, qop auth)."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("authorization", "")))

    def digest(*words: str) -> str:
        return md5(":".join(words).encode(), usedforsecurity=False).hexdigest()

    who, what = digest("PlcmSpIp", "phones", "secret"), digest(request.method, request.path)
    good = digest(who, "n0nce", given.get("nc", ""), given.get("cnonce", ""), "auth", what)
    challenge = 'WWW-Authenticate: Digest realm="phones", nonce="n0nce", qop="auth", algorithm=MD5'
    (FILE if given.get("response") == good else answering("401 Unauthorized", b"", challenge))(conversation, request)


def test_digest_password_is_accepted() -> None:
    with HostileHttpServer(digest_protected) as server:
        assert fetched(with_password(server.url)) == Fetched(b"<a/>")
        assert uploaded(with_password(server.url), b"log") == Uploaded()
        assert [request.body for request in server.requests] == [b"", b"", b"log", b"log"]


@pytest.mark.parametrize("script", [digest_protected, BASIC])
def test_wrong_password_is_refused(script: Script) -> None:
    with HostileHttpServer(script) as server:
        assert fetched(with_password(server.url, "wrong")) == Refused("Unauthorized", 401)
        assert len(server.requests) == 2


CHALLENGES = ["Digest", 'Digest nonce="a"', 'Digest =,=,"', 'Digest realm="\xff",nonce="\xfe"', "Negotiate", "", "\0"]
UNUSABLE = [f'Digest realm="a",nonce="b",{more}' for more in ('qop="auth-int"', 'algorithm="x"', 'algorithm=""')]


@pytest.mark.parametrize("challenge", [*CHALLENGES, *UNUSABLE])
def test_odd_challenge_is_a_reply(challenge: str) -> None:
    with HostileHttpServer(answering("401 Unauthorized", b"", f"WWW-Authenticate: {challenge}")) as server:
        reply = fetched(with_password(server.url))
    assert reply in (
        Refused("Unauthorized", 401),
        TransferFailed(FailureKind.NOT_THE_PROTOCOL, "the answer is malformed"),
    )


def test_basic_password_is_not_sent_to_another_server(other: HostileHttpServer) -> None:
    moved = answering("302 Found", b"", f"Location: {other.url}b.cfg")
    with HostileHttpServer(in_turn(BASIC, moved)) as server:
        assert fetched(with_password(server.url)) == Fetched(b"<a/>")
        assert "authorization" in server.requests[1].headers
    assert "authorization" not in other.requests[0].headers


@pytest.mark.parametrize("challenge", ["Basic realm=a", 'Digest realm="a", nonce="chosen", qop="auth"'])
def test_challenge_of_another_server_is_not_answered(challenge: str) -> None:
    asks = answering("401 Unauthorized", b"", f"WWW-Authenticate: {challenge}")
    with HostileHttpServer(asks) as foreign:
        moved = answering("302 Found", b"", f"Location: {foreign.url}b.cfg")
        with HostileHttpServer(moved) as server:
            assert fetched(with_password(server.url)) == Refused("Unauthorized", 401)
            assert ["authorization" in request.headers for request in server.requests] == [False]
        assert ["authorization" in request.headers for request in foreign.requests] == [False]


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other"])
def test_upload_is_not_made_a_download_by_a_redirect(status: str, other: HostileHttpServer) -> None:
    with HostileHttpServer(answering(status, b"", f"Location: {other.url}b.log")) as server:
        assert uploaded(server.url, b"log") == said_by(status, Refused)
    assert other.requests == []


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_upload_follows_a_redirect_that_keeps_it(status: str, other: HostileHttpServer) -> None:
    with HostileHttpServer(answering(status, b"", f"Location: {other.url}b.log")) as server:
        assert uploaded(server.url, b"log") == Uploaded()
    assert [(request.method, request.body) for request in other.requests] == [("PUT", b"log")]


def test_upload_that_is_not_read_is_broken_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts nothing, takes what fits in the buffers
        reply = uploaded(f"http://127.0.0.1:{listener.getsockname()[1]}/", bytes(16_000_000), limits=FOR_SILENCE)
    assert reply == TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)


@pytest.mark.parametrize("status", ["400 Bad Request", "403 Forbidden", "405 Method Not Allowed", "507 Full"])
def test_refused_upload_names_the_status(status: str) -> None:
    with HostileHttpServer(answering(status)) as server:
        assert uploaded(server.url, b"log") == said_by(status, Refused)


def test_connection_closed_without_a_word_is_opened_again() -> None:
    with HostileHttpServer(saying(OK + b"Content-Length: 4\r\n\r\n<a/>")) as server:  # says that it is kept alive
        transport = http_transport(PATIENT)
        replies = [transport.fetch(fetch(f"{server.url}a.cfg")) for _ in range(100)]
        transport.close()
    assert replies == [Fetched(b"<a/>")] * 100


def test_environment_of_the_user_is_not_the_phones(
    other: HostileHttpServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password secret\n")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert fetched(other.url) == Fetched(b"<a/>")
    assert "authorization" not in other.requests[0].headers


def test_cookies_are_not_kept() -> None:
    with HostileHttpServer(answering("200 OK", b"", "Set-Cookie: a=b")) as server:
        transport = http_transport(PATIENT)
        for _ in range(2):
            transport.fetch(fetch(f"{server.url}a.cfg"))
        transport.close()
        assert "cookie" not in server.requests[1].headers


def test_tls_server_of_a_known_authority_is_trusted(certificates: Certificates) -> None:
    with HostileHttpServer(FILE, tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == Fetched(b"<a/>")


def test_tls_server_of_an_unknown_authority_is_not_trusted(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificates.ca_file))
    with HostileHttpServer(FILE, tls=tls_context(certificates)) as server:
        reply = fetched(server.url)
        assert reply == TransferFailed(
            FailureKind.CERTIFICATE, "the certificate is not accepted: unable to get local issuer certificate"
        )
        assert server.requests == []


def test_ca_bundle_of_the_environment_does_not_replace_the_phones(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Certificates.make(tmp_path).ca_file))
    with HostileHttpServer(FILE, tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == Fetched(b"<a/>")


def test_tls_server_of_another_name_is_not_trusted(certificates: Certificates) -> None:
    with HostileHttpServer(FILE, tls=tls_context(certificates), address="127.0.0.2") as server:
        reply = fetched(server.url, ca_file=certificates.ca_file)
        assert server.requests == []
    assert isinstance(reply, TransferFailed)
    assert reply.kind is FailureKind.CERTIFICATE
    assert reply.reason.startswith("the certificate is not accepted: IP address mismatch")
    assert not reply.unanswered
    assert_is_readable(reply.reason)


@pytest.mark.parametrize("script", [dripping(b"", OK + b"X: " + b"y" * 1000), dripping(HUNDRED, b"y" * 100)])
def test_drip_over_tls_is_broken_off(script: Script, certificates: Certificates) -> None:
    with HostileHttpServer(script, tls=tls_context(certificates)) as server:
        reply = fetched(server.url, limits=FOR_DRIPS, ca_file=certificates.ca_file)
    assert reply == TransferFailed(FailureKind.TIMED_OUT, TOO_LONG)


def test_endless_body_over_tls_is_broken_off(certificates: Certificates) -> None:
    with HostileHttpServer(saying_for_ever(OK + b"\r\n", bytes(65536)), tls=tls_context(certificates)) as server:
        reply = fetched(server.url, ca_file=certificates.ca_file)
    assert reply == TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {LIMIT} bytes")


def redirected_once(script: Script) -> Script:
    """A script that redirects the first request, and ends that answer with the connection and without close_notify."""

    def both(conversation: Conversation, request: Request) -> None:
        if request.path == "/a.cfg":
            conversation.say(b"HTTP/1.1 302 Found\r\nLocation: /b.cfg\r\n\r\nthere")
        else:
            script(conversation, request)

    return both


def ended(conversation: Conversation, _: Request) -> None:
    conversation.say(OK + b"\r\n<a/>")
    conversation.say_end()


CUT = TransferFailed(FailureKind.BROKEN_OFF, "TLS ends without close_notify: the file may be cut")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (saying(OK + b"\r\n<a/>"), CUT),
        (saying(OK + b"\r\n"), CUT),
        (saying(OK + b"Content-Length: 4\r\n\r\n<a/>"), Fetched(b"<a/>")),
        (saying(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n"), Fetched(b"<a/>")),
        (ended, Fetched(b"<a/>")),
        (redirected_once(ended), Fetched(b"<a/>")),
    ],
    ids=["no length", "nothing", "length", "chunks", "close_notify", "close_notify after a redirect without"],
)
def test_body_over_tls_needs_an_end_that_was_announced(
    certificates: Certificates, script: Script, expected: FetchReply
) -> None:
    with HostileHttpServer(script, tls=tls_context(certificates)) as server:
        assert fetched(server.url, ca_file=certificates.ca_file) == expected


def test_silence_in_the_tls_handshake_is_no_answer(certificates: Certificates) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        reply = fetched(url, limits=FOR_SILENCE, ca_file=certificates.ca_file)
    assert reply == TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)


def test_plain_server_in_the_place_of_tls_is_a_failed_transfer(certificates: Certificates) -> None:
    def hello_is_no_request() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hello_is_no_request)
        thread.start()
        reply = fetched(f"https://127.0.0.1:{listener.getsockname()[1]}/", ca_file=certificates.ca_file)
        thread.join()
    assert reply == TransferFailed(FailureKind.TLS, f"TLS: wrong version number; {OFFERED}")
