"""The guided demonstration: the bulletin's story, `phone_sim.scenario.story`, on a desk.

A presenter takes its steps, each of which does one thing and says what it shows. The clock stands still between steps,
so that everything can be looked at. Going back starts again and takes the steps up to there; the clock goes on, it is
never set back. The story takes everything else off the desk. All of it is for the desk's thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from phone_sim.errors import UsageError
from phone_sim.mac_address import MacAddress
from phone_sim.scenario.story import STORY
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.desk.time import END_OF_TIME

MODELS: Mapping[str, str] = MappingProxyType({"SPIP_670": "SoundPoint IP 670", "VVX_1500": "VVX 1500"})
"""The models that the bulletin shows (B18), by token."""
MACS: Mapping[str, MacAddress] = MappingProxyType(
    {"SPIP_670": MacAddress("0004f2000670"), "VVX_1500": MacAddress("0004f2001500")}
)
STEPS = tuple(step for step in STORY if step.on_page)
"""The steps of the story that the page tells."""
_DAYS = 2
_LONGEST = timedelta(days=_DAYS + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStage:
    """The story's phone and its licenses on a desk."""

    desk: Desk
    phone: DeskPhone
    last_day: date

    def put_own_license(self) -> None:
        """Order, redeem and publish a license for the phone."""
        self.desk.license(self.phone.mac, None)

    def put_forged_license(self) -> None:
        """Publish a license for the phone whose signature was changed."""
        # The same license each time that the story is told: a file has all keys that a phone was ever given (B6).
        if not self.desk.server.publish_again(self.phone.mac):
            self.put_own_license()
        self.desk.server.forge(self.phone.mac)

    def put_site_license(self) -> None:
        """Order, redeem and publish a license of the site, in place of all others."""
        self.desk.server.remove_licenses()
        self.desk.license(None, self.last_day)


class Demonstration:
    """The story on a desk. `step` is the last one that was taken; `model` is empty before the first start."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stage: DeskStage | None = None
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
        return self._stage is not None and self._stage.phone in self._desk.phones

    def _start(self, model: str) -> None:
        if self._desk.time.now + _LONGEST > END_OF_TIME:
            raise UsageError("the desk's time ends before the story would: start with an earlier --now")
        self._desk.clear()
        self._desk.time.run_at(0)
        phone = self._desk.put(model, MACS[model])
        self._stage = DeskStage(
            desk=self._desk, phone=phone, last_day=self._desk.time.now.date() + timedelta(days=_DAYS)
        )
        self.model = model
        self._take(0)

    def _take(self, step: int) -> None:
        if not self._desk.server.is_up:
            raise UsageError("the boot server is down: the story goes on when it is up again")
        if self._stage is not None:
            STEPS[step].act(self._stage)
            self.step = step
