"""`phone-sim check`: what is wrong with a site, a configuration file or an activation file, offline."""

import re
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.finding_options import FindingOptions, finding_options
from phone_sim.cli.options import firmware_option, json_option, models_option, trust_option
from phone_sim.cli.output import quiet_option, say, warn
from phone_sim.cli.table_option import table_option
from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import UsageError
from phone_sim.mac_address import DEFAULT_MAC, MacAddress
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.findings.selection import Selection
    from phone_sim.findings.subject import Subject
    from phone_sim.licensing.key_check import KeyCheck
    from phone_sim.models import Feature, Model
    from phone_sim.runtime.activation_file import ActivationFileCheck


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
@table_option
@finding_options
@json_option
@quiet_option
def command(
    path: Path,
    mac: str | None,
    models: tuple[str, ...],
    firmware: str | None,
    on: Any,
    trust: Path | None,
    models_folder: Path | None,
    table: Path | None,
    reporting: FindingOptions,
    as_json: bool,
) -> None:
    """Say what is wrong with the files of phones, without a phone or a server.

    PATH is the folder of a boot server, a configuration file, a master configuration file, a contact directory, or an
    activation file. Of a folder, each phone that has files there reads its files, and so does one that has none. Each
    finding has file, line, rule and what is wrong; --json adds what to do. Ends with 1 when a finding has the severity
    of --fail-on, or a higher one.

    Rules can be selected and ignored here, or in the table [check] of phone-sim.toml in the site's folder or its
    parent: select, ignore, fail-on, and per-file-ignores with rules by file pattern; table is a file as for --table.
    Options beat the file.

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
    from phone_sim.firmware.profile import usual_firmware
    from phone_sim.runtime.model_files import load_model
    from phone_sim.runtime.trust_file import load_anchor

    data = b"" if path.is_dir() else read_file(path)
    day = on.date() if on is not None else date.today()  # noqa: DTZ011 - where the user is, the phone is
    anchor = None if trust is None else load_anchor(trust)
    chosen = [load_model(name, models_folder) for name in models]
    selection = reporting.selection(path if path.is_dir() else path.parent, as_json=as_json)
    subject = make_subject(
        firmware or usual_firmware(chosen),
        models=models,
        folder=models_folder,
        on=day,
        anchor=anchor,
        table=table or selection.table,
    )
    if path.is_dir() or not is_activation_file(path.name, data, is_expected=mac is not None):
        warn(*(model.firmware_warning(subject.profile.version) for model in chosen))
        check_configuration(path, data, subject, mac, reporting=reporting, selection=selection, as_json=as_json)
        return
    if len(models) > 1:
        raise UsageError("an activation file is checked for one --model")
    model = subject.models[0] if models else load_model(DEFAULT_MODEL, models_folder)
    own = MacAddress.parse(mac or DEFAULT_MAC.digits)
    _check_activation_file(path, data, subject, own, model, reporting, selection, as_json)


def _check_activation_file(
    file: Path,
    data: bytes,
    subject: "Subject",
    mac: MacAddress,
    model: "Model",
    reporting: FindingOptions,
    selection: "Selection",
    as_json: bool,
) -> None:
    """Print the verdicts on the keys for a phone, and what is wrong with the file for any phone."""
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import LicenseFileError, LicenseNotValidError
    from phone_sim.runtime.activation_file import check_activation_file

    findings = selection.reported(subject.check_license(file.as_posix(), data))
    checked, refused = None, None
    try:
        checked = check_activation_file(
            file, mac=mac, model=model, firmware=subject.profile.version, trust=subject.anchor, on=subject.on
        )
    except LicenseFileError as error:
        refused = error
    warn(model.firmware_warning(subject.profile.version))
    if as_json:
        print_json({**_verdicts(checked), "findings": [finding.as_json() for finding in findings]})
    elif checked is not None:
        _print_verdicts(checked)
    reporting.report(findings, selection, checked=file, as_json=as_json)
    if refused is not None:
        raise refused
    if checked is None or not checked.is_valid:
        raise LicenseNotValidError(f"{file} has no valid license key for {mac}")
    if any(map(selection.fails, findings)):
        click.get_current_context().exit(1)


def _verdicts(checked: "ActivationFileCheck | None") -> dict[str, Any]:
    """The verdicts for programs; empty where the file is not an activation file."""
    from phone_sim.cli.phone_report import feature_report
    from phone_sim.runtime.model_files import load_features

    keys, features = ((), ()) if checked is None else (checked.keys, checked.features)
    return {
        "keys": [_full_report(key, load_features()) for key in keys],
        "features": [feature_report(gate, attrgetter("reason")) for gate in features],
    }


def _print_verdicts(checked: "ActivationFileCheck") -> None:
    from phone_sim.cli.phone_report import say_features

    print_keys(_verdicts(checked)["keys"])
    say("If configured for use:")
    say_features(checked.features, attrgetter("reason"))


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
