"""What the verbs that serve have in common: their options, their lines, and serving until interrupted."""

import json
from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from phone_sim.cli.interruption import interrupted_on_waiting

if TYPE_CHECKING:
    from phone_sim.boot_server.faults import FaultPlan
    from phone_sim.boot_server.journal import Journal, Request
    from phone_sim.boot_server.site import Site

_WORDS_WIDTH = 60

http_option = click.option(
    "--http", "http_port", type=click.IntRange(0, 65535), help="Port for HTTP; 0 takes a free one."
)
tftp_option = click.option(
    "--tftp", "tftp_port", type=click.IntRange(0, 65535), help="Port for TFTP; 0 takes a free one."
)
host_option = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
fault_option = click.option(
    "--fault", "rules", metavar="RULE", multiple=True, help="A fault on purpose, as below. Can be repeated."
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="What chance= and corrupt go by.")


class FaultCommand(click.Command):
    """A verb with `--fault`; its help ends with how faults and conditions are written."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the faults by protocol, and the conditions."""
        from phone_sim.boot_server.fault_kinds import FAULTS
        from phone_sim.boot_server.faults import CONDITIONS

        groups: dict[str, list[str]] = {}
        for fault in FAULTS:
            protocols = [name for name, text in (("HTTP", fault.on_http), ("TFTP", fault.on_tftp)) if text]
            groups.setdefault(" and ".join(protocols), []).extend(fault.examples)
        with formatter.section("Faults"):
            formatter.write_dl([(protocols, _unbroken(words)) for protocols, words in groups.items()])
        with formatter.section("Conditions"):
            formatter.write_dl([(condition.form, condition.meaning) for condition in CONDITIONS.values()])
        super().format_epilog(ctx, formatter)


def _unbroken(words: list[str]) -> str:
    """Words in lines that click leaves as they are: it would break a word at its hyphen."""
    return "\b\n" + "\n".join(wrap("  ".join(words), _WORDS_WIDTH, break_on_hyphens=False))


def request_line(request: "Request") -> str:
    """A request and its outcome, for people."""
    from phone_sim.boot_server.journal import BROKEN_OFF

    status = {0: "ok", BROKEN_OFF: "broken off"}.get(request.status, request.status)
    fault = f", fault: {request.fault}" if request.fault else ""
    path = "".join(each if each.isprintable() else "?" for each in request.path)
    return f"{request.at:%H:%M:%S} {request.client} {request.method} {path} {status} {request.size} bytes{fault}"


def announce(what: str, as_json: bool) -> Callable[[str], None]:
    """What prints the addresses at which something is served."""
    return lambda url: click.echo(json.dumps({"serving": url}) if as_json else f"Serving {what} on {url}")


def serve_until_interrupted(
    site: "Site",
    journal: "Journal",
    faults: "FaultPlan | None",
    host: str,
    http_port: int | None,
    tftp_port: int | None,
    on_start: Callable[[str], None],
) -> None:
    """Serve a site, on both protocols where no port is given; `on_start` is told each address once all can be used.

    SIGINT and SIGTERM end it as KeyboardInterrupt.
    """
    from contextlib import ExitStack

    with interrupted_on_waiting() as wait, ExitStack() as stack:
        from phone_sim.boot_server.http import HttpBootServer
        from phone_sim.boot_server.tftp import TftpBootServer

        started: list[str] = []
        if http_port is None and tftp_port is None:
            http_port = tftp_port = 0
        if http_port is not None:
            http = HttpBootServer(site, host=host, port=http_port, journal=journal, faults=faults)
            started.append(stack.enter_context(http).url)
        if tftp_port is not None:
            tftp = TftpBootServer(site, host=host, port=tftp_port, journal=journal, faults=faults)
            started.append(stack.enter_context(tftp).url)
        for url in started:
            on_start(url)
        wait()
