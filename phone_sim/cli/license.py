"""`phone-sim license`: the license authority, from the order to the file on the boot server."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option

if TYPE_CHECKING:
    from phone_sim.authority.office import Office
    from phone_sim.authority.orders import Order

_BATCH_LIMIT = 16 * 1024 * 1024

out_option = click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the activation files. [default: .]"
)
publish_option = click.option(
    "--publish", metavar="FOLDER|URL", help="Put the activation files on a boot server: its folder, or by HTTP PUT."
)
requester_option = click.option("--requester", default="", help="Who asks: an e-mail address, or any other.")


@click.group(short_help="Order and redeem licenses, and make activation files.", subcommand_metavar="VERB ...")
@click.option(
    "--authority",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("authority"),
    show_default=True,
    envvar="PHONE_SIM_AUTHORITY",
    help="Folder of the authority.",
)
@click.pass_context
def command(ctx: click.Context, authority: Path) -> None:
    """Order and redeem licenses, and make activation files, as a license authority of your own.

    The authority is ours (D5): it has a key of its own, whose public half a phone is given with --trust. The bulletin's
    side of it is B4 to B8 and B11.

    \b
    Example: phone-sim license init
             phone-sim license order --software "Productivity Suite"
             phone-sim license redeem LICENSE-NUMBER 0004f2000001 --publish site
             phone-sim boot --server URL --mac 0004f2000001 --trust authority/trust_anchor.pem
    """
    ctx.obj = authority


@command.command()
@click.pass_obj
def init(authority: Path) -> None:
    """Make the authority: a signing key, made once, and an empty ledger."""
    from phone_sim.authority.office import ANCHOR_FILE, found

    found(authority)
    click.echo(f"Phones that are to trust this authority are given --trust {authority / ANCHOR_FILE}")


@command.command()
@click.option("--software", default="Productivity Suite", show_default=True, help="Suite, or features, with commas.")
@click.option("--version", "software_version", default="3.3.0", show_default=True, help="Software version.")
@click.option("--quantity", default=1, show_default=True, help="Phones to activate.")
@click.option("--site", is_flag=True, help="A site license; the order gets a site serial.")
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Last day; for a site license only."
)
@click.option("--upgrade", is_flag=True, help="An upgrade, not a new activation.")
@json_option
@click.pass_obj
def order(
    authority: Path,
    software: str,
    software_version: str,
    quantity: int,
    site: bool,
    expires: datetime | None,
    upgrade: bool,
    as_json: bool,
) -> None:
    """Order licenses, and print the license number (B5)."""
    import secrets

    from phone_sim.authority.license_number import new_number
    from phone_sim.authority.orders import Order, check_terms, software_bits
    from phone_sim.cli.report import print_json
    from phone_sim.licensing.license_key import LicenseType
    from phone_sim.models import parse_version
    from phone_sim.runtime.model_files import load_features

    license_type = LicenseType.SITE if site else LicenseType.PHONE
    last_day = expires.date() if expires is not None else None
    check_terms(license_type, quantity, last_day)
    parse_version(software_version)
    made = Order(
        number=new_number(),
        license_type=license_type,
        software=software,
        bits=software_bits(software, load_features()),
        version=software_version,
        quantity=quantity,
        expires=last_day,
        upgrade=upgrade,
        ordered_at=datetime.now(UTC),
        site_serial=f"{secrets.randbelow(10**12):012d}" if site else None,
    )
    with _office(authority) as office, office.ledger.writing():
        office.ledger.add(made)
    if as_json:
        print_json(_order_report(made, []))
    else:
        click.echo(made.number)
        if made.site_serial is not None:
            click.echo(f"Site serial: {made.site_serial}", err=True)


@command.command()
@click.argument("number")
@click.argument("mac")
@requester_option
@out_option
@publish_option
@json_option
@click.pass_obj
def redeem(
    authority: Path,
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
    with _office(authority) as office:
        redeem_phone(office.ledger, number, address, at=datetime.now(UTC), requester=requester)
        _deliver(office, [address.serial], out, publish, as_json)


@command.command()
@click.argument("number")
@click.argument("serial", required=False)
@requester_option
@out_option
@publish_option
@json_option
@click.pass_obj
def site(
    authority: Path,
    number: str,
    serial: str | None,
    requester: str,
    out: Path | None,
    publish: str | None,
    as_json: bool,
) -> None:
    """Redeem a license NUMBER for a site; without SERIAL for the one given with the order."""
    from phone_sim.authority.activation import redeem_site

    with _office(authority) as office:
        redeemed = redeem_site(office.ledger, number, serial, at=datetime.now(UTC), requester=requester)
        _deliver(office, [redeemed], out, publish, as_json)


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mail-to", required=True, metavar="ADDRESS", help="Who gets the activation files.")
@click.option("--smtp", metavar="HOST[:PORT]", help="Mail server. [default: .eml files in a folder]")
@click.option(
    "--mail-folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("mail"),
    show_default=True,
    help="Folder for .eml files.",
)
@click.option("--all-or-nothing", is_flag=True, help="Redeem no line if one is refused.")
@publish_option
@json_option
@click.pass_obj
def batch(
    authority: Path,
    file: Path,
    mail_to: str,
    smtp: str | None,
    mail_folder: Path,
    all_or_nothing: bool,
    publish: str | None,
    as_json: bool,
) -> None:
    """Redeem the lines of FILE, `license number<TAB>MAC` each, and mail the activation files (batch activation, B8).

    Each line gets its answer. Ends with 1 if a line was refused.
    """
    from phone_sim.authority.activation import activation_files, redeem_batch
    from phone_sim.authority.mail import batch_mail, keep, send
    from phone_sim.cli.report import print_json
    from phone_sim.errors import AuthorityError, UsageError
    from phone_sim.mac_address import MacAddress

    now = datetime.now(UTC)
    batch_mail(mail_to, [], {}, now)  # an address that cannot be used must not cost a license number
    with file.open("rb") as opened:
        data = opened.read(_BATCH_LIMIT + 1)
    if len(data) > _BATCH_LIMIT:
        raise UsageError(f"{file} has more than {_BATCH_LIMIT} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a text file: byte {error.start} is not UTF-8") from error
    with _office(authority) as office:
        lines = redeem_batch(office.ledger, text, at=now, requester=mail_to, all_or_nothing=all_or_nothing)
        refused = [line for line in lines if line.refused]
        nothing = all_or_nothing and bool(refused)
        serials = [] if nothing else [MacAddress.parse(line.mac).serial for line in lines if not line.refused]
        files = activation_files(office.ledger, office.signing_key, serials)
    if as_json:
        answers = [{"line": one.place, "number": one.number, "mac": one.mac, "refused": one.refused} for one in lines]
        print_json({"lines": answers, "files": list(files)})
    else:
        for line in lines:
            state = line.refused or ("accepted, but not redeemed" if nothing else "accepted")
            click.echo(f"line {line.place}: {line.number} {line.mac}: {state}")
    if files:
        mail = batch_mail(mail_to, lines, files, now)
        if smtp is not None:
            send(mail, smtp)
        where = smtp if smtp is not None else keep(mail, mail_folder)
        click.echo(f"{len(files)} activation files mailed to {mail_to}: {where}", err=True)
        if publish is not None:
            _publish(files, publish)
    if refused:
        raise AuthorityError(f"{len(refused)} of {len(lines)} lines were refused{', nothing was redeemed' * nothing}")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def inspect(authority: Path, file: Path, as_json: bool) -> None:
    """Show the keys of an activation FILE, and whether this authority signed them."""
    from phone_sim.authority.office import ANCHOR_FILE
    from phone_sim.cli.check import key_report, print_keys, read_elements
    from phone_sim.cli.report import print_json
    from phone_sim.licensing.verdict import judge
    from phone_sim.runtime.model_files import load_features
    from phone_sim.runtime.trust_file import load_anchor

    anchor, features = load_anchor(authority / ANCHOR_FILE), load_features()
    reports = []
    for element in read_elements(file):
        serial = element.get("Serial", "").upper()
        reports.append(key_report(judge(element, serial=serial, anchor=anchor, today=None), features))
    if as_json:
        print_json(reports)
    else:
        print_keys(reports)


@command.command()
@json_option
@click.pass_obj
def orders(authority: Path, as_json: bool) -> None:
    """List the orders and what was redeemed of each."""
    from phone_sim.cli.report import print_json

    with _office(authority) as office:
        reports = [
            _order_report(one, [redemption.serial for redemption in office.ledger.redemptions(number=one.number)])
            for one in office.ledger.orders()
        ]
    if as_json:
        print_json(reports)
        return
    for one in reports:
        used = f"{len(one['redeemed'])} of {one['quantity']} redeemed"
        click.echo(f"{one['number']}  {one['type']:<6}{one['software']:<22}{one['expires'] or 'never':<12}{used}")


@command.command()
@click.argument("serial", required=False)
@out_option
@publish_option
@json_option
@click.pass_obj
def export(authority: Path, serial: str | None, out: Path | None, publish: str | None, as_json: bool) -> None:
    """Print the public key for --trust; with SERIAL (a MAC or a site's) make its activation file again."""
    from phone_sim.mac_address import MacAddress

    with _office(authority) as office:
        if serial is None:
            click.echo(office.signing_key.anchor.pem().decode(), nl=False)
        else:
            _deliver(office, [MacAddress.parse(serial).serial], out, publish, as_json)


@contextmanager
def _office(authority: Path) -> "Iterator[Office]":
    from phone_sim.authority.office import open_office

    with open_office(authority) as office:
        yield office


def _order_report(one: "Order", serials: list[str]) -> dict[str, Any]:
    return {
        "number": one.number,
        "type": one.license_type.value,
        "software": one.software,
        "version": one.version,
        "quantity": one.quantity,
        "expires": one.expires.isoformat() if isinstance(one.expires, date) else None,
        "kind": "upgrade" if one.upgrade else "new activation",
        "ordered_at": one.ordered_at.isoformat(),
        "site_serial": one.site_serial,
        "redeemed": serials,
    }


def _deliver(office: "Office", serials: list[str], out: Path | None, publish: str | None, as_json: bool) -> None:
    """Make the activation files, write them, and put them on a boot server."""
    from phone_sim.authority.activation import activation_files
    from phone_sim.cli.report import print_json

    files = activation_files(office.ledger, office.signing_key, serials)
    places = []
    if out is not None or publish is None:
        places += _write(files, out or Path())
    if publish is not None:
        places += _publish(files, publish)
    if as_json:
        print_json({"files": places})
    else:
        click.echo("\n".join(places))


def _write(files: Mapping[str, bytes], folder: Path) -> list[str]:
    from phone_sim.authority.office import write_whole
    from phone_sim.errors import AuthorityError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_whole(folder / name, data)
    except OSError as error:
        raise AuthorityError(
            f"{folder}: {error.strerror}; the licenses are redeemed, license export makes the files again"
        ) from error
    return [str(folder / name) for name in files]


def _publish(files: Mapping[str, bytes], place: str) -> list[str]:
    """Put files into a folder, or on an HTTP server."""
    from phone_sim.errors import AuthorityError, UsageError
    from phone_sim.firmware.effects import Upload, Uploaded
    from phone_sim.firmware.location import BootServer
    from phone_sim.runtime.transport import network_transport

    if "://" not in place:
        return _write(files, Path(place))
    server = BootServer.parse(place)
    urls = []
    with closing(network_transport()) as transport:
        for name, data in files.items():
            location = server.locate("", name)
            if location is None:
                raise UsageError(f"{place!r} is not the address of a boot server")
            reply = transport.upload(Upload(location=location, body=data, user_agent="phone-sim license"))
            if not isinstance(reply, Uploaded):
                raise AuthorityError(f"{location.url}: {reply.reason}; the licenses are redeemed, try license export")
            urls.append(location.url)
    return urls
