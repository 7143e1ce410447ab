"""`phone-sim serve`: a folder as a boot server."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.serving import (
    FaultCommand,
    ServingOptions,
    fault_option,
    print_request,
    seed_option,
    serving_options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from phone_sim.boot_server.journal import Journal, Request


@click.command(cls=FaultCommand, short_help="Serve a folder as a boot server, over HTTP, HTTPS and TFTP.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@serving_options
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="File for the requests, JSON lines.")
@click.option(
    "--journal-limit",
    type=click.IntRange(1),
    default=64,
    show_default=True,
    help="Maximum size of that file in MiB; a full one is renamed to FILE.1, FILE.2, ... and kept.",
)
@click.option(
    "--upload-limit",
    type=click.IntRange(0),
    default=16 * 1024 * 1024,
    show_default=True,
    help="Maximum size of an upload in bytes; 0 refuses all.",
)
@click.option(
    "--uploads",
    metavar="GLOB",
    multiple=True,
    help="Files that clients may upload, '*' for all. Can be repeated.  [default: what a phone writes]",
)
@fault_option
@seed_option
@click.option("--quiet", is_flag=True, help="Print the addresses only, not the requests.")
@json_option
def command(
    folder: Path,
    serving: ServingOptions,
    journal: Path | None,
    journal_limit: int,
    upload_limit: int,
    uploads: tuple[str, ...],
    rules: tuple[str, ...],
    seed: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Serve FOLDER as a boot server, over HTTP, HTTPS and TFTP, until interrupted.

    Without --http, --https and --tftp, HTTP and TFTP are served on free ports. The addresses and then each request are
    on stdout. Uploads go into the folder; nothing outside it is read or written.

    By default only what a phone writes may be uploaded, in any folder: <mac>-*.log, <mac>-phone.cfg, <mac>-web.cfg,
    <mac>-directory.xml and <mac>-calls.xml. Whatever --uploads says, an upload never overwrites a license file or a
    master configuration file with another: put these into FOLDER. What is refused is a 403, on TFTP error 2; on a full
    disk an upload is a 507, on TFTP error 3. These rules are our choice.

    HTTPS has the certificate that --certificate names. Without one, a new authority makes one for --host; clients
    trust it with the file that is named on stderr, or that --write-ca names: phone-sim boot --ca-file FILE.pem.

    A RULE spoils answers on purpose, to test what a phone does with a bad boot server. It is one fault and any
    conditions. The first rule that holds for a request is used. A fault does nothing on a protocol that has no
    equivalent of it. The faults are our choice.

    Example: phone-sim serve site --http 8080 --tftp 6969

    Example: phone-sim serve site --host ::1 --https 8443 --write-ca ca.pem

    Example: phone-sim serve site --fault "503 file=*-license.cfg nth=1"
    """
    from phone_sim.boot_server.faults import FaultPlan
    from phone_sim.boot_server.folder_site import FolderSite
    from phone_sim.boot_server.uploads import UploadRules

    faults = FaultPlan(rules, seed)
    site = FolderSite(folder, upload_limit=upload_limit, uploads=UploadRules(globs=uploads))
    site.remove_leftovers()
    with _journal(journal, journal_limit, None if quiet else partial(print_request, as_json=as_json)) as record:
        serving.serve(site, record, what=str(folder), as_json=as_json, faults=faults)


def _journal(file: Path | None, mebibytes: int, on_request: "Callable[[Request], None] | None") -> "Journal":
    """The journal of the requests. Raises UsageError if its file cannot be written."""
    from phone_sim.boot_server.journal import Journal
    from phone_sim.errors import UsageError

    try:
        return Journal(capacity=0, file=file, file_limit=mebibytes * 1024 * 1024, on_request=on_request)
    except OSError as error:
        raise UsageError(f"--journal {file}: {error.strerror}") from error
