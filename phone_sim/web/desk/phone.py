"""A phone on a desk, whose life is written down as events for whoever looks.

Kinds of events: `line` (of the log), `request` (and its outcome), `frame` (on the display), `state`. Methods are for
the desk's thread unless they say otherwise.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from phone_sim.errors import LifecycleError
from phone_sim.firmware.effects import Effect, Fetched, NotFound, Show, Streamed, Uploaded
from phone_sim.firmware.keypad import Key
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.session import Identity
from phone_sim.runtime.driven_phone import DrivenPhone
from phone_sim.runtime.exchange import Exchange, reply_facts
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.ldap import make_corporate_directory
from phone_sim.runtime.network.syslog import SyslogSender
from phone_sim.runtime.transport import Limits, Transport, network_transport, newest_version
from phone_sim.runtime.virtual_time import VirtualTime
from phone_sim.web.desk.events import EventLog

# A server that does not answer holds the whole desk up, so phones on a desk have little patience.
_LIMITS = Limits(answer=2.0, transfer=4.0)


def network_of_a_desk() -> Network:
    """What a phone on a desk speaks to besides its boot server: the LDAP and syslog servers of its configuration.

    Its time is the desk's.
    """
    return Network(corporate_directory=make_corporate_directory(_LIMITS), syslog=SyslogSender())


class DeskPhone(DrivenPhone):
    """A phone that is off at first. `events` is what has happened to it, and the only place where its log is kept.

    What is not given is made for it: blank flash in memory, a transport over the network with little patience, and no
    other server to speak to. It closes its transport and its network, whosever they were.
    """

    def __init__(
        self,
        identity: Identity,
        time: VirtualTime,
        *,
        flash: Flash | None = None,
        transport: Transport | None = None,
        network: Network | None = None,
    ) -> None:
        self.events = EventLog()
        self._noticed = State.OFF
        newest = newest_version(None, identity.profile.tls_versions)
        super().__init__(
            identity,
            time=time,
            flash=flash,
            transport=network_transport(limits=_LIMITS, tls_max=newest) if transport is None else transport,
            network=network,
            keeps_log=False,
            on_line=self._line,
            on_effect=self._effect,
            on_exchange=self._exchange,
        )

    def switch_power(self) -> None:
        """Switch it on, or pull its plug."""
        if self.state is State.OFF:
            self.driver.power_on()
        else:
            self.driver.cut_power()
        self.notice()

    def boot(self) -> None:
        """Reboot it by hand (B15); switch it on if it is off."""
        super().boot()
        self.notice()

    def check_sync(self) -> None:
        """Send it a NOTIFY check-sync; one that is off or boots does not hear it."""
        super().check_sync()
        self.notice()

    def start_call(self) -> None:
        """Place a call. Raises LifecycleError where it cannot."""
        super().start_call()
        self.notice()

    def end_call(self) -> None:
        """End a call. Raises LifecycleError where there is none."""
        super().end_call()
        self.notice()

    def touch(self, row: int) -> None:
        """Touch a row of the display: what is selected moves there, and is opened."""
        step = Key.DOWN if row > (self.driver.frame.selected or 0) else Key.UP
        while (selected := self.driver.frame.selected) is not None and selected != row:
            before = self.driver.frame
            self.press(step)
            if self.driver.frame == before or (step is Key.DOWN) != (selected < row):
                return
        self.press(Key.SELECT)

    def cut_power(self) -> None:
        """Pull its plug, if it is on; from any thread."""
        with suppress(LifecycleError):  # it was off
            super().cut_power()

    def notice(self) -> None:
        """Write down a change of state."""
        if self.state is not self._noticed:
            self._noticed = self.state
            self._add("state", state=self.state.value)
            if self.state is State.OFF:
                self._add("frame", frame=None)

    def _effect(self, effect: Effect) -> None:
        self.notice()
        if isinstance(effect, Show):
            self._add("frame", frame=frame_as_json(effect.frame))

    def _line(self, line: str) -> None:
        self._add("line", **line_as_json(line))

    def _exchange(self, exchange: Exchange) -> None:
        self._add("request", **exchange_as_json(exchange))

    def _add(self, kind: str, **values: Any) -> None:
        self.events.add(self.time.clock.instant(), kind, **values)


def frame_as_json(frame: Frame) -> Mapping[str, Any]:
    """A display's contents as programs get them."""
    return asdict(frame) | {"lines": list(frame.lines), "soft_keys": list(frame.soft_keys)}


def line_as_json(line: str) -> Mapping[str, Any]:
    """A line of the log and its parts, as programs get them."""
    parts = parse_line(line)
    if parts is None:
        return {"line": line, "component": "", "level": "", "text": line}
    return {"line": line, "component": parts.component, "level": parts.level, "text": parts.text}


def exchange_as_json(exchange: Exchange) -> Mapping[str, Any]:
    """A request and its outcome, as programs get them: `size` in bytes, `seconds` as long as it really took."""
    reply = exchange.reply
    return {
        "method": exchange.method,
        "path": exchange.path,
        "outcome": "ok" if isinstance(reply, Fetched | Streamed | Uploaded) else reply.reason,
        "missing": isinstance(reply, NotFound),
        "size": exchange.size,
        "seconds": round(exchange.seconds, 4),
        **reply_facts(exchange),
    }
