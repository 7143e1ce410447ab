"""`phone-sim explain`: what is wrong with a phone's licenses, from its log and from its boot server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.named_server import check_wait
from phone_sim.cli.option_types import Instant
from phone_sim.cli.options import PhoneOptions, json_option, phone_options, site_option

if TYPE_CHECKING:
    from phone_sim.fault_catalog.conclusion import KnownPhone
    from phone_sim.fault_catalog.explain import Explanation

_LIMIT = 2 * 1024 * 1024  # our choice; a boot server was seen to start a log anew at 0.5 MB (field notes 3.2)


@click.command(short_help="Say what a phone's log means, why, and what to do.")
@click.argument("log", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--all", "show_all", is_flag=True, help="Explain every line of the log, too.")
@phone_options
@site_option
@click.option(
    "--now", type=Instant(), help="Time on the booted phone's clock, UTC without an offset. [default: the time]"
)
@json_option
def command(
    log: Path | None, show_all: bool, phone: PhoneOptions, site: Path | None, now: datetime | None, as_json: bool
) -> None:
    """Say what a phone's LOG means, why that is so, and what to do. `-` reads it from stdin.

    The log may be phone_sim's or a real phone's, in either width of the component field, folded by a mail program, or
    as a syslog server stores it. The conclusion comes first, then each cause with the lines that show it. Ends with 1
    if no line is a line of a phone's log.

    With --server or --site, the phone of --mac, --model and --firmware boots once from there, and what it finds is
    used: which license ended when, which file is missing. Without a LOG, its own log is explained.

    \b
    Examples: phone-sim reproduce one-byte-changed | phone-sim explain -
              phone-sim explain app.log --site ./site --mac 0004f2000001 --model VVX_1500
    """
    from phone_sim.cli.explanation_report import explanation_report, print_explanation
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import PhoneSimError

    text = None if log is None else _text(log)
    explanation = _explanation(text, phone, site, now)
    if not explanation.lines:
        raise PhoneSimError(f"{log}: no line of a phone's log is in it, such as 0101070000|lic |4|03|...")
    if as_json:
        print_json(explanation_report(explanation))
    else:
        print_explanation(explanation, show_all=show_all)


def _text(log: Path) -> str:
    """The text of the log.

    Raises:
        UsageError: it is too large.
    """
    from phone_sim.errors import UsageError

    with click.open_file(str(log), "rb") as file:
        data = file.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise UsageError(f"{log} has more than {_LIMIT} bytes")
    return bytes(data).decode("utf-8-sig", "replace")


def _explanation(text: str | None, phone: PhoneOptions, site: Path | None, now: datetime | None) -> "Explanation":
    """The explanation of a log, of a phone that boots once, or of both.

    Raises:
        UsageError: there is neither, or the log is of another phone.
    """
    from phone_sim.errors import UsageError
    from phone_sim.fault_catalog.explain import explain

    if not (site or phone.server or phone.dhcp or phone.state_dir):
        if text is None:
            raise UsageError("nothing to explain: give a LOG, or --server or --site")
        check_wait("", phone.wait)
        return explain(text)
    own_log, known = _booted(phone, site, now, wrote_log=text is None)
    explanation = explain(own_log if text is None else text, known)
    mac = phone.identity().mac.digits
    if explanation.mac not in ("", mac):
        raise UsageError(f"the log is of {explanation.mac}, and --mac is {mac}: give --mac {explanation.mac}")
    return explanation


def _booted(
    phone: PhoneOptions, site: Path | None, now: datetime | None, *, wrote_log: bool
) -> "tuple[str, KnownPhone]":
    """The log of the phone that boots once, and what is known of it."""
    from phone_sim.cli.booted_phone import booted_phone
    from phone_sim.fault_catalog.known_phone import known_phone
    from phone_sim.runtime.virtual_time import VirtualTime

    time = VirtualTime(None if phone.sntp else now or datetime.now(UTC))
    with booted_phone(phone, site, time=time) as driven:
        return driven.log, known_phone(driven, wrote_log=wrote_log)
