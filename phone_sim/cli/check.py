"""`phone-sim check`: what is wrong with a site, a configuration file or an activation file, offline."""

import re
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import firmware_option, json_option, models_option, trust_option
from phone_sim.cli.output import say, warn
from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import UsageError
from phone_sim.mac_address import DEFAULT_MAC
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.licensing.key_check import KeyCheck
    from phone_sim.models import Feature


@click.command(short_help="Say what is wrong with a site or a file.")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--mac", help="MAC address, 12 digits. [default: all phones of a site; else 0004f2000001]")
@click.option(
    "--model", "models", multiple=True, help="Model of the phones. Can be repeated. [default: all; else SPIP_670]"
)
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
    path: Path,
    mac: str | None,
    models: tuple[str, ...],
    firmware: str,
    on: Any,
    trust: Path | None,
    models_folder: Path | None,
    as_json: bool,
) -> None:
    """Say what is wrong with the files of phones, without a phone or a server.

    PATH is the folder of a boot server, a configuration file, a master configuration file, or an activation file. Of a
    folder, each phone that has files there reads its configuration, and so does one that has none. Each finding has
    file, line, rule and what is wrong; --json adds what to do. Ends with 1 when a finding is an error.

    Of an activation file, every license key gets its verdict for the phone with this MAC and model on the date, with
    the first check that it fails and the bytes concerned. The features are those that the phone could then use. Ends
    with 4 when no key of the file is valid for the phone.

    \b
    Examples: phone-sim check ./site --model SPIP_670 --model VVX_1500
              phone-sim check site.cfg --firmware 3.2.3
              phone-sim check 0004f2000001-license.cfg --mac 0004f2000001 --date 2026-12-01
    """
    from phone_sim.cli.file_findings import check_configuration
    from phone_sim.findings.single_file import is_activation_file
    from phone_sim.findings.subject import make_subject
    from phone_sim.runtime.trust_file import load_anchor

    data = b"" if path.is_dir() else read_file(path)
    day = on.date() if on is not None else date.today()  # noqa: DTZ011 - where the user is, the phone is
    if not path.is_dir() and is_activation_file(path.name, data, is_expected=mac is not None):
        if len(models) > 1:
            raise UsageError("an activation file is checked for one --model")
        model = models[0] if models else DEFAULT_MODEL
        _check_activation_file(
            path, mac or DEFAULT_MAC.digits, model, firmware, day, trust, models_folder, as_json=as_json
        )
        return
    anchor = None if trust is None else load_anchor(trust)
    subject = make_subject(firmware, models=models, folder=models_folder, on=day, anchor=anchor)
    check_configuration(path, data, subject, mac, as_json=as_json)


def _check_activation_file(
    file: Path,
    mac: str,
    model: str,
    firmware: str,
    on: date,
    trust: Path | None,
    models_folder: Path | None,
    *,
    as_json: bool,
) -> None:
    from phone_sim.cli.phone_report import feature_report, print_json, say_features
    from phone_sim.errors import LicenseNotValidError
    from phone_sim.runtime.activation_file import check_activation_file
    from phone_sim.runtime.model_files import load_features, load_model

    phone_model = load_model(model, models_folder)
    checked = check_activation_file(file, mac=mac, model=phone_model, firmware=firmware, trust=trust, on=on)
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


def read_file(path: Path) -> bytes:
    """A file, up to one byte more than the limit of an activation file, which is the largest that phones read.

    Raises:
        UsageError: it cannot be read.
    """
    from phone_sim.licensing.license_file import SIZE_LIMIT

    if not path.is_file():
        # To open a pipe is to wait for somebody to write to it.
        raise UsageError(f"{path} is not a regular file")
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


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
