"""Time servers that are silent, broken, forged or lie: the client ends in its time and believes what it should."""

import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.network_effects import AskTime, NoTime, TimeAnswer, TimeTold
from phone_sim.firmware.phone_life import LICENSE_REBOOT
from phone_sim.licensing import license_file
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.sntp import SntpClient, TimeLimits
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import LDAP, SITE_FILE, SITE_SERIAL, configured, forged, master, signed_key, until, utc
from tests.runtime.hostile_sntp import HostileSntpServer, Question, Script, answer, saying, silent, telling
from tests.runtime.phones import within

pytestmark = pytest.mark.slow

NOON = utc("2026-03-10T12:00")
PATIENT = TimeLimits(answer=60, tries=2, whole=120)
NO_ANSWER = "no answer"


def ask(*servers: HostileSntpServer | str, limits: TimeLimits = PATIENT) -> TimeAnswer:
    """What a client is told by these servers."""
    names = tuple(server if isinstance(server, str) else server.name for server in servers)
    return within(lambda: SntpClient(limits).tell(AskTime(names)))


def from_another_port(question: Question) -> None:
    """Answer well, but from a port that nobody asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(answer(question.packet, NOON), question.client)


def from_another_address(question: Question) -> None:
    """Answer well, from the right port of an address that nobody asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.9", question.socket.getsockname()[1]))
        other.sendto(answer(question.packet, NOON), question.client)


def truncated(question: Question) -> None:
    """Answer with the first 47 bytes."""
    question.send(answer(question.packet, NOON)[:47])


BROKEN: list[tuple[str, Script, str]] = [
    ("silent", silent, NO_ANSWER),
    ("empty", saying(b""), NO_ANSWER),
    ("short", truncated, NO_ANSWER),
    ("garbage", saying(b"\xff" * 2000), NO_ANSWER),
    ("spoofed", telling(NOON, originate=bytes(8)), NO_ANSWER),
    ("other port", from_another_port, NO_ANSWER),
    ("other address", from_another_address, NO_ANSWER),
    ("echo", lambda question: question.send(question.packet), NO_ANSWER),
    ("client's mode", telling(NOON, mode=3), "its answer has mode 3"),
    ("kiss of death", telling(NOON, stratum=0, reference=b"DENY"), "it does not want to be asked: DENY"),
    ("unsynchronized", telling(NOON, leap=3), "it is not synchronized"),
    ("stratum 16", telling(NOON, stratum=16), "it is not synchronized"),
    ("no time", telling(NOON, transmit=bytes(8)), "it tells no time"),
    ("1969", telling(utc("1969-07-20")), "it tells a time of 1969"),
    ("1970", telling(utc("1970-01-01")), "it tells a time of 1970"),
    ("2006", telling(utc("2006-12-31T23:59:59")), "it tells a time of 2006"),
]


