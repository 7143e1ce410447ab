"""The guided demonstration: the bulletin's story on one phone, in steps that a presenter takes (B9 to B18).

Each step does one thing and says what it shows. The clock stands still between steps, so that everything can be looked
at. Going back starts again and takes the steps up to there; the clock goes on, it is never set back. The story takes
everything else off the desk. All of it is for the desk's thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from phone_sim.errors import UsageError
from phone_sim.firmware.keypad import Key
from phone_sim.mac_address import MacAddress
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.desk.time import END_OF_TIME

MODELS: Mapping[str, str] = MappingProxyType({"SPIP_670": "SoundPoint IP 670", "VVX_1500": "VVX 1500"})
"""The models that the bulletin shows (B18), by token."""
MACS: Mapping[str, MacAddress] = MappingProxyType(
    {"SPIP_670": MacAddress("0004f2000670"), "VVX_1500": MacAddress("0004f2001500")}
)
_DAYS = 2
_LONGEST = timedelta(days=_DAYS + 2)
_TO_LICENSES = (Key.MENU, Key.DIGIT_1, Key.DIGIT_4)
"""Menu > Status > Licenses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemonstrationContext:
    """What a step has at hand."""

    desk: Desk
    phone: DeskPhone
    last_day: date

    def wait_until_after_the_polling_time(self, minutes: int) -> None:
        """Let time pass until so many minutes after the check that finds the license over; before it, if negative."""
        _, check = self.desk.expiry_of(self.phone.mac)
        self.desk.time.virtual.run_until(check + timedelta(minutes=minutes))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemonstrationStep:
    """A step: what it is called, what there is to see after it, and what it does."""

    title: str
    text: str
    act: Callable[[DemonstrationContext], object] = lambda _: None


def _go_to_the_eve(context: DemonstrationContext) -> None:
    eve, _ = context.desk.expiry_of(context.phone.mac)
    context.desk.time.virtual.run_until(eve)
    _show_licenses(context)


def _show_licenses(context: DemonstrationContext) -> None:
    if context.phone.driver.frame.title:  # a menu is open
        context.phone.press(Key.MENU)
    context.phone.press(*_TO_LICENSES)


def _call_before_the_polling_time(context: DemonstrationContext) -> None:
    context.wait_until_after_the_polling_time(-2)
    context.phone.start_call()


def _forge(context: DemonstrationContext) -> None:
    # The same license each time that the story is told: a file has all keys that a phone was ever given (B6).
    if not context.desk.server.publish_again(context.phone.mac):
        context.desk.license(context.phone.mac, None)
    context.desk.server.forge(context.phone.mac)
    context.phone.reboot()


def _license(context: DemonstrationContext) -> None:
    context.desk.server.remove_licenses()
    context.desk.license(None, context.last_day)


STEPS = (
    DemonstrationStep(
        title="A phone out of its box",
        text="Nothing is in its flash. The boot server configures features that need a license, and has no license "
        "file yet.",
    ),
    DemonstrationStep(
        title="Power on",
        text="The phone reads its configuration, asks for the site's license file and for its own, and finds neither. "
        "It logs that, switches the features off, and carries on (B9, B13).",
        act=lambda context: context.phone.switch_power(),
    ),
    DemonstrationStep(
        title="Menu > Status > Licenses",
        text="The phone has nothing to list: No license installed. (B18)",
        act=_show_licenses,
    ),
    DemonstrationStep(
        title="A forged license",
        text="Somebody puts a license on the boot server whose signature was changed. The phone is rebooted, reads the "
        "keys, finds that the signature is not valid, and keeps none of them (B7, B14).",
        act=_forge,
    ),
    DemonstrationStep(
        title="A license is ordered, redeemed and put on the boot server",
        text="It is a site license with an end. Nothing changes on the phone: it looks for a license file only when it "
        "boots (B15).",
        act=_license,
    ),
    DemonstrationStep(
        title="Reboot by hand",
        text="The license file is downloaded, its signature is verified, and the features are on (B6, B7, B15).",
        act=lambda context: context.phone.reboot(),
    ),
    DemonstrationStep(
        title="The day before the last day",
        text="Menu > Status > Licenses says until when each license is valid; the arrow keys move through the list "
        "(B18).",
        act=_go_to_the_eve,
    ),
    DemonstrationStep(
        title="A call, two minutes before the licenses are checked",
        text="The last day is over at midnight, but the phone looks only once a day, at license.polling.time: 02:00 "
        "(B12). Until then the features stay on.",
        act=_call_before_the_polling_time,
    ),
    DemonstrationStep(
        title="The polling time",
        text="The phone finds that the license has expired. An active call is not interrupted, so it waits (B12).",
        act=lambda context: context.wait_until_after_the_polling_time(1),
    ),
    DemonstrationStep(
        title="The call ends",
        text="Reconfiguring network, please wait. The phone is about to reboot, to remove what is not licensed any "
        "more (B12).",
        act=lambda context: context.phone.end_call(),
    ),
    DemonstrationStep(
        title="The phone has rebooted",
        text="The boot server still has the old license, which is over. The features are off again, this is logged, "
        "and the phone carries on (B12, B13).",
        act=lambda context: context.desk.time.virtual.run(timedelta(minutes=1)),
    ),
)


class Demonstration:
    """The story on a desk. `step` is the last one that was taken; `model` is empty before the first start."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._context: DemonstrationContext | None = None
        self.model = ""
        self.step = 0

    def go(self, model: str, step: int) -> None:
        """Go to a step: forward from where the story is, or from its start again.

        Raises:
            UsageError: there is no such step, no such model in the story, the boot server is not ours or does not
                answer, or the desk's time ends before the story.
        """
        if model not in MODELS or not 0 <= step < len(STEPS):
            raise UsageError(f"the story has the steps 0 to {len(STEPS) - 1}, with {' and '.join(MODELS)}")
        if not self._desk.server.is_made:
            raise UsageError("the story needs a boot server of its own: start without --server and --site")
        if not self.is_under_way or model != self.model or step < self.step:
            self._start(model)
        while self.step < step:
            self._take(self.step + 1)

    @property
    def is_under_way(self) -> bool:
        """True when the phone of the story is on the desk, so that the story can go on."""
        return self._context is not None and self._context.phone in self._desk.phones

    def _start(self, model: str) -> None:
        if self._desk.time.now + _LONGEST > END_OF_TIME:
            raise UsageError("the desk's time ends before the story would: start with an earlier --now")
        self._desk.clear()
        self._desk.time.run_at(0)
        phone = self._desk.put(model, MACS[model])
        self._context = DemonstrationContext(
            desk=self._desk, phone=phone, last_day=self._desk.time.now.date() + timedelta(days=_DAYS)
        )
        self.model = model
        self._take(0)

    def _take(self, step: int) -> None:
        if not self._desk.server.is_up:
            raise UsageError("the boot server is down: the story goes on when it is up again")
        if self._context is not None:
            STEPS[step].act(self._context)
            self.step = step
