"""Setting the clock by the time servers (D12).

The phone asks when its configuration was read, and again while it is in service. It believes what it is told, however
wrong, if it is a time that such a phone can meet. This module does not know the protocol.

Other modules about SNTP: `runtime.network.sntp`; in the tests `tests.runtime.hostile_sntp`,
`tests.real_servers.chronyd`.
"""

from datetime import UTC, datetime

from phone_sim.firmware import messages
from phone_sim.firmware.effects import AskTimeAfter, ReadClock, SetClock
from phone_sim.firmware.local_time import date_text
from phone_sim.firmware.network_effects import AskTime, NotConnected, NoTime, TimeReply, TimeTold
from phone_sim.firmware.session import Session

RETRY_SECONDS = 900
"""How long a phone that got no time waits before it asks again, if that is not due sooner; ours."""
EARLIEST = datetime(2007, 1, 1, tzinfo=UTC)
LATEST = datetime(2187, 1, 1, tzinfo=UTC)
"""The years that the slots of a license key can name (D3); no other time is believed. Ours."""

_NOTICEABLE = 1.0


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
    await SetClock(reply.instant)
    if shown.instant is None or abs((reply.instant - shown.instant).total_seconds()) >= _NOTICEABLE:
        told = date_text(reply.instant.replace(tzinfo=None))
        await session.say(messages.CLOCK_SET, time=told, server=reply.server)
    await AskTimeAfter(period)
    return True
