"""`phone-sim replay`: a recording as a boot server."""

from functools import partial
from pathlib import Path

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.report_file import ReportFile
from phone_sim.cli.serving import ServingOptions, print_request, serving_options
from phone_sim.printable import visible


@click.command(short_help="Serve a recording as a boot server.")
@click.argument("file", type=click.Path(path_type=Path))
@serving_options
@click.option("--har", type=ReportFile(), metavar="FILE", help="Write the recording as HAR 1.2, and serve nothing.")
@json_option
def command(file: Path, serving: ServingOptions, har: Path | None, as_json: bool) -> None:
    """Serve the recording FILE as a boot server, over HTTP, HTTPS and TFTP, until interrupted.

    The nth request for a file gets the nth answer of the recording, over HTTP with its status, headers and bytes, and
    after the last one the last again. A redirect to the recorded server leads here. What was never asked for in the
    recording is a 404 and is said on stderr. Uploads are answered and not kept. A transfer that a fault broke off is a
    502, on TFTP error 0. Each request is a line on stdout.

    Example: phone-sim replay dialogue.jsonl --http 8080
    """
    from phone_sim.boot_server.journal import Journal
    from phone_sim.cli.har_file import write_har
    from phone_sim.cli.phone_report import talk
    from phone_sim.cli.recording_file import load
    from phone_sim.recording.replay import ReplaySite

    if har is not None:
        write_har(file, har)
        return

    def on_unknown(what: str) -> None:
        talk(visible(what, kept=""))

    site = ReplaySite(load(file), on_unknown)
    journal = Journal(capacity=0, on_request=partial(print_request, as_json=as_json))
    serving.serve(site, journal, what=str(file), as_json=as_json)
