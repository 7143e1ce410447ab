"""Time servers that contradict themselves: how often a phone follows them, what that costs, and what it logs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import pytest

from phone_sim.firmware.network_effects import AskTime, TimeTold
from phone_sim.firmware.phone_life import LICENSE_REBOOT
from phone_sim.firmware.time_memory import KEPT_FOR, NOTHING_REMEMBERED, Judgement, TimeMemory
from phone_sim.licensing.license_file import write
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import LDAP, SITE_FILE, configured, master, signed_key, until, utc

NOON = utc("2026-03-10T12:00")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
YEARS = 3650 * DAY
EVERY_MINUTE = {"tcpIpApp_sntp_resyncPeriod": "60"}
Tells = Callable[[int, datetime], datetime]
"""What a server tells, of the number of the question and the true time."""


def phone_asking(tells: Tells, **parameters: str) -> VirtualPhone:
    """A phone whose license is good until the end of 2026-03-10; it asks a server that answers like that."""
    questions = 0

    def tell(_: AskTime) -> TimeTold:
        nonlocal questions
        questions += 1
        return TimeTold(tells(questions - 1, NOON + phone.time.clock.elapsed()), "ntp.example")

    files = {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured(
            "LDAP",
            tcpIpApp_sntp_address="ntp.example",
            tcpIpApp_sntp_daylightSavings_enable="0",
            license_polling_time="00:00",
            **parameters,
        ),
        SITE_FILE: write([signed_key({LDAP: until("2026-03-10")})]),
    }
    phone = VirtualPhone("http://boot.example/", transport=serve(files), network=Network(time=tell))
    return phone


def judge_all(memory: TimeMemory, *answers: tuple[datetime, datetime]) -> list[Judgement]:
    """What is made of times that are told one after the other, each with what the clock shows then."""
    found = []
    for told, shown in answers:
        judgement, memory = memory.judged(TimeTold(told, "ntp.example"), shown)
        found.append(judgement)
    return found


# --- what it costs


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 1])
def test_server_that_alternates_causes_one_reboot(first: int) -> None:
    with phone_asking(lambda count, now: now + YEARS * ((count + first) % 2), **EVERY_MINUTE) as phone:
        phone.boot()
        phone.time.run(timedelta(hours=11))
        assert len(phone.reboots) <= 1
        said = [line for line in phone.log.splitlines() if "after a change and a change back" in line]
        assert len(said) == 1
        assert said[0].endswith(" GMT after a change and a change back: not followed until it is told for a day")


def test_server_that_tells_the_last_minute_of_a_license_again_and_again_causes_one_reboot() -> None:
    midnight = utc("2026-03-11T00:00")
    with phone_asking(lambda *_: midnight - 8 * SECOND, **EVERY_MINUTE) as phone:
        phone.boot()
        assert phone.feature("LDAP").is_enabled
        phone.time.run(DAY)
        assert phone.reboots == (LICENSE_REBOOT,)
        assert not phone.feature("LDAP").is_enabled
        assert phone.time.now == midnight - 8 * SECOND + DAY
        said = [line for line in phone.log.splitlines() if "its clock stands still" in line]
        assert 1 <= len(said) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_whatever_servers_tell_reboots_are_bounded_by_the_days(seed: int) -> None:
    random = Random(seed)
    times = [NOON + random.uniform(-2, 2) * DAY for _ in range(3)]
    with phone_asking(lambda _, now: random.choice([*times, now, now + random.uniform(-2, 2) * DAY])) as phone:
        phone.boot()
        phone.time.run(10 * DAY)
        assert len(phone.reboots) <= 2 + 10


# --- what is followed


def test_wrong_time_and_its_correction_are_followed_and_one_more_change_after_a_day() -> None:
    answers = [(NOON, NOON), (NOON + YEARS, NOON + DAY), (NOON + 2 * DAY, NOON + YEARS + DAY)]
    assert judge_all(NOTHING_REMEMBERED, *answers) == [Judgement.FOLLOWED] * 3
    shown = [NOON + 3 * DAY + part * KEPT_FOR / 4 for part in range(6)]
    assert judge_all(NOTHING_REMEMBERED, *answers, *((now + YEARS, now) for now in shown))[3:] == [
        *[Judgement.CONTRADICTS] * 4,
        Judgement.FOLLOWED,
        Judgement.CONTRADICTS,  # the clock was not set here: it is a change again
    ]


def test_one_right_answer_begins_the_day_anew() -> None:
    back = [(NOON, NOON), (NOON + YEARS, NOON + DAY), (NOON + 2 * DAY, NOON + YEARS + DAY)]
    shown = [NOON + 3 * DAY + part * KEPT_FOR / 4 for part in range(8)]
    answers = [(now + (YEARS if place != 3 else 0 * DAY), now) for place, now in enumerate(shown)]
    found = judge_all(NOTHING_REMEMBERED, *back, *answers)[3:]
    assert found == [Judgement.CONTRADICTS] * 3 + [Judgement.FOLLOWED] + [Judgement.CONTRADICTS] * 4


def test_changes_the_same_way_are_followed() -> None:
    answers = [(NOON, NOON), *((NOON + (count + 1) * YEARS, NOON + count * YEARS + DAY) for count in range(5))]
    assert judge_all(NOTHING_REMEMBERED, *answers) == [Judgement.FOLLOWED] * 6


def test_drift_is_no_change() -> None:
    answers = [(NOON + count * DAY + (-1) ** count * 50 * SECOND, NOON + count * DAY) for count in range(20)]
    assert judge_all(NOTHING_REMEMBERED, *answers) == [Judgement.FOLLOWED] * 20


@pytest.mark.parametrize(
    ("later", "sent_later", "expected"),
    [
        (timedelta(seconds=4), timedelta(), Judgement.FOLLOWED),
        (timedelta(seconds=5), timedelta(), Judgement.STANDS_STILL),
        (timedelta(seconds=5), timedelta(microseconds=1), Judgement.FOLLOWED),
    ],
)
def test_clock_stands_still_that_shows_the_same_after_some_seconds(
    later: timedelta, sent_later: timedelta, expected: Judgement
) -> None:
    assert judge_all(NOTHING_REMEMBERED, (NOON, NOON), (NOON + sent_later, NOON + later))[-1] is expected


def test_way_of_the_answer_does_not_hide_a_clock_that_stands_still() -> None:
    _, memory = NOTHING_REMEMBERED.judged(TimeTold(NOON, "ntp.example", NOON), NOON)
    late = TimeTold(NOON + timedelta(milliseconds=30), "ntp.example", NOON)
    assert memory.judged(late, NOON + DAY)[0] is Judgement.STANDS_STILL


def test_another_server_that_tells_the_same_does_not_stand_still() -> None:
    _, memory = NOTHING_REMEMBERED.judged(TimeTold(NOON, "a.example"), NOON)
    assert memory.judged(TimeTold(NOON, "b.example"), NOON + 10 * SECOND)[0] is Judgement.FOLLOWED


def test_clock_that_was_never_set_follows_anything() -> None:
    memory = TimeMemory(has_changed_back=True)
    assert memory.judged(TimeTold(NOON), None)[0] is Judgement.FOLLOWED


def test_power_cut_forgets_what_the_servers_told() -> None:
    with phone_asking(lambda count, now: now + YEARS * (count % 2), **EVERY_MINUTE) as phone:
        phone.boot()
        phone.time.run(timedelta(minutes=10))
        assert phone.driver.phone.service is not None
        assert phone.driver.phone.service.session.time_memory.has_changed_back
        phone.cut_power()
        phone.boot()
        assert not phone.driver.phone.service.session.time_memory.has_changed_back
