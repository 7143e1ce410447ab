"""What the transports of a fleet do beyond what every transport does: the same bytes as a single phone's, many at once
in one thread, few connections, and nothing left behind."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import gevent
import pytest
from gevent.monkey import is_anything_patched

from phone_sim.firmware.effects import Fetched, NotFound, Refused, TransferFailed, Uploaded
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.transport.http import GeventHttpTransport
from phone_sim.fleet.transport.response_reader import ResponseReader
from phone_sim.fleet.transport.tftp import GeventTftpTransport
from phone_sim.runtime.transport import Limits, Tls, Transport
from tests.real_servers.certificates import Certificates
from tests.runtime.by_fleet import HTTP, TFTP, fleet_http, fleet_tftp
from tests.runtime.hostile_http import (
    Conversation,
    HostileHttpServer,
    Request,
    Script,
    answering,
    stalling,
    tls_context,
)
from tests.runtime.hostile_http import saying as answers
from tests.runtime.hostile_tftp import HostileTftpServer, Transfer, ack, block, error, oack, saying
from tests.runtime.phones import PATIENT, fetch, upload, within
from tests.runtime.transport.test_http import digest_protected, with_password

FILE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /b.cfg\r\nContent-Length: 0\r\n\r\n"
PHONES = 20


def keeping_alive(*answers: bytes) -> tuple[Script, list[Request]]:
    """A script that goes through the answers on one connection, with what it was asked on all; the last one is for all
    that come after."""
    asked: list[Request] = []

    def script(conversation: Conversation, request: Request) -> None:
        with suppress(ConnectionError):
            while True:
                conversation.say(answers[min(len(asked), len(answers) - 1)])
                asked.append(request)
                request = conversation.next_request()

    return script, asked


def in_greenlets(call: Callable[[], object]) -> list[object]:
    """What the call returns for each phone, all of them at once in this thread."""

    def run() -> list[object]:
        greenlets = [gevent.spawn(call) for _ in range(PHONES)]
        gevent.joinall(greenlets, raise_error=True)
        gevent.get_hub().destroy(destroy_loop=True)
        return [greenlet.value for greenlet in greenlets]

    return within(run)


@pytest.fixture
def transport() -> Iterator[Transport]:
    with closing(fleet_http(PATIENT)) as made:
        yield made


def test_nothing_is_monkey_patched() -> None:
    assert not is_anything_patched()


NAMES = ["a.cfg", "", "folder/a.cfg", "~x/a_b-1.cfg", "folder/", "a%20b.cfg", "a/../b.cfg", "a//b.cfg", "a.cfg?b=c"]


@pytest.mark.parametrize("name", NAMES)
def test_http_requests_are_those_of_a_single_phone(name: str) -> None:
    sent = []
    with HostileHttpServer(answering("404 Not Found")) as server:
        for make in HTTP.values():
            server.requests.clear()
            with closing(make(PATIENT)) as transport:
                transport.fetch(fetch(server.url + name))
                transport.upload(upload(server.url + name, b"log"))
                transport.upload(upload(server.url + name, b""))
            sent.append([(one.method, one.path, list(one.headers.items()), one.body) for one in server.requests])
    assert len(sent[0]) == 3
    assert sent[0] == sent[1]


@pytest.mark.parametrize("name", ["a.cfg", "folder/a.cfg", "a%20b.cfg"])
def test_tftp_requests_are_those_of_a_single_phone(name: str) -> None:
    sent = []
    with HostileTftpServer(saying(error(1))) as server:
        for make in TFTP.values():
            server.requests.clear()
            with closing(make(PATIENT)) as transport:
                transport.fetch(fetch(server.url + name))
                transport.upload(upload(server.url + name, b"log"))
            sent.append(list(server.requests))
    assert len(sent[0]) == 2
    assert sent[0] == sent[1]


LINES = [b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 404 No", b"HTTP/1.1 401 No", b"HTTP/1.1 302 Found"]
PIECES = [
    *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b"abcd", b"A", b": b\r\n", b"X : y\r\n", b" folded\r\n"),
    *(b"Content-Length: 4\r\n", b"Content-Length: 0\r\n", b"Content-Length: +3\r\n", b"Content-Length: 4, 4\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n"),
    *(b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Connection: upgrade\r\nUpgrade: x\r\n"),
    *(b"Location: /b\r\n", b"WWW-Authenticate: Basic realm=a\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
]


@pytest.mark.parametrize("seed", range(40))
def test_random_answer_ends_as_with_a_single_phone(seed: int) -> None:
    chance = Random(seed)
    words = (
        chance.choice(LINES) + b"\r\n" + b"".join(chance.choices(PIECES, k=chance.randrange(1, 10))) + b"\r\n\r\nabcd"
    )
    told = []
    for make in HTTP.values():
        with HostileHttpServer(answers(words)) as server, closing(make(PATIENT)) as transport:
            url = with_password(server.url)
            replies = [transport.fetch(fetch(f"{url}a.cfg")), transport.upload(upload(f"{url}a.log", b"log"))]
            told.append((replies, [(one.method, one.path, "authorization" in one.headers) for one in server.requests]))
    assert told[0] == told[1]


def test_all_requests_of_a_phone_go_over_one_connection(transport: Transport) -> None:
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
    script, asked = keeping_alive(FILE, missing, FILE)
    with HostileHttpServer(script) as server:
        replies = [transport.fetch(fetch(f"{server.url}{number}.cfg")) for number in range(10)]
        assert transport.upload(upload(f"{server.url}a.log", b"log")) == Uploaded()
        assert len(server.requests) == 1  # the first of the one connection
    assert replies == [Fetched(b"<a/>"), NotFound("Not Found", 404), *[Fetched(b"<a/>")] * 8]
    assert len(asked) == 11


def test_all_requests_of_a_phone_go_over_one_tls_connection(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path)
    script, asked = keeping_alive(FILE)
    with HostileHttpServer(script, tls=tls_context(certificates)) as server:
        with closing(fleet_http(PATIENT, Tls(ca_file=certificates.ca_file))) as transport:
            for _ in range(5):
                assert transport.fetch(fetch(f"{server.url}a.cfg")) == Fetched(b"<a/>")
        assert len(server.requests) == 1
    assert len(asked) == 5


def test_redirect_is_followed_on_the_connection_it_came_over(transport: Transport) -> None:
    script, asked = keeping_alive(MOVED, FILE)
    with HostileHttpServer(script) as server:
        assert transport.fetch(fetch(f"{server.url}a.cfg")) == Fetched(b"<a/>")
        assert len(server.requests) == 1
    assert [request.path for request in asked] == ["/a.cfg", "/b.cfg"]


def test_upload_is_sent_once_before_a_redirect_and_once_after(transport: Transport) -> None:
    script, asked = keeping_alive(MOVED.replace(b"302", b"307"), FILE)
    with HostileHttpServer(script) as server:
        assert transport.upload(upload(f"{server.url}a.log", b"log")) == Uploaded()
    assert [(request.path, request.body) for request in asked] == [("/a.log", b"log"), ("/b.cfg", b"log")]


def test_odd_answer_is_asked_for_once(transport: Transport) -> None:
    with HostileHttpServer(answering("200 OK", b"<a/>", "Content-Length: x", length=4)) as server:
        transport.fetch(fetch(f"{server.url}a.cfg"))
        assert len(server.requests) == 1


def test_digest_password_is_sent_from_the_second_file_on(transport: Transport) -> None:
    with HostileHttpServer(digest_protected) as server:
        for name in ("a.cfg", "b.cfg", "c.cfg"):
            assert transport.fetch(fetch(with_password(server.url) + name)) == Fetched(b"<a/>")
        sent = [(request.path, "authorization" in request.headers) for request in server.requests]
    assert sent == [("/a.cfg", False), ("/a.cfg", True), ("/b.cfg", True), ("/c.cfg", True)]


def test_challenge_without_a_password_is_a_refusal(transport: Transport) -> None:
    with HostileHttpServer(digest_protected) as server:
        assert transport.fetch(fetch(f"{server.url}a.cfg")) == Refused("Unauthorized", 401)
        assert len(server.requests) == 1


def test_phones_in_one_thread_wait_for_http_at_once() -> None:
    all_asked = threading.Barrier(PHONES)

    def script(conversation: Conversation, _: Request) -> None:
        all_asked.wait(20)
        conversation.say(FILE)

    def phone() -> object:
        with closing(GeventHttpTransport(PATIENT)) as transport:
            return transport.fetch(fetch(f"{server.url}a.cfg"))

    with HostileHttpServer(script) as server:
        assert in_greenlets(phone) == [Fetched(b"<a/>")] * PHONES


def test_phones_in_one_thread_wait_for_tftp_at_once() -> None:
    all_asked = threading.Barrier(PHONES)

    def script(transfer: Transfer) -> None:
        all_asked.wait(20)
        transfer.send_file(b"<a/>")

    with HostileTftpServer(script) as server:
        replies = in_greenlets(lambda: GeventTftpTransport(PATIENT).fetch(fetch(f"{server.url}a.cfg")))
    assert replies == [Fetched(b"<a/>")] * PHONES


def test_killed_phone_leaves_no_connection() -> None:
    is_silent, is_over = threading.Event(), threading.Event()

    def script(conversation: Conversation, request: Request) -> None:
        is_silent.set()
        stalling()(conversation, request)
        is_over.set()

    def run() -> bool:
        transport = GeventHttpTransport(PATIENT)
        phone = gevent.spawn(transport.fetch, fetch(f"{server.url}a.cfg"))
        while not is_silent.is_set():
            gevent.sleep(0.01)
        phone.kill()
        gevent.sleep(0)
        gevent.get_hub().destroy(destroy_loop=True)
        return is_over.wait(20)

    with HostileHttpServer(script) as server:
        assert within(run)


@pytest.mark.slow
def test_wait_is_as_long_for_each_answer() -> None:
    """Ours: a timer of gevent that is stopped and started again would go on with what was left of its time."""
    limits = Limits(answer=3.0, transfer=60)

    def script(conversation: Conversation, _: Request) -> None:
        with suppress(ConnectionError):
            while True:
                time.sleep(0.8)
                conversation.say(FILE)
                conversation.next_request()

    with HostileHttpServer(script) as server, closing(fleet_http(limits)) as transport:
        assert [transport.fetch(fetch(f"{server.url}a.cfg")) for _ in range(5)] == [Fetched(b"<a/>")] * 5


PATCHED = """
from gevent import monkey
monkey.patch_all()
import sys
from pathlib import Path
from phone_sim.fleet.transport.http import GeventHttpTransport
from phone_sim.fleet.transport.tftp import GeventTftpTransport
from phone_sim.runtime.transport import Limits, Tls
from tests.runtime.phones import fetch
https, tftp, ca_file = sys.argv[1:]
http = GeventHttpTransport(Limits(), Tls(ca_file=Path(ca_file)))
for reply in (http.fetch(fetch(https)), http.fetch(fetch(https)), GeventTftpTransport(Limits()).fetch(fetch(tftp))):
    print(reply.data)
