"""The daily check: has a license run out that a feature in use depends on? (B12, D11)

What follows from a yes is the business of `phone_sim.firmware.phone`.
"""

from datetime import date, datetime, timedelta

from phone_sim.firmware import messages
from phone_sim.firmware.boot import InService
from phone_sim.firmware.features import Enabled
from phone_sim.firmware.license_update import expiry_text


async def daily_check(service: InService, today: date) -> bool:
    """True when a feature that is on must go off, because its license was over on this local date; each is logged."""
    expired = [gate for gate in service.gates if isinstance(gate, Enabled) and gate.expiry.is_over(today)]
    for gate in expired:
        expiry = expiry_text(service.session, gate.expiry)
        await service.session.say(messages.FEATURE_EXPIRED, feature=gate.feature.key, expiry=expiry)
    return bool(expired)


def expiry_moments(service: InService) -> tuple[datetime, datetime] | None:
    """The noon of the day before the last day of the license in use that ends first, and the check that finds it over.

    None where no license in use ends.
    """
    last_day = _first_last_day(service)
    if last_day is None:
        return None
    settings = service.session.settings
    last = datetime.combine(last_day, datetime.min.time())
    over = settings.zone.first_instant(last + timedelta(days=1))
    check = settings.zone.next_occurrence(settings.polling_time, over - timedelta(seconds=1))
    return settings.zone.first_instant(last - timedelta(hours=12)), check


def first_finding(service: InService, next_check: datetime) -> datetime | None:
    """The first polling time, from `next_check` on, at which the daily check finds something; None when none ever does.

    A check that finds nothing leaves no trace, so whoever has many phones need not wake one for it.
    """
    last_day = _first_last_day(service)
    if last_day is None:
        return None
    settings = service.session.settings
    over = datetime.combine(last_day + timedelta(days=1), settings.polling_time)
    return max(next_check, settings.zone.first_instant(over))


def _first_last_day(service: InService) -> date | None:
    """The last day of the license in use that ends first."""
    days = [gate.expiry.last_day for gate in service.gates if isinstance(gate, Enabled)]
    return min((day for day in days if day is not None), default=None)
