"""`phone-sim license batch`: many license numbers at once, and the files by mail (B8)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.license_delivery import after_redemption, authority_in, publish_files, publish_option
from phone_sim.cli.options import json_option
from phone_sim.cli.output import say

if TYPE_CHECKING:
    from phone_sim.authority.activation import BatchLine


@click.command()
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
    folder: Path,
    file: Path,
    mail_to: str,
    smtp: str | None,
    mail_folder: Path,
    all_or_nothing: bool,
    publish: str | None,
    as_json: bool,
) -> None:
    """Redeem the lines of FILE, `license number<TAB>MAC` each, and mail the activation files (batch activation, B8).

    Each line gets its answer. A line that was redeemed before for the same phone is accepted, so a batch that was
    interrupted can be sent again. Ends with 1 if a line was refused.
    """
    from phone_sim.authority.activation import redeem_batch
    from phone_sim.authority.mail import batch_mail, keep, mail_server, send
    from phone_sim.errors import AuthorityError
    from phone_sim.mac_address import MacAddress

    now = datetime.now(UTC)
    batch_mail(mail_to, [], {}, now)  # an address that cannot be used must not cost a license number
    if smtp is not None:
        mail_server(smtp)
    text = read_batch(file)
    with authority_in(folder) as authority:
        lines = redeem_batch(authority.ledger, text, at=now, requester=mail_to, all_or_nothing=all_or_nothing)
        refused = [line for line in lines if line.refused]
        nothing = all_or_nothing and bool(refused)
        serials = [] if nothing else [MacAddress.parse(line.mac).serial for line in lines if not line.refused]
        files = authority.activation_files(serials)
    _print_answers(lines, files, as_json=as_json, nothing_redeemed=nothing)
    with after_redemption(f"license export --batch {file} makes the files again"):
        if files and publish is not None:
            publish_files(files, publish)
        if files:
            mail = batch_mail(mail_to, lines, files, now)
            if smtp is not None:
                send(mail, smtp)
            where = smtp if smtp is not None else keep(mail, mail_folder)
            say(f"{len(files)} activation files mailed to {mail_to}: {where}", err=True)
    if refused:
        raise AuthorityError(f"{len(refused)} of {len(lines)} lines were refused{', nothing was redeemed' * nothing}")


def read_batch(file: Path) -> str:
    """The text of a batch file. Raises UsageError when it is none, or longer than 16 MiB."""
    from phone_sim.authority.activation import BATCH_LIMIT, batch_text

    with file.open("rb") as reader:
        return batch_text(reader.read(BATCH_LIMIT + 1), str(file))


def _print_answers(
    lines: "Sequence[BatchLine]", files: Iterable[str], *, as_json: bool, nothing_redeemed: bool
) -> None:
    from phone_sim.authority.order_report import line_report
    from phone_sim.cli.phone_report import print_json

    if as_json:
        print_json({"lines": [line_report(line) for line in lines], "files": list(files)})
        return
    for line in lines:
        answer = line.answer(nothing_redeemed=nothing_redeemed)
        say(f"line {line.place}: {line.number} {line.mac}: {answer}")
