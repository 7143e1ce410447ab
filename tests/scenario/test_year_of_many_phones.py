"""Hundreds of phones for a year, on one virtual time: what becomes of them is what a plain model predicts."""

from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import pytest

from phone_sim.authority.signing_key import test_signing_key as the_test_key
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.transport.memory import MemoryTransport
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import LDAP, NWAY_CONFERENCE, SITE_SERIAL, SWITCHES, USB_AUDIO, VOICE_QUALITY, element
from tests.scenario.year_model import (
    BEGIN,
    END,
    MESSAGE,
    PHONES,
    Fate,
    Grants,
    Plan,
    is_within,
    outages,
    plans,
    predicted,
)

pytestmark = pytest.mark.long

BITS = {
    "UsbAudio": USB_AUDIO,
    "NwayConference": NWAY_CONFERENCE,
    "LDAP": LDAP,
    "VoiceQualityMetrics": VOICE_QUALITY,
}


class NeverSet(ManualClock):
    """The clock of a phone whose SNTP server never answers, beside a clock that runs."""

    def __init__(self, other: ManualClock) -> None:
        super().__init__()
        self._other = other

    def instant(self) -> datetime:
        return super().instant() + self._other.elapsed()

    def elapsed(self) -> timedelta:
        return self._other.elapsed()


class BootServer:
    """What answers all phones, without sockets; it is down now and then, and knows when each phone began to boot."""

    def __init__(self, time: VirtualTime) -> None:
        self.files: dict[str, bytes] = {"000000000000.cfg": b'<A CONFIG_FILES="[PHONE_MAC_ADDRESS]-site.cfg"/>'}
        self.boots: dict[str, list[datetime]] = {}
        self._time = time
        self._down = outages()

    def transport(self) -> MemoryTransport:
        """The way of one phone to it."""
        return MemoryTransport(self._fetched, self._uploaded)

    @property
    def is_down(self) -> bool:
        return is_within(self._time.clock.instant(), self._down)

    def _fetched(self, request: Fetch) -> FetchReply:
        path = urlsplit(request.location.url).path.lstrip("/")
        if path == f"{path[:12]}.cfg" and path != "000000000000.cfg":
            self.boots.setdefault(path[:12], []).append(self._time.clock.instant())
        if self.is_down:
            return TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
        data = self.files.get(path)
        return NotFound("Not Found", 404) if data is None else Fetched(data)

    def _uploaded(self, _: Upload) -> UploadReply:
        return TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True) if self.is_down else Uploaded()


class Year:
    """The phones of all plans, on one time, with what is to happen to each of them on its scheduler."""

    def __init__(self, everything: list[Plan]) -> None:
        self.time = VirtualTime()
        self.server = BootServer(self.time)
        self.phones = {plan.mac: self._phone(plan) for plan in everything}
        for plan in everything:
            if plan.before_sntp:
                self.phones[plan.mac].boot()
        self.server.boots.clear()
        self.time.set(BEGIN)
        for plan in everything:
            self._arrange(plan)

    def run(self) -> None:
        """Let the year pass."""
        self.time.run_until(END)

    def fate(self, plan: Plan) -> Fate:
        """What became of a phone."""
        phone = self.phones[plan.mac]
        boots = self.server.boots.get(plan.mac, [])
        reboots = tuple(boots if plan.before_sntp else boots[1:])
        assert len(reboots) == len(phone.reboots)
        assert set(phone.reboots) <= {"a license has expired"}
        return Fate(reboots=reboots, features=frozenset(key for key in BITS if phone.feature(key).is_enabled))

    def _phone(self, plan: Plan) -> VirtualPhone:
        self.server.files[f"{plan.mac}-site.cfg"] = configuration(plan)
        self.server.files[f"{plan.mac}-license.cfg"] = activation_file(plan.mac, plan.license)
        time = self.time
        if plan.without_clock:
            time = VirtualTime()
            time.clock, time.scheduler = NeverSet(self.time.clock), self.time.scheduler
        return VirtualPhone("http://boot.example/", mac=plan.mac, time=time, transport=self.server.transport())

    def _arrange(self, plan: Plan) -> None:
        at, phone, path = self.time.scheduler.at, self.phones[plan.mac], f"{plan.mac}-license.cfg"
        if not plan.before_sntp:
            at(plan.switched_on, phone.boot)
        if plan.renewal is not None:
            moment, granted = plan.renewal
            at(moment, partial(self.server.files.__setitem__, path, activation_file(plan.mac, granted)))
        for begin, end in plan.calls:
            at(begin, phone.start_call)
            at(end, phone.end_call)


def configuration(plan: Plan) -> bytes:
    """The phone's configuration file."""
    hours, minutes = divmod(plan.polling_time // timedelta(minutes=1), 60)
    values = {
        **{SWITCHES[key]: "1" for key in sorted(plan.wanted)},
        "license.polling.time": f"{hours:02}:{minutes:02}",
        "tcpIpApp.sntp.gmtOffset": f"{plan.offset // timedelta(seconds=1)}",
        "tcpIpApp.sntp.daylightSavings.enable": f"{int(plan.summer_time)}",
    }
    return element("site", values)


def activation_file(mac: str, granted: Grants) -> bytes:
    """An activation file with a phone license for what never ends, and a site license for the rest (B11)."""
    keys: list[LicenseKey] = []
    endless = {BITS[key]: NEVER for key, last in granted.items() if last is None}
    ending = {BITS[key]: Expiry.on(last) for key, last in granted.items() if last is not None}
    if endless:
        keys.append(new_key(serial=mac.upper(), license_type=LicenseType.PHONE, grants=endless))
    if ending:
        keys.append(new_key(serial=SITE_SERIAL, license_type=LicenseType.SITE, grants=ending))
    return write([the_test_key().sign(key) for key in keys])


def test_year_ends_as_the_plain_model_predicts() -> None:
    everything, down = plans(), outages()
    year = Year(everything)
    year.run()
    found = {plan.mac: year.fate(plan) for plan in everything}
    expected = {plan.mac: predicted(plan, down) for plan in everything}
    assert {mac: (found[mac], fate) for mac, fate in expected.items() if found[mac] != fate} == {}

    # It would be easy to agree on nothing.
    reboots = {plan.mac: expected[plan.mac].reboots for plan in everything}
    assert sum(map(len, reboots.values())) > PHONES / 2
    assert sum(is_within(moment, down) for each in reboots.values() for moment in each) > PHONES / 10
    held_up = [plan for plan in everything if any(late(plan, moment) for moment in reboots[plan.mac])]
    assert len(held_up) > PHONES / 10
    assert sum(plan.without_clock for plan in everything) > PHONES / 20
    assert sum(bool(reboots[plan.mac]) for plan in everything if plan.before_sntp) > PHONES / 50
    assert sum(bool(fate.features) for fate in expected.values()) > PHONES / 5
    assert sum(expected[plan.mac] != predicted(plan, ()) for plan in everything) > PHONES / 100


def late(plan: Plan, reboot: datetime) -> bool:
    """True for a reboot that a call has held up."""
    return any(end + MESSAGE == reboot for _, end in plan.calls)
