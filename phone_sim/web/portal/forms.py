"""The forms of the activation portal: what was typed, read as values, each complaint under the name of its field.

What can be ordered and redeemed is the authority's business: its own checks are asked here, one for each field.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from phone_sim.authority.activation import batch_text, unusual_macs
from phone_sim.authority.license_number import parse_number
from phone_sim.authority.mail import batch_mail
from phone_sim.authority.orders import (
    Order,
    Refusal,
    check_last_day,
    check_quantity,
    check_site_serial,
    new_order,
    software_bits,
)
from phone_sim.errors import RedemptionRefusedError, UsageError
from phone_sim.firmware_version import parse_version
from phone_sim.licensing.license_key import LicenseType
from phone_sim.mac_address import PREFIXES, MacAddress
from phone_sim.models import Feature

BATCH_BYTES = 1024 * 1024
BATCH_LINES = 10_000
"""Most bytes and lines of a batch that the portal takes; ours. `phone-sim license batch` takes more."""

_REFUSALS: Mapping[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_NUMBER: ("number", "There is no order with this license number."),
    Refusal.ALREADY_REDEEMED: ("number", "This license number was redeemed already, for another phone or site (B5)."),
    Refusal.QUANTITY_USED_UP: ("number", "As many phones are activated with this license number as were ordered (B5)."),
    Refusal.WRONG_TYPE: ("serial", "This license number was ordered for another license type (B4)."),
    Refusal.WRONG_SITE: ("serial", "This license number was ordered for the site with another serial (B4)."),
}

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRefused:
    """A form that was not taken: what is wrong, by the names of the fields.

    With `asks_confirmation`, it is taken once the field `confirmed` is sent, too.
    """

    errors: Mapping[str, str]
    asks_confirmation: bool = False


def refusal_report(form: FormRefused) -> dict[str, object]:
    """A form that was not taken, as JSON gives it."""
    return {"errors": dict(form.errors), **({"confirm_with": "confirmed"} if form.asks_confirmation else {})}


def unusual_prefix(field: str, what: str) -> FormRefused:
    """The question whether a MAC is meant that does not begin as those of these phones do; `what` says which."""
    text = (
        f"{what} not one of these phones' prefixes, {', '.join(PREFIXES)}. Check it; if it is right, confirm it below."
    )
    return FormRefused(errors={field: text}, asks_confirmation=True)


def refused(error: RedemptionRefusedError) -> FormRefused:
    """What the form is told of a number that is not redeemed."""
    field, text = _REFUSALS[Refusal(error.reason)]
    return FormRefused(errors={field: text})


class _Reading:
    """A form while it is read; what is wrong is kept by the name of its field."""

    def __init__(self, typed: Mapping[str, str]) -> None:
        self._typed = typed
        self.errors: dict[str, str] = {}

    def text(self, name: str, missing: str = "") -> str:
        """What was typed into a field; `missing` is said if nothing was."""
        text = self._typed.get(name, "")
        if missing and not text:
            self.errors[name] = missing
        return text

    def value(self, name: str, parse: Callable[[], Value]) -> Value | None:
        """What `parse` makes of a field; None if something is wrong with it, now or before."""
        if name in self.errors:
            return None
        try:
            return parse()
        except UsageError as error:
            self.errors[name] = f"{error}."
            return None


def activation_errors(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the number and the serial of a single activation, whatever was ordered."""
    reading = _Reading(typed)
    number = reading.text("number", "Enter the license number that came with the order.")
    serial = reading.text("serial", "Enter the MAC address of the phone, or the serial of the site.")
    reading.value("number", lambda: parse_number(number))
    # A site serial has the form of a MAC address, too.
    reading.value("serial", lambda: MacAddress.parse(serial))
    return reading.errors


def read_batch(typed: Mapping[str, str], file: bytes, at: datetime) -> str | FormRefused:
    """The text of a batch, or what is wrong with the form."""
    reading = _Reading(typed)
    mail_to = reading.text("mail_to")
    if mail_to:
        # One that cannot be used must not cost a license number.
        reading.value("mail_to", lambda: batch_mail(mail_to, [], {}, at))
    if not file:
        reading.errors["file"] = "Choose a text file with a license number, a tab and a MAC address in each line."
    text = reading.value("file", lambda: batch_text(file, "The file", limit=BATCH_BYTES))
    lines = (text or "").splitlines()
    if len(lines) > BATCH_LINES:
        reading.errors["file"] = (
            f"The file has {len(lines)} lines, at most {BATCH_LINES} are read here: phone-sim license batch takes more."
        )
    elif text is not None and not any(line.strip() for line in lines):
        reading.errors["file"] = "The file has no line with a license number."
    if reading.errors or text is None:
        return FormRefused(errors=reading.errors)
    unusual = [] if reading.text("confirmed") else unusual_macs(text)
    if unusual:
        place, mac = unusual[0]
        more = f", and so in {len(unusual) - 1} more lines" if len(unusual) > 1 else ""
        return unusual_prefix("file", f"Line {place}: {mac[:6]}, with which {mac} begins{more}, is")
    return text


def read_order(typed: Mapping[str, str], features: Iterable[Feature], at: datetime) -> Order | FormRefused:
    """The order that a form describes, with a new license number, or what is wrong with the form."""
    known = tuple(features)
    reading = _Reading(typed)
    kind = LicenseType.SITE if reading.text("type") == LicenseType.SITE.value else LicenseType.PHONE
    software = reading.text("software", "Enter a suite, or features with commas between.")
    version = reading.text("version", "Enter a software version, such as 3.3.0.")
    serial = reading.text("site_serial") if kind is LicenseType.SITE else ""
    reading.value("software", lambda: software_bits(software, known))
    reading.value("version", lambda: parse_version(version))
    if serial:
        reading.value("site_serial", lambda: check_site_serial(serial))
    quantity = reading.value("quantity", lambda: _quantity(kind, reading.text("quantity")))
    expires = reading.value("expires", lambda: _last_day(kind, reading.text("expires")))
    if reading.errors or quantity is None:
        return FormRefused(errors=reading.errors)
    return new_order(
        license_type=kind,
        software=software,
        version=version,
        quantity=quantity,
        expires=expires,
        upgrade=bool(reading.text("upgrade")),
        site_serial=serial or None,
        features=known,
        at=at,
    )


def _quantity(kind: LicenseType, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"{text!r} is not a number of phones")
    check_quantity(kind, int(text))
    return int(text)


def _last_day(kind: LicenseType, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date such as 2026-12-31") from error
    check_last_day(kind, day)
    return day
