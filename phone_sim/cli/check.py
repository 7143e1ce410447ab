"""`phone-sim check`: what a phone would make of an activation file, offline."""

import re
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import firmware_option, json_option, mac_option, model_option, models_option, trust_option
from phone_sim.cli.output import say, warn
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.licensing.key_check import KeyCheck
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
    from phone_sim.cli.phone_report import feature_report, print_json, say_features
    from phone_sim.errors import LicenseNotValidError
    from phone_sim.runtime.activation_file import check_activation_file
    from phone_sim.runtime.model_files import load_features, load_model

    phone_model = load_model(model, models_folder)
    checked = check_activation_file(
        file,
        mac=mac,
        model=phone_model,
        firmware=firmware,
        trust=trust,
        on=on.date() if on is not None else None,
    )
    warn(phone_model.firmware_warning(firmware))
    reports = [_full_report(key, load_features()) for key in checked.keys]
    if as_json:
        print_json(
            {"keys": reports, "features": [feature_report(gate, attrgetter("reason")) for gate in checked.features]}
        )
    else:
        print_keys(reports)
        say("If configured for use:")
        say_features(checked.features, attrgetter("reason"))
    if not checked.is_valid:
        raise LicenseNotValidError(f"{file} has no valid license key for {checked.mac}")


def _full_report(checked: "KeyCheck", features: "tuple[Feature, ...]") -> dict[str, Any]:
    failed = "" if checked.failed is None else checked.failed.value
    return {**key_report(checked, features), "failed_check": failed, "bytes": checked.evidence}


def print_keys(reports: list[dict[str, Any]]) -> None:
    """Print what `key_report` says of each key."""
    for place, report in enumerate(reports, 1):
        say(f"key {place}: {visible(report['why'], kept='')}")
        if report.get("failed_check"):
            say(f"  fails the check of its {report['failed_check']}: {_shortened(report['bytes'])}")
        if report.get("failed_check") == "signature":
            say("  a vendor's key never verifies here: neither the vendor's public key nor what it signs is published")
        for grant in report["grants"]:
            say(f"  {grant['feature']:<22}{grant['expiry']}")


def _shortened(text: str) -> str:
    """A text with its long runs of hexadecimal digits cut, for people."""
    return re.sub(r"([0-9A-F]{16})[0-9A-F]{32,}([0-9A-F]{16})", r"\1...\2", text)


def key_report(checked: "KeyCheck", features: "tuple[Feature, ...]") -> dict[str, Any]:
    """A license key and its verdict, as `--json` gives it."""
    from phone_sim.cli.phone_report import word
    from phone_sim.firmware.messages import UNKNOWN

    names = {feature.bit: feature.key for feature in features}
    key = checked.key
    return {
        "verdict": word(checked.verdict),
        "why": checked.reason,
        "serial": key.serial if key is not None else getattr(checked.verdict, "serial", None),
        "grants": [
            {"bit": grant.bit, "feature": names.get(grant.bit, UNKNOWN), "expiry": str(grant.expiry)}
            for grant in (key.grants if key is not None else ())
        ],
    }
