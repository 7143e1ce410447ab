"""`phone-sim check`: what a phone would make of an activation file, offline."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import firmware_option, json_option, mac_option, model_option, models_option, trust_option

if TYPE_CHECKING:
    from phone_sim.licensing.verdict import Verdict
    from phone_sim.models import Feature


@click.command(short_help="Say what a phone would make of an activation file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@mac_option
@model_option
@firmware_option
@click.option(
    "--date",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The phone's local date. [default: today]",
)
@trust_option
@models_option
@json_option
def command(
    file: Path,
    mac: str,
    model: str,
    firmware: str,
    on: Any,
    trust: Path | None,
    models_folder: Path | None,
    as_json: bool,
) -> None:
    """Say what the phone with this MAC and model would make of an activation file on a date, and why.

    Every license key gets its verdict, with the first check that it fails and the bytes concerned. The features are
    those that the phone could then use. Ends with 4 when no key of the file is valid for the phone.

    Example: phone-sim check 0004f2000001-license.cfg --mac 0004f2000001 --date 2026-12-01
    """
    from phone_sim.cli.phone_report import feature_lines, feature_report, print_json
    from phone_sim.errors import LicenseNotValidError
    from phone_sim.firmware.features import FeatureSet
    from phone_sim.firmware.profile import profile_for
    from phone_sim.licensing.key_ring import KeyRing
    from phone_sim.licensing.verdict import Expired, Valid, judge
    from phone_sim.mac_address import MacAddress
    from phone_sim.runtime.model_files import load_features, load_model
    from phone_sim.runtime.trust_file import load_anchor

    features, address, anchor = load_features(), MacAddress.parse(mac), load_anchor(trust)
    today = on.date() if on is not None else date.today()  # noqa: DTZ011 - where the user is, the phone is
    elements = read_elements(file)
    verdicts = [judge(element, serial=address.serial, anchor=anchor, today=today) for element in elements]
    ring = KeyRing(verdict.key for verdict in verdicts if isinstance(verdict, Valid | Expired))
    feature_set = FeatureSet(
        model=load_model(model, models_folder),
        profile=profile_for(firmware),
        features=features,
        wanted=frozenset(feature.key for feature in features),
    )
    gates = feature_set.gates(ring, today)
    judged = zip(verdicts, elements, strict=True)
    reports = [_full_report(verdict, element, address.serial, features) for verdict, element in judged]
    if as_json:
        print_json({"keys": reports, "features": [feature_report(gate) for gate in gates]})
    else:
        print_keys(reports)
        click.echo("If configured for use:")
        click.echo("\n".join(feature_lines(gates)))
    if not any(isinstance(verdict, Valid) for verdict in verdicts):
        raise LicenseNotValidError(f"{file} has no valid license key for {address}")


def _full_report(
    verdict: "Verdict", element: Mapping[str, str], serial: str, features: "tuple[Feature, ...]"
) -> dict[str, Any]:
    check, concerned = failed_check(verdict, element, serial)
    return {**key_report(verdict, features), "failed_check": check, "bytes": concerned}


def failed_check(verdict: "Verdict", element: Mapping[str, str], serial: str) -> tuple[str, str]:
    """The first check that a key fails, in the order of the phone's, and the bytes concerned; empty for a valid key."""
    import hashlib

    from phone_sim.licensing.license_key import Malformed
    from phone_sim.licensing.verdict import Expired, NotForThisPhone, SignatureNotValid

    match verdict:
        case NotForThisPhone():
            return "serial", f"Serial={element.get('Serial', '')!r}, this phone's is {serial!r}"
        case Malformed():
            return "form", f"{verdict.attribute}={element.get(verdict.attribute, '')!r}"
        case SignatureNotValid(key):
            signed = key.signed_bytes()
            digest = hashlib.sha256(signed).hexdigest()
            return "signature", f"Validation={element['Validation']!r} over {len(signed)} bytes, SHA-256 {digest}"
        case Expired(key):
            return "expiry", f"Duration={key.duration!r}, last days {', '.join(str(one.expiry) for one in key.grants)}"
        case _:
            return "", ""


def read_elements(file: Path) -> tuple[Mapping[str, str], ...]:
    """The attributes of every key of an activation file.

    Raises:
        UsageError: it is not a regular file.
        LicenseFileError: it is not an activation file.
    """
    from phone_sim.errors import LicenseFileError, UsageError
    from phone_sim.licensing.license_file import SIZE_LIMIT, read_all

    if not file.is_file():
        raise UsageError(f"{file} is not a regular file")
    with file.open("rb") as opened:
        data = opened.read(SIZE_LIMIT + 1)
    try:
        return read_all(data)
    except LicenseFileError as error:
        raise LicenseFileError(f"{file}: {error.reason}", error.line) from error


def print_keys(reports: list[dict[str, Any]]) -> None:
    """Print what `key_report` says of each key."""
    for place, report in enumerate(reports, 1):
        click.echo(f"key {place}: {report['why']}")
        if report.get("failed_check"):
            click.echo(f"  fails the check of its {report['failed_check']}: {_shortened(report['bytes'])}")
        for grant in report["grants"]:
            click.echo(f"  {grant['feature']:<22}{grant['expiry']}")


def _shortened(text: str) -> str:
    """A text with its long runs of hexadecimal digits cut, for people."""
    return re.sub(r"([0-9A-F]{16})[0-9A-F]{32,}([0-9A-F]{16})", r"\1...\2", text)


def _words(verdict: "Verdict") -> str:
    from phone_sim.licensing.license_key import Malformed
    from phone_sim.licensing.verdict import Expired, NotForThisPhone, SignatureNotValid

    match verdict:
        case NotForThisPhone(serial):
            return f"for another phone, {serial or 'without a serial'}"
        case Malformed():
            return f"malformed: {verdict}"
        case SignatureNotValid(key):
            return f"the signature is not valid ({key.type.value} {key.serial})"
        case Expired(key):
            return f"expired ({key.type.value} {key.serial})"
        case _:
            return f"valid ({verdict.key.type.value} {verdict.key.serial})"


def key_report(verdict: "Verdict", features: "tuple[Feature, ...]") -> dict[str, Any]:
    """A license key and its verdict, as `--json` gives it."""
    from phone_sim.cli.phone_report import word
    from phone_sim.firmware.messages import UNKNOWN

    names = {feature.bit: feature.key for feature in features}
    key = getattr(verdict, "key", None)
    grants = key.grants if key is not None else ()
    return {
        "verdict": word(verdict),
        "why": _words(verdict),
        "serial": key.serial if key is not None else getattr(verdict, "serial", None),
        "grants": [
            {"bit": grant.bit, "feature": names.get(grant.bit, UNKNOWN), "expiry": str(grant.expiry)}
            for grant in grants
        ],
    }
