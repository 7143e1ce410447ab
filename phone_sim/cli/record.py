"""`phone-sim record`: a boot server between phones and the real one, which writes down what is said."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.report_file import ReportFile
from phone_sim.cli.serving import (
    FaultCommand,
    ServingOptions,
    fault_option,
    print_request,
    seed_option,
    serving_options,
)

if TYPE_CHECKING:
    from phone_sim.boot_server.journal import Contents, Journal, Request
    from phone_sim.firmware.location import BootServerAddress
    from phone_sim.recording.files import IfThere, Recorder
    from phone_sim.recording.proxy import ProxySite

_MEBI = 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=FaultCommand, short_help="Stand between phones and a boot server, and record.")
@click.argument("url")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File for the recording.")
@serving_options
@fault_option
@seed_option
@click.option("--body-limit", type=click.IntRange(0, 64), default=16, show_default=True, help="Largest file kept, MiB.")
@click.option(
    "--file-limit", type=click.IntRange(1, 256), default=256, show_default=True, help="Of the recording, MiB."
)
@click.option("--append", is_flag=True, help="Add to the recording in --out, if there is one.")
@click.option("--force", is_flag=True, help="Replace the file --out, if there is one.")
@click.option("--har", type=ReportFile(), metavar="FILE", help="Write the recording as HAR 1.2 as well, in the end.")
@click.option("--ca-file", type=_FILE, help="Authorities that the server is checked with, PEM.")
@click.option("--client-cert", type=_FILE, help="Certificate and key to show to the server, PEM.")
@json_option
def command(
    url: str,
    out: Path,
    serving: ServingOptions,
    rules: tuple[str, ...],
    seed: int,
    body_limit: int,
    file_limit: int,
    append: bool,
    force: bool,
    har: Path | None,
    ca_file: Path | None,
    client_cert: Path | None,
    as_json: bool,
) -> None:
    """Stand between phones, ours or real ones, and the boot server at URL, and record what is said, until interrupted.

    Phones ask here, over HTTP, HTTPS or TFTP; without --http, --https and --tftp, HTTP and TFTP are served on free
    ports. URL may be http, https, ftp, ftps or tftp, and hold a user and password to log in with. Each request is a
    line on stdout, without what follows `?`. The certificate of HTTPS is as that of serve.

    From HTTP to HTTP all is passed on: requests with their headers, answers with status, headers and bytes. A redirect
    is passed on as well; one to the server itself leads here. Without a password in URL a client logs in itself. From
    and to the other protocols the file is passed on, and redirects are followed. A server that gives no whole answer
    is a 502, on TFTP error 0.

    The recording has all that, but no credentials: no passwords in URLs, no Authorization, cookies or nonces, and not
    what follows `?` in the address of a request. Configuration files hold passwords of their own: keep the recording
    as safe as these.

    A file --out that is not empty is refused, without --append or --force. --append takes a recording of the same
    server; a last line that breaks off is removed.

    Example: phone-sim record http://10.0.0.1/ --out dialogue.jsonl --http 8080
    """
    from phone_sim.boot_server.faults import FaultPlan
    from phone_sim.cli.har_file import write_har

    server, faults = _server(url), FaultPlan(rules, seed)
    with ExitStack() as stack:
        site = stack.enter_context(_proxy(server, ca_file, client_cert))
        recorder = stack.enter_context(
            _recorder(out, server, _if_there(append, force), body_limit=body_limit, file_limit=file_limit)
        )

        def on_start() -> None:
            recorder.begin()
            if har is not None:
                stack.callback(write_har, out, har)

        journal = _journal(recorder, as_json=as_json)
        serving.serve(site, journal, what=server.root, as_json=as_json, faults=faults, on_start=on_start)


@contextmanager
def _proxy(server: "BootServerAddress", ca_file: Path | None, client_cert: Path | None) -> Iterator["ProxySite"]:
    """The site that passes on what it is asked to the server. Raises UsageError for a file that cannot be used."""
    from phone_sim.recording.proxy import ProxySite, Transports
    from phone_sim.runtime.transport import network_transport
    from phone_sim.runtime.transport.http_passing import passing_http

    make = partial(network_transport, ca_file=ca_file, client_cert=client_cert)
    make().close()  # complains about its files now and not at the first request
    make_passing = partial(passing_http, ca_file=ca_file, client_cert=client_cert)
    with closing(Transports(make)) as transports, closing(Transports(make_passing)) as passing:
        yield ProxySite(server=server, transports=transports, passing=passing)


def _journal(recorder: "Recorder", *, as_json: bool) -> "Journal":
    """The journal that records and prints each request, as the recording has it: without what follows `?`."""
    from phone_sim.boot_server.journal import Journal

    def on_exchange(request: "Request", contents: "Contents") -> None:
        recorder.record(request, contents)
        print_request(replace(request, path=request.path.partition("?")[0]), as_json=as_json)

    return Journal(capacity=0, on_exchange=on_exchange)


def _if_there(append: bool, force: bool) -> "IfThere":
    from phone_sim.errors import UsageError
    from phone_sim.recording.files import IfThere

    if append and force:
        raise UsageError("--append keeps what is in the file, and --force does not: give one of them")
    return IfThere.APPEND if append else IfThere.REPLACE if force else IfThere.REFUSE


def _recorder(
    out: Path, server: "BootServerAddress", if_there: "IfThere", *, body_limit: int, file_limit: int
) -> "Recorder":
    """What writes the recording; limits are in MiB. Raises UsageError for a file that cannot be written."""
    from datetime import UTC, datetime

    from phone_sim.cli.phone_report import talk
    from phone_sim.errors import UsageError
    from phone_sim.recording.files import Recorder

    try:
        return Recorder(
            out,
            server.root,
            datetime.now(UTC),
            body_limit=body_limit * _MEBI,
            file_limit=file_limit * _MEBI,
            if_there=if_there,
            on_end=lambda why: talk(f"{out}: {why}; what comes is not recorded"),
        )
    except FileExistsError as error:
        raise UsageError(f"--out {out}: {error.strerror}; --append adds to it, --force replaces it") from error
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from error


def _server(url: str) -> "BootServerAddress":
    """The boot server at the address. Raises UsageError for one that cannot be spoken to."""
    from phone_sim.firmware.location import BootServerAddress
    from phone_sim.runtime.transport import check_addresses

    server = BootServerAddress.parse(url)
    check_addresses(url)
    return server
