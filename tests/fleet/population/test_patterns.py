"""What happens to the phones of a population: rolling reboots, and a day with its polling time."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from phone_sim.errors import UsageError
from phone_sim.fleet.fleet import Fleet, Listeners
from phone_sim.fleet.phone_clock import ShiftedClock, clock_of, seconds_until
from phone_sim.fleet.population.phones import Pattern, Population
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare, read_fleet_file
from phone_sim.fleet.virtual_run import FleetFileServer, run_until, run_virtual
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseType
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import ManualClock, ScaledClock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.trust_file import load_anchor
from tests.fleet.plain_model import SITE
from tests.make import LDAP

EXAMPLES = Path(__file__).parents[3] / "fixtures" / "populations"
EVENING = datetime(2026, 12, 31, 22, tzinfo=UTC)
POLLING_TIME = EVENING + timedelta(hours=4)
ENDING = LicenseShare(type=LicenseType.SITE, share=0.5, bits=(LDAP,), expiry=Expiry.on(date(2026, 12, 31)))
LASTING = LicenseShare(type=LicenseType.PHONE, share=1.0, bits=(LDAP,), expiry=NEVER)
REQUESTS_OF_A_BOOT = 9


class Watch:
    """When each phone was heard of, on virtual time; several requests in the same second are one time."""

    def __init__(self, found: FleetFile, start: datetime = EVENING) -> None:
        self.clock = ManualClock(start)
        self.asked: dict[MacAddress, Counter[float]] = {}
        server = FleetFileServer(found)
        self.fleet = Fleet(
            found.population,
            boot_server="http://boot.example/",
            clock=self.clock,
            transport=lambda _: server,
            anchor=load_anchor(),
            listeners=Listeners(on_exchange=self._heard),
        )
        self.fleet.plan(range(found.population.count))
        self.start = start

    def until(self, end: datetime) -> "Watch":
        run_until(self.fleet, self.clock, end)
        return self

    def times(self, number: int) -> list[float]:
        return sorted(self.asked[self.fleet.population.phone(number).mac])

    def _heard(self, mac: MacAddress, _: Exchange) -> None:
        seconds = self.clock.elapsed().total_seconds()
        self.asked.setdefault(mac, Counter())[seconds] += 1


def of(licenses: tuple[LicenseShare, ...] = (), **values: Any) -> FleetFile:
    return FleetFile(population=Population(**values), files=SITE, licenses=licenses)


def test_rolling_reboots_take_group_after_group() -> None:
    found = of(count=10, pattern=Pattern.ROLLING, seconds=20.0, group=4, every=30.0)
    watch = Watch(found).until(EVENING + timedelta(hours=1))
    assert [watch.times(number) for number in range(10)] == [
        [2.0 * number, 20.0 + 30.0 * (1 + number // 4)] for number in range(10)
    ]
    assert all(phone.reboots == 1 for phone in watch.fleet.switched_on.values())


def test_rolling_reboots_count_from_the_first_phone() -> None:
    """As when somebody has to press a button first."""
    watch = Watch(of(count=2, pattern=Pattern.ROLLING, group=1, every=30.0), EVENING)
    watch.clock.pass_to(EVENING + timedelta(seconds=100))
    watch.until(EVENING + timedelta(hours=1))
    assert [watch.times(number) for number in (0, 1)] == [[100.0, 130.0], [100.0, 160.0]]


@pytest.mark.slow
def test_phone_polls_by_its_own_clock() -> None:
    found = of((ENDING,), count=60, seed=5, pattern=Pattern.DAY, jitter=300.0)
    watch = Watch(found).until(EVENING + timedelta(days=1))
    message = 5  # seconds that the display says so before the reboot
    ahead = [found.population.phone(number).clock_ahead for number in range(60)]
    for number in range(60):
        expected = [0.0] if number % 2 == 0 else [0.0, pytest.approx(4 * 3600 - ahead[number] + message, abs=0.001)]
        assert watch.times(number) == expected
    assert min(ahead) < -100
    assert max(ahead) > 100
    assert max(map(abs, ahead)) <= 300


@pytest.mark.slow
def test_day_counts_what_follows_from_its_checks() -> None:
    """The plain model: who loses its license boots once, nobody else asks for anything (B9, B12)."""
    found = of((ENDING,), count=100, pattern=Pattern.DAY)
    result = run_virtual(found, start=EVENING, end=EVENING + timedelta(days=1), anchor=load_anchor())
    # A boot that has been here before does not ask for the seed of the contact directory.
    assert (result["boots"], result["reboots"], result["requests"]) == (50, 50, 50 * REQUESTS_OF_A_BOOT)
    assert result["busiest_minute"] == {"begins": "2027-01-01T02:00:00+00:00", "requests": 50 * REQUESTS_OF_A_BOOT}


@pytest.mark.slow
def test_day_of_lasting_licenses_is_silent() -> None:
    found = of((LASTING,), count=20, pattern=Pattern.DAY, jitter=60.0)
    result = run_virtual(found, start=EVENING, end=EVENING + timedelta(days=1), anchor=load_anchor())
    assert (result["boots"], result["requests"], result["busiest_minute"]) == (0, 0, None)


def test_jitter_is_drawn_from_the_seed() -> None:
    def ahead(seed: int) -> list[float]:
        population = Population(count=400, seed=seed, jitter=10.0)
        return [population.phone(number).clock_ahead for number in range(400)]

    assert ahead(7) == ahead(7) != ahead(8)
    assert abs(sum(ahead(7)) / 400) < 1.5
    assert Population(count=1).phone(0).clock_ahead == 0


def test_clocks_run_as_the_population_says() -> None:
    clock = clock_of(Population(count=1, pattern=Pattern.DAY, now=EVENING, speed=3600.0))
    assert isinstance(clock, ScaledClock)
    assert clock.instant() - EVENING < timedelta(hours=20)
    assert seconds_until(clock.elapsed().total_seconds() + 7200, clock) == pytest.approx(2, abs=0.1)
    assert seconds_until(float("inf"), clock) == float("inf")
    assert clock_of(Population(count=1)).instant() - datetime.now(UTC) < timedelta(minutes=1)
    ahead = ShiftedClock(ManualClock(EVENING), 60.0)
    assert ahead.now() == ahead.instant() == EVENING + timedelta(minutes=1)
    assert ShiftedClock(ManualClock(), 60.0).now() is None


@pytest.mark.parametrize("values", [{"group": 0, "every": 1.0}, {"group": 1, "every": 0.0}])
def test_rolling_needs_group_and_time(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="rolling reboots need a group"):
        Population(count=1, pattern=Pattern.ROLLING, **values)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "days", "holds"),
    [
        (
            "storm",
            60,
            lambda found: 0 < found["phones"] - found["as_expected"] < 50 and sum(found["faults"].values()) > 60,
        ),
        ("day", 1, lambda found: found["boots"] == found["reboots"] == 300),
        ("rolling", 1, lambda found: found["boots"] == 400 and found["reboots"] == 200),
    ],
)
def test_example_shows_what_it_is_for(example: str, days: int, holds: Callable[[dict[str, Any]], bool]) -> None:
    found = read_fleet_file(EXAMPLES / f"{example}.toml")
    start = found.population.now or EVENING
    result = run_virtual(found, start=start, end=start + timedelta(days=days), anchor=load_anchor())
    assert result["states"] == {"idle": found.population.count}
    assert holds(result), result


def test_every_example_is_tried() -> None:
    assert {file.stem for file in EXAMPLES.iterdir()} == {"storm", "day", "rolling"}
