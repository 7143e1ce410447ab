"""`phone-sim serve`: a folder as a boot server."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from phone_sim.boot_server.journal import Journal, Request


@click.command(short_help="Serve a folder as a boot server, over HTTP and TFTP.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--http", "http_port", type=click.IntRange(0, 65535), help="Port for HTTP; 0 takes a free one.")
@click.option("--tftp", "tftp_port", type=click.IntRange(0, 65535), help="Port for TFTP; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="File for the requests, JSON lines.")
@click.option("--upload-limit", type=click.IntRange(0), default=16 * 1024 * 1024, show_default=True, help="In bytes.")
@click.option("--fault", "rules", metavar="RULE", multiple=True, help="A fault on purpose; can be given several times.")
@click.option("--seed", type=int, default=0, show_default=True, help="What chance= and corrupt go by.")
@click.option("--quiet", is_flag=True, help="Print the addresses only, not the requests.")
@json_option
def command(
    folder: Path,
    http_port: int | None,
    tftp_port: int | None,
    host: str,
    journal: Path | None,
    upload_limit: int,
    rules: tuple[str, ...],
    seed: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Serve FOLDER as a boot server, over HTTP and TFTP, until interrupted.

    Without --http and --tftp both are served on free ports. The addresses and then each request are on stdout.
    Uploads go into the folder; nothing outside it is read or written.

    Faults are ours, for tests of what a phone makes of a bad boot server. A RULE is one fault and any conditions,
    and the first rule that holds for a request is used. A fault that a protocol has no equivalent of does nothing
    there.

    \b
    both        404, 503 ...  tftp-error=2  delay=2  stall  drip=10/0.2  down
                reset  reset=100  truncate=100  corrupt  length=+10
    HTTP        type=text/html  redirect-loop  challenge=basic|digest
    TFTP        lose=3  duplicate=3  late=3/0.5  forge=3
    conditions  file=GLOB  phone=MAC  method=GET|PUT|RRQ|WRQ
                nth=2|2-4|2-  chance=0.25

    Example: phone-sim serve site --http 8080 --tftp 6969

    Example: phone-sim serve site --fault "503 file=*-license.cfg nth=1"
    """
    from contextlib import ExitStack

    from phone_sim.boot_server.directory import DirectorySite
    from phone_sim.boot_server.faults import FaultPlan
    from phone_sim.boot_server.http import HttpBootServer
    from phone_sim.boot_server.tftp import TftpBootServer

    if http_port is None and tftp_port is None:
        http_port = tftp_port = 0

    faults = FaultPlan(rules, seed)
    site = DirectorySite(folder, upload_limit=upload_limit)
    with ExitStack() as stack:
        record = stack.enter_context(_journal(journal, None if quiet else partial(_print_request, as_json=as_json)))
        kinds: tuple[type[HttpBootServer | TftpBootServer], ...] = (HttpBootServer, TftpBootServer)
        for kind, port in zip(kinds, (http_port, tftp_port), strict=True):
            if port is not None:
                server = kind(site, host=host, port=port, journal=record, faults=faults)
                stack.enter_context(server)
                click.echo(json.dumps({"serving": server.url}) if as_json else f"Serving {folder} on {server.url}")
        _wait_for_interrupt()


def _journal(file: Path | None, on_request: "Callable[[Request], None] | None") -> "Journal":
    from phone_sim.boot_server.journal import Journal
    from phone_sim.errors import UsageError

    try:
        return Journal(file=file, on_request=on_request)
    except OSError as error:
        raise UsageError(f"--journal {file}: {error.strerror}") from error


def _print_request(request: "Request", *, as_json: bool) -> None:
    from phone_sim.boot_server.journal import BROKEN_OFF

    status = {0: "ok", BROKEN_OFF: "broken off"}.get(request.status, request.status)
    shown = f"{request.at:%H:%M:%S} {request.client} {request.method} {request.path} {status} {request.size} bytes"
    fault = f", fault: {request.fault}" if request.fault else ""
    click.echo(request.as_json() if as_json else shown + fault)


def _wait_for_interrupt() -> None:
    """Return never; SIGINT and SIGTERM end it as KeyboardInterrupt, also where a shell has them ignored."""
    import signal
    import threading

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    threading.Event().wait()
