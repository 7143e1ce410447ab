"""The daily check: has a license run out that a feature in use depends on? (B12, D11)

What follows from a yes is the business of `phone_sim.firmware.phone`.
"""

from datetime import date

from phone_sim.firmware import messages
from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import Flow
from phone_sim.firmware.features import Enabled
from phone_sim.firmware.license_update import expiry_text


def daily_check(service: InService, today: date) -> Flow[bool]:
    """True when a feature that is on must go off, because its license was over on this local date; each is logged."""
    expired = [gate for gate in service.gates if isinstance(gate, Enabled) and gate.expiry.is_over(today)]
    for gate in expired:
        expiry = expiry_text(service.session, gate.expiry)
        yield from service.session.say(messages.FEATURE_EXPIRED, feature=gate.feature.key, expiry=expiry)
    return bool(expired)
