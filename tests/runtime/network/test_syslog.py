"""Sending syslog messages: what goes out, and that nothing which a server or a resolver does holds up a phone."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.host import Host
from phone_sim.firmware.lifecycle import State
from phone_sim.runtime.lookup import LookupFailedError, look_up
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.syslog import SIZE_LIMIT, SyslogSender, datagram
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import configured, element, master
from tests.runtime.phones import BOUND, within
from tests.runtime.resolver import Resolver


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A socket that hears what is sent to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(BOUND)
        yield listener


@pytest.fixture
def sender() -> Iterator[SyslogSender]:
    sender = SyslogSender()
    yield sender
    within(sender.close)


def host_of(server: socket.socket, name: str = "127.0.0.1") -> Host:
    return Host(name=name, port=server.getsockname()[1])


def gone() -> Host:
    """A port where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        return host_of(closed)


def phone(server: Host, network: Network) -> VirtualPhone:
    """A phone that is configured to log to a server."""
    parameters = {"device.set": "1", "device.syslog.serverName": f"{server.name}:{server.port}"}
    files = {
        "000000000000.cfg": master(CONFIG_FILES="log.cfg, site.cfg"),
        "log.cfg": element("device", parameters | {"device.syslog.serverName.set": "1"}),
        "site.cfg": configured("LDAP"),
    }
    return VirtualPhone("http://boot.example/", transport=serve(files), network=network)


# --- what is sent


def test_message_is_one_datagram_without_an_end(server: socket.socket, sender: SyslogSender) -> None:
    sender.send(host_of(server), "<131>0302160000|lic |4|03|text")
    assert server.recv(65536) == b"<131>0302160000|lic |4|03|text"


def test_messages_arrive_in_their_order(server: socket.socket, sender: SyslogSender) -> None:
    for number in range(100):
        sender.send(host_of(server), f"<0>{number}")
    assert [server.recv(65536) for _ in range(100)] == [b"<0>%d" % number for number in range(100)]


def test_name_is_looked_up(server: socket.socket, sender: SyslogSender) -> None:
    sender.send(host_of(server, "localhost"), "<0>by name")
    assert server.recv(65536) == b"<0>by name"


def test_messages_come_from_the_source_address(server: socket.socket) -> None:
    sender = SyslogSender("127.0.0.7")
    sender.send(host_of(server), "<0>text")
    assert server.recvfrom(65536)[1][0] == "127.0.0.7"
    sender.close()


@pytest.mark.parametrize(
    ("length", "character", "sent"),
    [(1024, "x", 1024), (1025, "x", 1024), (600, "\u00fc", 1024), (400, "\u20ac", 1023)],
)
def test_long_message_is_cut_between_characters(length: int, character: str, sent: int) -> None:
    data = datagram(character * length)
    assert len(data) == sent
    assert data.decode() == character * (sent // len(character.encode()))


@given(st.text(st.characters(exclude_categories=()), max_size=2000))
def test_any_text_gives_a_datagram_that_can_be_sent(text: str) -> None:
    data = datagram(text)
    assert len(data) <= SIZE_LIMIT
    assert text.encode(errors="replace").startswith(data)
    data.decode()


# --- what holds up nothing


def test_server_that_is_not_there_is_passed_over(server: socket.socket, sender: SyslogSender) -> None:
    nobody = gone()
    for _ in range(100):  # each but the first may find that the one before it was refused
        within(lambda: sender.send(nobody, "<0>text"))
    sender.send(host_of(server), "<0>to another")
    assert server.recv(65536) == b"<0>to another"


@pytest.mark.parametrize("name", ["nowhere.invalid", "a..b", "x" * 255, "255.255.255.255"])
def test_address_that_leads_nowhere_is_passed_over(sender: SyslogSender, name: str) -> None:
    within(lambda: sender.send(Host(name=name, port=514), "<0>text"))


@pytest.mark.slow
def test_server_that_does_not_read_loses_lines_and_holds_up_nothing(
    server: socket.socket, sender: SyslogSender
) -> None:
    for _ in range(20_000):
        sender.send(host_of(server), "<0>" + "x" * 1000)
    within(sender.close)
    assert server.recv(65536).startswith(b"<0>x")


def test_message_after_the_close_opens_it_again(server: socket.socket, sender: SyslogSender) -> None:
    for text in ("<0>before", "<0>after"):
        sender.send(host_of(server), text)
        within(sender.close)
        assert server.recv(65536) == text.encode()


def test_message_that_waits_for_the_look_up_is_sent_before_the_close(server: socket.socket) -> None:
    for _ in range(50):
        sender = SyslogSender()
        sender.send(host_of(server), "<0>text")
        sender.close()
        assert server.recv(65536) == b"<0>text"


def test_hung_resolver_holds_up_neither_a_line_nor_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    sender = SyslogSender(look_up_seconds=0.2)

    def send_many() -> None:
        for _ in range(5000):
            sender.send(Host(name="log.example", port=514), "<0>text")
        sender.close()

    within(send_many)
    assert resolver.asked <= 2
    resolver.may_answer.set()


def test_lines_wait_for_the_name_the_oldest_go_first(server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    sender = SyslogSender(look_up_seconds=BOUND)
    for number in range(1010):
        sender.send(host_of(server, "log.example"), f"<0>{number}")
    resolver.may_answer.set()
    assert server.recv(65536) == b"<0>10"
    assert resolver.asked == 1
    sender.close()


def test_name_that_was_not_found_is_left_alone_for_a_while(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = Resolver(monkeypatch)
    resolver.fails = True
    resolver.may_answer.set()
    patient, eager = SyslogSender(retry_after=3600), SyslogSender(retry_after=0)
    for sender, asked in ((patient, 1), (eager, 3)):
        resolver.asked = 0
        for _ in range(3):
            sender.send(host_of(server, "log.example"), "<0>text")
            wait_for_look_up()
        assert resolver.asked == asked
    resolver.fails = False
    eager.send(host_of(server, "log.example"), "<0>last")
    assert [server.recv(65536) for _ in range(4)] == [b"<0>text"] * 3 + [b"<0>last"]
    eager.close()
    patient.close()


def wait_for_look_up() -> None:
    """Wait until no look-up is under way."""
    for thread in threading.enumerate():
        if thread.name == "syslog":
            thread.join(BOUND)


def test_look_up_that_takes_too_long_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    with pytest.raises(LookupFailedError, match="no answer"):
        within(lambda: look_up("log.example", 514, socket.SOCK_DGRAM, seconds=0.1))
    resolver.may_answer.set()


# --- a phone


def test_phone_sends_each_line_once_it_is_configured(server: socket.socket) -> None:
    sender = SyslogSender()
    with phone(host_of(server), Network(syslog=sender)) as one:
        one.boot()
        seen = len(one.log.splitlines())
        one.boot()
        lines = one.log.splitlines()[seen:]
    sender.send(host_of(server), "<0>end")
    received = [message.decode().partition(">")[2] for message in iter(lambda: server.recv(65536), b"<0>end")]
    sender.close()
    rebooted = [line for line in lines if line.split("|")[2] in "*456"]
    assert received[-len(rebooted) :] == rebooted


def test_server_that_is_not_there_changes_nothing_for_a_phone() -> None:
    logs = []
    for network in (Network(), Network(syslog=SyslogSender())):
        with phone(gone(), network) as one:
            one.boot()
            one.time.run(timedelta(days=3))
            one.boot()
            assert one.state is State.IDLE
            logs.append(one.log)
    assert logs[0] == logs[1]