"""


@pytest.mark.slow
def test_transports_work_alike_where_all_is_monkey_patched(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path)
    script, asked = keeping_alive(MOVED, FILE)
    with (
        HostileHttpServer(script, tls=tls_context(certificates)) as https,
        HostileTftpServer(saying(block(1, b"<b/>"))) as tftp,
    ):
        urls = [f"{https.url}a.cfg", f"{tftp.url}a.cfg", str(certificates.ca_file)]
        said = subprocess.run([sys.executable, "-c", PATCHED, *urls], capture_output=True, text=True, timeout=60)
    assert said.stdout.split() == ["b'<a/>'"] * 2 + ["b'<b/>'"], said.stderr
    assert [request.path for request in asked] == ["/a.cfg", "/b.cfg", "/a.cfg"]


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n"
ANSWERS = {"length": FILE, "chunks": HEAD + b"2\r\n<a\r\n2\r\n/>\r\n0\r\nT: r\r\n\r\n"}


@pytest.mark.parametrize("size", [7, 8, 9, 20])
@pytest.mark.parametrize("words", ANSWERS.values(), ids=ANSWERS)
def test_answer_in_pieces_is_read_as_a_whole(words: bytes, size: int) -> None:
    answer = ResponseReader()
    for _ in range(2):
        answer.begin()
        for start in range(0, len(words), size):
            assert not answer.is_whole
            answer.feed(words[start : start + size])
        assert (answer.is_whole, answer.is_odd, answer.keeps) == (True, False, True)
        assert (answer.status, answer.reason, answer.body) == (200, "OK", b"<a/>")


@pytest.mark.parametrize("surplus", [b"x", b"\r\n", b"HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx"])
def test_surplus_after_an_answer_is_not_read_as_another(surplus: bytes) -> None:
    answer = ResponseReader()
    answer.feed(FILE + surplus)
    assert (answer.is_whole, answer.is_odd) == (True, False)
    assert (answer.status, answer.reason, answer.body) == (200, "OK", b"<a/>")
    assert surplus == b"\r\n" or not answer.keeps


ODD = {
    "interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "another protocol": b"RTSP/1.0 200 OK\r\n\r\n",
    "coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 101 + b"\r\n",
    "long head": b"HTTP/1.1 200 OK\r\nA: " + b"b" * 9000,
    "long wrapping": HEAD + b"1\r\nx\r\n" * 2000,
    "two lengths": FILE.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"),
}


@pytest.mark.parametrize("words", ODD.values(), ids=ODD)
def test_odd_answer_is_left_to_others(words: bytes) -> None:
    answer = ResponseReader()
    answer.feed(words)
    assert answer.is_odd


def test_repeated_acknowledgment_does_not_repeat_a_block() -> None:
    heard: list[bytes] = []

    def script(transfer: Transfer) -> None:
        transfer.send(ack(0))
        for number in range(1, 6):
            heard.append(transfer.receive())
            transfer.send(ack(number))
            transfer.send(ack(number))

    with HostileTftpServer(script) as server, closing(fleet_tftp(PATIENT)) as transport:
        assert transport.upload(upload(f"{server.url}a.log", bytes(4 * 512 + 1))) == Uploaded()
    assert heard == [block(number, bytes(512 if number < 5 else 1)) for number in range(1, 6)]


def test_server_is_told_when_a_file_is_too_long() -> None:
    heard: list[bytes] = []

    def script(transfer: Transfer) -> None:
        transfer.send(block(1, bytes(512)))
        heard.append(transfer.receive())

    with HostileTftpServer(script) as server, closing(fleet_tftp(PATIENT)) as transport:
        reply = transport.fetch(fetch(f"{server.url}a.cfg", limit=500))
    assert reply == TransferFailed(FailureKind.TOO_LARGE, "the file has more than 500 bytes")
    assert [packet[:4] for packet in heard] == [error(3)[:4]]


def test_late_agreement_is_passed_over() -> None:
    content = bytes(1500)

    def script(transfer: Transfer) -> None:
        transfer.send(oack("blksize", "1000"))
        transfer.await_ack(0)
        transfer.send(block(1, content[:1000]))
        transfer.await_ack(1)
        transfer.send(oack("blksize", "1000"))
        transfer.send(block(2, content[1000:]))

    with HostileTftpServer(script) as server, closing(fleet_tftp(PATIENT)) as transport:
        assert transport.fetch(fetch(f"{server.url}a.cfg")) == Fetched(content)


BLOCKS = 65_540
LONG = bytes(range(256)) * (BLOCKS * 8 // 256)


@pytest.mark.long
def test_numbers_of_blocks_begin_again_when_they_are_used_up() -> None:
    taken = bytearray()

    def script(transfer: Transfer) -> None:
        transfer.send(oack("blksize", "8"))
        for number in range(len(LONG) // 8 + 1):
            if transfer.is_upload:
                taken.extend(transfer.receive()[4:])
                transfer.send(ack((number + 1) & 0xFFFF))
            else:
                assert transfer.receive() == ack(number & 0xFFFF)
                transfer.send(block((number + 1) & 0xFFFF, LONG[number * 8 : number * 8 + 8]))

    with HostileTftpServer(script) as server, closing(fleet_tftp(PATIENT)) as transport:
        assert transport.fetch(fetch(f"{server.url}a.cfg")) == Fetched(LONG)
        assert transport.upload(upload(f"{server.url}a.log", LONG)) == Uploaded()
    assert bytes(taken) == LONG
