"""Whether a boot server stores what phones write: an override file that sets nothing is sent, and asked for again.

No file that the server has is written over. It does not know what is good or bad.
"""

from phone_sim.audit.bounds import BODY_LIMIT, BoundedTransport
from phone_sim.audit.observations import AnswerOutcome, ObservedAnswer, OverridesSeen
from phone_sim.firmware.effects import Fetch, Upload
from phone_sim.firmware.location import Location
from phone_sim.firmware.overrides import write_overrides

NO_OVERRIDES = write_overrides({})
"""What is sent; an earlier audit may have left it there."""


def look_at_overrides(transport: BoundedTransport, location: Location, user_agent: str) -> OverridesSeen:
    """Send the override file of a phone whose override file is not there, and ask for it again."""

    def ask() -> ObservedAnswer:
        return transport.read(Fetch(location=location, limit=BODY_LIMIT, user_agent=user_agent))

    before = ask()
    if before.outcome is not AnswerOutcome.MISSING and before.body != NO_OVERRIDES:
        return OverridesSeen(sent=NO_OVERRIDES, before=before)
    upload = transport.write(Upload(location=location, body=NO_OVERRIDES, user_agent=user_agent))
    after = ask() if upload.outcome is AnswerOutcome.FOUND else None
    return OverridesSeen(sent=NO_OVERRIDES, before=before, upload=upload, after=after)
