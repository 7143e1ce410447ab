"""`phone-sim license export`: activation files made again from the ledger, or one for many phones (B6)."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.license_batch import read_batch
from phone_sim.cli.license_delivery import authority_in, deliver, deliver_one_file, publish_option
from phone_sim.cli.options import json_option
from phone_sim.cli.output import say

if TYPE_CHECKING:
    from phone_sim.authority.license_authority import LicenseAuthority


@click.command()
@click.argument("serials", metavar="[SERIAL]...", nargs=-1)
@click.option(
    "--batch",
    "batch_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The phones of a batch file that have licenses.",
)
@click.option(
    "--order", "number", metavar="NUMBER", help="The phones, or the site, that this license number was redeemed for."
)
@click.option("--one-file", is_flag=True, help="Make one activation file for all of them, at --out FILE.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER|FILE",
    help="Folder for the activation files, or the one file. [default: .]",
)
@publish_option
@json_option
@click.pass_obj
def export(
    folder: Path,
    serials: tuple[str, ...],
    batch_file: Path | None,
    number: str | None,
    one_file: bool,
    out: Path | None,
    publish: str | None,
    as_json: bool,
) -> None:
    """Print the public key for --trust; with SERIALs (MACs, or a site's), --batch or --order make their activation
    files again.

    With --one-file there is one activation file for all of them, and each phone activates only its own keys (B6).
    Serve it under the name of each phone, or once as 000000000000-license.cfg. It holds at most 22,900 keys, one for
    each phone and order: a phone reads at most 16 MiB (our choice).
    """
    from phone_sim.authority.activation import licensed_serials
    from phone_sim.errors import UsageError
    from phone_sim.mac_address import MacAddress

    _check_out(out, publish, one_file=one_file)
    wanted = [MacAddress.parse(serial).serial for serial in serials]
    with authority_in(folder) as authority:
        if batch_file is not None:
            wanted += licensed_serials(authority.ledger, read_batch(batch_file))
        if number is not None:
            wanted += _redeemed_serials(authority, number)
        if one_file and not wanted:
            raise UsageError("--one-file is for phones: name them with SERIALs, --batch or --order")
        if one_file and out is not None:
            deliver_one_file(authority, wanted, out, as_json)
        elif wanted:
            deliver(authority, wanted, out, publish, as_json)
        else:
            say(authority.anchor.pem().decode(), nl=False)


def _check_out(out: Path | None, publish: str | None, *, one_file: bool) -> None:
    """Refuse a place that does not go with --one-file, or its absence."""
    from phone_sim.errors import UsageError

    if one_file and (out is None or out.is_dir() or publish is not None):
        raise UsageError("--one-file makes one file: give its name with --out FILE, and no --publish")
    if not one_file and out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is not a folder: give a folder, or --one-file for one activation file")


def _redeemed_serials(authority: "LicenseAuthority", text: str) -> list[str]:
    """The serials that a license number was redeemed for. Raises AuthorityError if there are none."""
    from phone_sim.authority.license_number import parse_number
    from phone_sim.errors import AuthorityError

    found = authority.ledger.redemptions(number=parse_number(text))
    if not found:
        raise AuthorityError(f"the license number {text} is not of this authority, or was not redeemed")
    return [redemption.serial for redemption in found]
