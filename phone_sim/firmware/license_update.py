"""The licensing part of a boot: what is in flash, whether a file is asked for, what is taken from it (B9, B10, D6 to
D8).

Verdicts are made in `phone_sim.licensing.verdict`; here they are logged and acted on.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from phone_sim.errors import LicenseFileError
from phone_sim.firmware import messages
from phone_sim.firmware.effects import Fetched, FlashDamaged, FlashReply, FlashUnreadable
from phone_sim.firmware.features import FeatureSet
from phone_sim.firmware.local_time import UNSET_CLOCK, date_text
from phone_sim.firmware.messages import UNKNOWN, Message
from phone_sim.firmware.session import Session
from phone_sim.licensing import license_file
from phone_sim.licensing.expiry import NEVER_EPOCH_SECOND, Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.licensing.license_key import LicenseKey, LicenseType, Malformed
from phone_sim.licensing.verdict import Expired, NotForThisPhone, SignatureNotValid, Valid, Verdict, judge

_NOT_VALID: Mapping[LicenseType | None, Message] = MappingProxyType(
    {
        LicenseType.PHONE: messages.PHONE_LICENSE_NOT_VALID,
        LicenseType.SITE: messages.SITE_LICENSE_NOT_VALID,
        None: messages.LICENSE_NOT_VALID,
    }
)


async def keys_in_flash(session: Session, flash: FlashReply) -> KeyRing:
    """The keys in flash that still verify; blank, damaged and forged flash is logged.

    Firmware without licensing (B2) does not look.
    """
    if not session.identity.profile.supports_licensing(session.identity.model):
        return KeyRing()
    if isinstance(flash, FlashDamaged | FlashUnreadable):
        damaged = isinstance(flash, FlashDamaged)
        await session.say(messages.FLASH_DAMAGED if damaged else messages.FLASH_UNREADABLE, reason=flash.reason)
        return KeyRing()
    if not flash.keys:
        await session.say(messages.KEY_IS_BLANK)
    verdicts = [_judged(session, key.attributes(), None) for key in flash.keys]
    good = [verdict.key for verdict in verdicts if isinstance(verdict, Valid)]
    if len(good) < len(flash.keys):
        await session.say(messages.FLASH_KEY_NOT_VALID, count=len(flash.keys) - len(good))
    return KeyRing(good)


async def update_licenses(
    session: Session, features: FeatureSet, ring: KeyRing, folder: str, today: date | None
) -> KeyRing:
    """Ask for the site's and then the phone's own activation file, each only if something is unlicensed (B9, D8)."""
    identity = session.identity
    if not identity.profile.supports_licensing(identity.model):
        await session.say(
            messages.FIRMWARE_TOO_OLD,
            model=identity.model.name,
            minimum=identity.model.minimum_firmware,
            firmware=identity.profile.version,
        )
        return ring
    for name in (license_file.SITE_FILE, f"{identity.mac}{license_file.FILE_ENDING}"):
        if identity.profile.always_fetches_license or features.lacks_license(ring, today):
            reply = await session.fetch(folder, name, limit=license_file.SIZE_LIMIT)
            if isinstance(reply, Fetched):
                ring = await _taken(session, name, reply.data, ring, today)
    return ring


async def _taken(session: Session, name: str, data: bytes, ring: KeyRing, today: date | None) -> KeyRing:
    """The ring with the keys of an activation file that verify; one bad key voids no other (D6)."""
    try:
        found = license_file.read_for_phone(data, session.identity.mac.serial)
    except LicenseFileError as error:
        await session.say(messages.NOT_AN_ACTIVATION_FILE, name=name, reason=error)
        return ring
    if not found.elements:
        await session.say(messages.NO_KEY_FOR_PHONE, name=name, skipped=found.skipped)
        return ring
    if found.count > len(found.elements):
        await session.say(messages.TOO_MANY_KEYS, name=name, count=found.count, limit=len(found.elements))
    accepted: list[LicenseKey] = []
    for attributes in found.elements:
        verdict = _judged(session, attributes, today)
        await _logged(session, verdict)
        if isinstance(verdict, Valid | Expired):
            accepted.append(verdict.key)
    updated = ring.with_keys(accepted)
    await session.say(messages.KEYS_UPDATED, count=updated.gains(ring, today))
    return updated


def _judged(session: Session, attributes: Mapping[str, str], today: date | None) -> Verdict:
    identity = session.identity
    return judge(attributes, serial=identity.mac.serial, anchor=identity.anchor, today=today)


async def _logged(session: Session, verdict: Verdict) -> None:
    """The lines of one key: what it grants is logged before its signature is looked at (D6, B14)."""
    match verdict:
        case NotForThisPhone():
            return
        case Malformed(type=license_type):
            await session.say(messages.KEY_MALFORMED, reason=verdict)
            await session.say(_NOT_VALID[license_type])
            return
    names = {feature.bit: feature.key for feature in session.identity.features}
    for grant in verdict.key.grants:
        expiry = expiry_text(session, grant.expiry)
        await session.say(messages.NEW_KEY, feature=names.get(grant.bit, UNKNOWN), expiry=expiry)
    match verdict:
        case SignatureNotValid():
            await session.say(messages.SIGNATURE_NOT_VALID)
            await session.say(_NOT_VALID[verdict.key.type])
        case Expired():
            await session.say(messages.LICENSE_EXPIRED, type=verdict.key.type.value)


def expiry_text(session: Session, expiry: Expiry) -> str:
    """An expiry as the log prints it: the last second of its last day (D18), for never the mark as a date (B14)."""
    if expiry.last_day is None:
        return date_text(session.settings.zone.of(UNSET_CLOCK + timedelta(seconds=NEVER_EPOCH_SECOND)))
    return date_text(datetime.combine(expiry.last_day, time(23, 59, 59)))