@pytest.mark.parametrize(("script", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_broken_server_is_named_and_the_next_one_asked(script: Script, reason: str) -> None:
    with HostileSntpServer(script) as bad, HostileSntpServer(telling(NOON)) as good:
        limits = TimeLimits(answer=0.5, tries=1, whole=30) if reason == NO_ANSWER else PATIENT
        assert ask(bad, limits=limits) == NoTime(f"{bad.name}: {reason}")
        reply = ask(bad, good, limits=limits)
    assert isinstance(reply, TimeTold)
    assert reply.server == good.name


def test_time_is_told_with_half_of_the_way() -> None:
    with HostileSntpServer(telling(NOON)) as server:
        reply = ask(server)
    assert isinstance(reply, TimeTold)
    assert timedelta() <= reply.instant - NOON < timedelta(seconds=5)


def test_time_that_the_server_held_the_question_is_not_half_of_the_way() -> None:
    with HostileSntpServer(telling(NOON, received=NOON - timedelta(hours=1))) as server:
        reply = ask(server)
    assert reply == TimeTold(NOON, server.name)


@pytest.mark.parametrize("instant", ["2007-01-01T00:00:01", "2036-02-07T06:28:17", "2104-02-26"])
def test_time_far_off_is_believed_as_by_a_phone(instant: str) -> None:
    with HostileSntpServer(telling(utc(instant))) as server:
        reply = ask(server)
    assert isinstance(reply, TimeTold)
    assert timedelta() <= reply.instant - utc(instant) < timedelta(seconds=5)


def test_forged_answers_do_not_keep_the_right_one_out() -> None:
    def script(question: Question) -> None:
        for _ in range(50):
            question.send(answer(question.packet, NOON + timedelta(days=365), originate=b"forgery!"))
        from_another_port(question)
        question.send(answer(question.packet, NOON))

    with HostileSntpServer(script) as server:
        reply = ask(server)
    assert isinstance(reply, TimeTold)
    assert reply.instant - NOON < timedelta(days=1)


def test_flood_of_forged_answers_gains_no_time() -> None:
    over = threading.Event()

    def script(question: Question) -> None:
        packet = answer(question.packet, NOON, originate=b"forgery!")
        while not over.wait(0.001):
            question.send(packet)

    with HostileSntpServer(script) as server:
        reply = ask(server, limits=TimeLimits(answer=0.3, tries=2, whole=1))
        over.set()
    assert reply == NoTime(f"{server.name}: no answer")


def test_question_that_was_lost_is_asked_again() -> None:
    def script(question: Question) -> None:
        if question.attempt > 1:
            question.send(answer(question.packet, NOON))

    with HostileSntpServer(script) as server:
        assert isinstance(ask(server, limits=TimeLimits(answer=0.3, tries=2, whole=30)), TimeTold)
    first, second = server.questions
    assert first[40:] != second[40:]  # a token of its own


def test_kiss_of_death_is_heeded() -> None:
    with HostileSntpServer(telling(NOON, stratum=0, reference=b"RATE")) as server:
        ask(server)
    assert len(server.questions) == 1


def test_many_silent_servers_end_in_the_time_for_all() -> None:
    with HostileSntpServer(silent) as server:
        reply = ask(*[server] * 50, limits=TimeLimits(answer=0.3, tries=2, whole=0.5))
    assert isinstance(reply, NoTime)
    assert 1 <= len(server.questions) <= 4


@pytest.mark.parametrize(
    "name", ["", "two hosts", "a..b", "nowhere.invalid", "127.0.0.1:0", "255.255.255.255", "x" * 300]
)
def test_address_that_leads_nowhere_is_a_reason(name: str) -> None:
    reply = ask(name, limits=TimeLimits(answer=2, tries=1, whole=2))
    assert isinstance(reply, NoTime)
    assert reply.reason.startswith(f"{name}: ")


def test_port_where_nobody_listens_is_a_reason() -> None:
    with HostileSntpServer(silent) as server:
        gone = server.name
    reply = ask(gone)
    assert reply == NoTime(f"{gone}: Connection refused")


def test_no_server_is_no_time() -> None:
    assert ask() == NoTime("no server is known")


def test_question_comes_from_the_source_address() -> None:
    seen: list[str] = []

    def script(question: Question) -> None:
        seen.append(question.client[0])
        question.send(answer(question.packet, NOON))

    with HostileSntpServer(script) as server:
        within(lambda: SntpClient(PATIENT, "127.0.0.7").tell(AskTime((server.name,))))
    assert seen == ["127.0.0.7"]


# --- a phone and its time server


class Liar:
    """A time server that tells what it is set to."""

    def __init__(self) -> None:
        self.now = NOON
        self.speaks = True

    def __call__(self, question: Question) -> None:
        if self.speaks:
            question.send(answer(question.packet, self.now))


def phone_at(
    server: HostileSntpServer, key: Callable[[], bytes] | None = None, limits: TimeLimits = PATIENT
) -> VirtualPhone:
    """A phone on time of its own, with a site license until the end of March and this time server."""
    license_ = key() if key else license_file.write([signed_key({LDAP: until("2026-03-31")}, serial=SITE_SERIAL)])
    parameters = {
        "tcpIpApp_sntp_address": server.name,
        "tcpIpApp_sntp_daylightSavings_enable": "0",
        "license_polling_time": "02:00",
    }
    files = {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured("LDAP", **parameters),
        SITE_FILE: license_,
    }
    return VirtualPhone("http://boot.example/", transport=serve(files), network=Network(time=SntpClient(limits).tell))


def now(phone: VirtualPhone) -> datetime | None:
    """What its clock shows."""
    return phone.time.now


def test_clock_of_a_virtual_phone_is_set() -> None:
    with HostileSntpServer(telling(NOON)) as server, phone_at(server) as phone:
        phone.boot()
        assert phone.time.now is not None
        assert timedelta() <= phone.time.now - NOON < timedelta(seconds=5)
        assert isinstance(phone.feature("LDAP"), Enabled)


def test_lie_expires_the_license_and_the_truth_comes_back_with_the_next_question() -> None:
    liar = Liar()
    with HostileSntpServer(liar) as server, phone_at(server) as phone:
        phone.boot()
        liar.now = utc("2027-03-10T12:00")
        phone.time.run(timedelta(days=1, seconds=30))
        assert [*phone.reboots] == [LICENSE_REBOOT]
        assert isinstance(phone.feature("LDAP"), NotLicensed)
        liar.now = utc("2026-03-12T12:00")
        phone.time.run(timedelta(minutes=16))  # as its clock stood still, the server is asked again soon
        assert phone.time.now is not None
        assert phone.time.now.year == 2026
        assert phone.driver.phone.next_check == utc("2026-03-13T02:00")
        assert isinstance(phone.feature("LDAP"), NotLicensed)  # until the next boot
        phone.boot()
        assert isinstance(phone.feature("LDAP"), Enabled)
        phone.cut_power()  # the clock has been changed there and back: without its memory, the phone believes again
        phone.boot()
        liar.now = utc("2026-04-01T02:00")
        phone.time.run(timedelta(days=2))
        assert [*phone.reboots] == [LICENSE_REBOOT, "by hand", LICENSE_REBOOT]


def test_lie_makes_no_forged_license_valid() -> None:
    def key() -> bytes:
        return license_file.write([forged(signed_key({LDAP: until("2026-03-31")}, serial=SITE_SERIAL))])

    liar = Liar()
    with HostileSntpServer(liar) as server, phone_at(server, key) as phone:
        for instant in ("2007-01-02", "2026-03-10", "2100-01-01"):
            liar.now = utc(instant)
            phone.boot()
            assert isinstance(phone.feature("LDAP"), NotLicensed)
            phone.time.run(timedelta(days=2))


def test_reboot_keeps_the_time_and_a_power_cut_loses_it() -> None:
    liar, limits = Liar(), TimeLimits(answer=0.5, tries=2, whole=30)
    with HostileSntpServer(liar) as server, phone_at(server, limits=limits) as phone:
        phone.boot()
        liar.speaks = False
        phone.boot()
        assert now(phone) is not None
        assert phone.log.splitlines()[-1].startswith("0310")
        phone.cut_power()
        assert now(phone) is None
        phone.boot()
        assert now(phone) is None
        assert phone.log.splitlines()[-1].startswith("0101000")
        assert phone.driver.phone.next_check is None
        liar.speaks = True
        phone.time.run(timedelta(minutes=16))
        assert now(phone) is not None
        assert phone.driver.phone.next_check == utc("2026-03-11T02:00")


def test_clock_of_the_phone_runs_on_when_that_of_the_server_stands_still() -> None:
    with HostileSntpServer(telling(NOON)) as server, phone_at(server) as phone:
        phone.boot()
        within(lambda: phone.time.run(timedelta(days=30)))
        assert phone.state is State.IDLE
        assert phone.reboots == (LICENSE_REBOOT,)
        assert 25 <= phone.log.count("TUE MAR 10 12:00:00 2026 GMT again: its clock stands still") <= 30  # once a day
