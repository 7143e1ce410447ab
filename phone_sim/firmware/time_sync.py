"""Setting the clock by the time servers (D12).

The phone asks when its configuration was read, and again while it is in service. It believes what it is told, however
wrong, if it is a time that such a phone can meet, unless `phone_sim.firmware.time_memory` has reasons not to. This
module does not know the protocol.

Other modules about SNTP: `runtime.network.sntp`; in the tests `tests.runtime.hostile_sntp`,
`tests.real_servers.chronyd`.
"""

from datetime import UTC, datetime

from phone_sim.firmware import messages
from phone_sim.firmware.effects import ReadClock, SetClock
from phone_sim.firmware.local_time import date_text
from phone_sim.firmware.network_effects import AskTime, NotConnected, NoTime, TimeReply, TimeTold
from phone_sim.firmware.session import Session
from phone_sim.firmware.time_memory import Judgement
from phone_sim.firmware.timer_effects import AskTimeAfter

RETRY_SECONDS = 900
"""How long a phone that got no time waits before it asks again, if that is not due sooner; ours."""
EARLIEST = datetime(2007, 1, 1, tzinfo=UTC)
LATEST = datetime(2187, 1, 1, tzinfo=UTC)
"""The years that the slots of a license key can name (D3); no other time is believed. Ours."""

_NOTICEABLE = 1.0
_COMPLAINTS = {
    Judgement.STANDS_STILL: messages.TIME_STANDS_STILL,
    Judgement.CONTRADICTS: messages.TIME_CONTRADICTS,
}


def is_credible(instant: datetime) -> bool:
    """True for a time that a phone can meet."""
    return EARLIEST <= instant < LATEST


async def synchronize(session: Session) -> bool:
    """Ask the time servers and set the clock; True when it was set. A phone whose network has no time does nothing.

    A change that can be seen is logged, and why there is no time: once for the same reason.
    """
    servers = session.settings.sntp.servers
    reply: TimeReply = await AskTime(servers) if servers else NotConnected()
    if isinstance(reply, NotConnected):
        return False
    if isinstance(reply, TimeTold) and not is_credible(reply.instant):
        reply = NoTime(f"{reply.server} tells a time of {reply.instant.year}")
    period = session.settings.sntp.resync_period
    if isinstance(reply, NoTime):
        if reply != session.no_time:
            await session.say(messages.NO_TIME, reason=reply.reason)
        session.no_time = reply
        await AskTimeAfter(min(period, RETRY_SECONDS))
        return False
    session.no_time = None
    shown = await ReadClock()
    judgement, session.time_memory = session.time_memory.judged(reply, shown.instant)
    if judgement is not Judgement.FOLLOWED and shown.instant is not None:
        await _complain(session, judgement, reply, shown.instant)
        await AskTimeAfter(min(period, RETRY_SECONDS))
        return False
    await SetClock(reply.instant)
    if shown.instant is None or abs((reply.instant - shown.instant).total_seconds()) >= _NOTICEABLE:
        await session.say(messages.CLOCK_SET, **_values(reply))
    await AskTimeAfter(period)
    return True


async def _complain(session: Session, judgement: Judgement, told: TimeTold, shown: datetime) -> None:
    """Log why the clock is not set, once a day."""
    memory = session.time_memory.complaining(judgement, shown)
    if memory is not None:
        session.time_memory = memory
        await session.say(_COMPLAINTS[judgement], **_values(told))


def _values(told: TimeTold) -> dict[str, str]:
    return {"time": date_text(told.instant.replace(tzinfo=None)), "server": told.server}
