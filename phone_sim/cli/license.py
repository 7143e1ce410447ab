"""`phone-sim license`: the license authority, from the order to the file on the boot server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from phone_sim.cli.license_batch import batch
from phone_sim.cli.license_delivery import after_redemption, authority_in, deliver, out_option, publish_option
from phone_sim.cli.license_export import export
from phone_sim.cli.options import json_option
from phone_sim.cli.output import say

requester_option = click.option("--requester", default="", help="Who asks: an e-mail address, or any other.")


@click.group(short_help="Order and redeem licenses, and make activation files.", subcommand_metavar="VERB ...")
@click.option(
    "--authority",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("authority"),
    show_default=True,
    envvar="PHONE_SIM_AUTHORITY",
    help="Folder of the authority.",
)
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Order and redeem licenses, and make activation files, as a license authority of your own.

    The authority is ours (D5): it has a key of its own, whose public half a phone is given with --trust. The bulletin's
    side of it is B4 to B8 and B11.

    \b
    Example: phone-sim license init
             phone-sim license order --software "Productivity Suite"
             phone-sim license redeem LICENSE-NUMBER 0004f2000001 --publish site
             phone-sim boot --server URL --mac 0004f2000001 --trust authority/trust_anchor.pem
    """
    ctx.obj = folder


@command.command()
@click.pass_obj
def init(folder: Path) -> None:
    """Make the authority: a signing key, made once, and an empty ledger."""
    from phone_sim.authority.license_authority import ANCHOR_FILE, create_authority

    create_authority(folder)
    say(f"Phones that are to trust this authority are given --trust {folder / ANCHOR_FILE}")


@command.command()
@click.option("--software", default="Productivity Suite", show_default=True, help="Suite, or features, with commas.")
@click.option("--version", "software_version", default="3.3.0", show_default=True, help="Software version.")
@click.option("--quantity", default=1, show_default=True, help="Phones to activate.")
@click.option(
    "--site",
    "site_serial",
    is_flag=False,
    flag_value="new",
    metavar="[SERIAL]",
    help="A site license, for the site with this serial. [default: a new one]",
)
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Last day; for a site license only."
)
@click.option("--upgrade", is_flag=True, help="An upgrade, not a new activation.")
@json_option
@click.pass_obj
def order(
    folder: Path,
    software: str,
    software_version: str,
    quantity: int,
    site_serial: str | None,
    expires: datetime | None,
    upgrade: bool,
    as_json: bool,
) -> None:
    """Order licenses, and print the license number (B5)."""
    from phone_sim.authority.order_report import order_report
    from phone_sim.cli.phone_report import print_json
    from phone_sim.licensing.license_key import LicenseType

    with authority_in(folder) as authority:
        made = authority.order(
            software,
            license_type=LicenseType.PHONE if site_serial is None else LicenseType.SITE,
            version=software_version,
            quantity=quantity,
            expires=expires.date() if expires is not None else None,
            upgrade=upgrade,
            site_serial=None if site_serial == "new" else site_serial,
        )
    if as_json:
        print_json(order_report(made, ()))
    else:
        say(made.number)
        if made.site_serial is not None:
            say(f"Site serial: {made.site_serial}", err=True)


@command.command()
@click.argument("number")
@click.argument("mac")
@requester_option
@out_option
@publish_option
@json_option
@click.pass_obj
def redeem(
    folder: Path,
    number: str,
    mac: str,
    requester: str,
    out: Path | None,
    publish: str | None,
    as_json: bool,
) -> None:
    """Redeem a license NUMBER for the phone with this MAC, and make its activation file (single activation, B8)."""
    from phone_sim.authority.activation import redeem_phone
    from phone_sim.mac_address import MacAddress

    address = MacAddress.parse(mac)
    with authority_in(folder) as authority:
        redeem_phone(authority.ledger, number, address, at=datetime.now(UTC), requester=requester)
        with after_redemption(f"license export {address} makes the file again"):
            deliver(authority, [address.serial], out, publish, as_json)


@command.command()
@click.argument("number")
@click.argument("serial", required=False)
@requester_option
@out_option
@publish_option
@json_option
@click.pass_obj
def site(
    folder: Path,
    number: str,
    serial: str | None,
    requester: str,
    out: Path | None,
    publish: str | None,
    as_json: bool,
) -> None:
    """Redeem a license NUMBER for a site; without SERIAL for the one given with the order."""
    from phone_sim.authority.activation import redeem_site

    with authority_in(folder) as authority:
        serial = redeem_site(authority.ledger, number, serial, at=datetime.now(UTC), requester=requester)
        with after_redemption(f"license export {serial} makes the file again"):
            deliver(authority, [serial], out, publish, as_json)


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def inspect(folder: Path, file: Path, as_json: bool) -> None:
    """Show the keys of an activation FILE, and whether this authority signed them."""
    from phone_sim.cli.check import key_report, print_keys
    from phone_sim.cli.phone_report import print_json
    from phone_sim.licensing.key_check import check_key
    from phone_sim.runtime.activation_file import read_elements
    from phone_sim.runtime.model_files import load_features

    with authority_in(folder) as authority:
        anchor, features = authority.anchor, load_features()
    reports = []
    for element in read_elements(file):
        serial = element.get("Serial", "").upper()
        reports.append(key_report(check_key(element, serial=serial, anchor=anchor, today=None), features))
    if as_json:
        print_json(reports)
    else:
        print_keys(reports)


@command.command()
@click.argument("number", required=False)
@json_option
@click.pass_obj
def orders(folder: Path, number: str | None, as_json: bool) -> None:
    """List the orders, or all that a license NUMBER stands for and what was redeemed of it."""
    from phone_sim.authority.license_number import parse_number
    from phone_sim.authority.order_report import order_report
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import AuthorityError

    with authority_in(folder) as authority:
        ledger = authority.ledger
        found = ledger.orders() if number is None else (ledger.order(parse_number(number)),)
        reports = [order_report(one, ledger.redemptions(number=one.number)) for one in found if one is not None]
    if number is not None and not reports:
        raise AuthorityError(f"there is no order with the license number {number}")
    if as_json:
        print_json(reports if number is None else reports[0])
    elif number is None:
        for one in reports:
            used = f"{len(one['redemptions'])} of {one['quantity']} redeemed"
            say(f"{one['number']}  {one['type']:<6}{one['software']:<22}{one['expires'] or 'never':<12}{used}")
    else:
        _print_order(reports[0])


def _print_order(report: dict[str, Any]) -> None:
    for name, value in report.items():
        if name != "redemptions":
            say(f"{name.replace('_', ' '):<14}{'-' if value is None else value}")
    for one in report["redemptions"]:
        say(f"redeemed      {one['serial']}  {one['redeemed_at']}  {one['requester']}".rstrip())


command.add_command(batch)
command.add_command(export)
