"""A thousand phones poll for a year (`prov.polling.*`): when they do and reboot is what a plain model predicts."""

from collections import Counter
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

import pytest

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.virtual_run import run_until
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.transport.memory import NOT_FOUND
from phone_sim.runtime.transport.streamed_file import streamed_from
from phone_sim.runtime.trust_file import load_anchor
from tests.fleet.polling_model import BEGIN, END, PHONES, Life, Plan, is_down, plans
from tests.make import element, master

pytestmark = pytest.mark.slow
NO_ANSWER = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)


class BootServer:
    """What answers all phones, without sockets; it is down now and then, and knows what each phone began when."""

    def __init__(self, everything: list[Plan], clock: ManualClock) -> None:
        self._plans = {plan.mac: plan for plan in everything}
        self._clock = clock
        self.seen: dict[str, list[tuple[datetime, bool]]] = {plan.mac: [] for plan in everything}

    def fetch(self, request: Fetch) -> FetchReply:
        """A file, if the server is up."""
        name, now = urlsplit(request.location.url).path.lstrip("/"), self._clock.instant()
        seen = self.seen.get(name[:12], [])
        if name == f"{name[:12]}.cfg":
            seen.append((now, False))
        elif name.endswith("-directory.xml") and seen:
            seen[-1] = (now, True)  # only a boot asks for it
        return NO_ANSWER if is_down(now) else self._answer(name)

    def _answer(self, name: str) -> FetchReply:
        if name == "000000000000.cfg":
            return Fetched(master(CONFIG_FILES="[PHONE_MAC_ADDRESS]-own.cfg"))
        plan = self._plans.get(name.removesuffix("-own.cfg"))
        return NOT_FOUND if plan is None else Fetched(own_file(plan, plan.number_of_file(self._clock.instant())))

    def stream(self, request: Stream) -> StreamReply:
        return streamed_from(request, self.fetch)

    def upload(self, _: Upload) -> UploadReply:
        """Take a log, if the server is up."""
        return NO_ANSWER if is_down(self._clock.instant()) else Uploaded()

    def close(self) -> None:
        """Nothing is held open."""


@cache
def own_file(plan: Plan, number: int) -> bytes:
    """What the file of a phone says."""
    polling = plan.files[number][1]
    values = {
        "reg.1.displayName": f"file {number}",  # so that no two say the same
        "tcpIpApp.sntp.gmtOffset": f"{plan.offset.total_seconds():.0f}",
        "tcpIpApp.sntp.daylightSavings.enable": f"{plan.summer_time:d}",
        "prov.polling.enabled": f"{bool(polling.mode):d}",
        "prov.polling.mode": polling.mode,
        "prov.polling.period": f"{polling.period.total_seconds():.0f}",
        "prov.polling.time": time_of_day(polling.begin),
        "prov.polling.timeRandomEnd": time_of_day(polling.begin + polling.width),
    }
    return element("own", values)


def time_of_day(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def test_year_of_polls_is_as_the_plain_model_predicts() -> None:
    everything, clock = plans(), ManualClock(BEGIN)
    server = BootServer(everything, clock)
    fleet = Fleet(
        Population(count=PHONES),
        boot_server="http://boot.example/",
        clock=clock,
        transport=lambda _: server,
        anchor=load_anchor(),
    )
    fleet.plan(range(PHONES))
    run_until(fleet, clock, END)
    expected = {plan.mac: list(Life(plan=plan, seen=server.seen[plan.mac]).events()) for plan in everything}
    assert {mac: (server.seen[mac], all_of) for mac, all_of in expected.items() if server.seen[mac] != all_of} == {}

    # It would be easy to agree on nothing.
    events = [event for each in expected.values() for event in each]
    reboots = sum(boots for _, boots in events) - PHONES
    assert reboots > PHONES / 2
    assert sum(phone.reboots for phone in fleet.switched_on.values()) == reboots
    assert sum(is_down(moment) for moment, boots in events if not boots) > PHONES / 2
    modes = Counter(polling.mode for plan in everything for _, polling in plan.files)
    assert min(modes[mode] for mode in ("abs", "rel", "random")) > PHONES / 2
