"""What the verbs that serve have in common: their options, their lines, and serving until interrupted."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from phone_sim.cli.interruption import interrupted_on_waiting
from phone_sim.cli.output import say, say_json
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.boot_server.faults import FaultPlan
    from phone_sim.boot_server.journal import Journal, Request
    from phone_sim.boot_server.server import BootServer
    from phone_sim.boot_server.site import Site

Function = TypeVar("Function", bound=Callable[..., Any])

_PORT = click.IntRange(0, 65535)
_FILE = click.Path(dir_okay=False, path_type=Path)
_WORDS_WIDTH = 60

fault_option = click.option(
    "--fault", "rules", metavar="RULE", multiple=True, help="A fault on purpose, as below. Can be repeated."
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Seed of chance= and corrupt.")


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


def print_request(request: "Request", *, as_json: bool) -> None:
    """Print a request and its outcome, for people or as a line of JSON."""
    if as_json:
        say_json(request.as_json())
    else:
        say(visible(_request_line(request), kept=""))


def _request_line(request: "Request") -> str:
    from phone_sim.boot_server.journal import BROKEN_OFF

    status = {0: "ok", BROKEN_OFF: "broken off"}.get(request.status, request.status)
    fault = f", fault: {request.fault}" if request.fault else ""
    asked = f"{request.method or 'unreadable:'} {request.path}"
    return f"{request.at:%H:%M:%S} {request.client} {asked} {status} {request.size} bytes{fault}"


def announce(what: str, url: str, *, as_json: bool) -> None:
    """Print the address at which something is served."""
    if as_json:
        say_json(json.dumps({"serving": url}))
    else:
        say(f"Serving {what} on {url}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingOptions:
    """Where a verb serves, as its options say."""

    http_port: int | None = None
    https_port: int | None = None
    tftp_port: int | None = None
    host: str = "127.0.0.1"
    certificate: Path | None = None
    write_ca: Path | None = None

    def serve(
        self,
        site: "Site",
        journal: "Journal",
        *,
        what: str,
        as_json: bool,
        faults: "FaultPlan | None" = None,
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        """Serve a site, and print each address once all can be used and `on_start` was called.

        A signal ends it as `Interrupted`.

        Raises:
            UsageError: for options that do not fit together, and for a port or a file that cannot be used.
        """
        with interrupted_on_waiting() as wait, self._boot_server(site, journal, faults) as server:
            ca_file = self._ca_file(server)
            on_start()
            for url in server.urls:
                announce(what, url, as_json=as_json)
            if ca_file is not None:
                say(f"HTTPS clients have to trust {ca_file}: phone-sim boot --ca-file {ca_file}", err=True)
            wait()

    def _boot_server(self, site: "Site", journal: "Journal", faults: "FaultPlan | None") -> "BootServer":
        from phone_sim.boot_server.server import BootServer
        from phone_sim.errors import UsageError

        if self.https_port is None and (self.certificate or self.write_ca):
            raise UsageError(f"{'--certificate' if self.certificate else '--write-ca'} is for HTTPS: add --https")
        if self.certificate and self.write_ca:
            raise UsageError("--write-ca is for the authority that is made without --certificate: give one of them")
        by_default = 0 if self.http_port is self.https_port is self.tftp_port is None else None
        return BootServer(
            site,
            host=self.host,
            http_port=by_default if self.http_port is None else self.http_port,
            https_port=self.https_port,
            tftp_port=by_default if self.tftp_port is None else self.tftp_port,
            certificate=self.certificate,
            faults=faults,
            journal=journal,
        )

    def _ca_file(self, server: "BootServer") -> Path | None:
        """The file that clients have to trust, where --write-ca wants it."""
        from phone_sim.errors import UsageError
        from phone_sim.whole_file import replace_report

        if server.ca_file is None or self.write_ca is None:
            return server.ca_file
        try:
            replace_report(self.write_ca, server.ca_file.read_bytes())
        except OSError as error:
            raise UsageError(f"--write-ca {self.write_ca}: {error.strerror}") from error
        return self.write_ca


_SERVING_OPTIONS = (
    click.option("--http", "http_port", type=_PORT, help="Port for HTTP; 0 takes a free one."),
    click.option("--https", "https_port", type=_PORT, help="Port for HTTPS; 0 takes a free one."),
    click.option("--tftp", "tftp_port", type=_PORT, help="Port for TFTP; 0 takes a free one."),
    click.option("--host", default="127.0.0.1", show_default=True, help="IPv4 or IPv6 address to listen on."),
    click.option(
        "--certificate",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE.pem",
        help="Certificate for HTTPS, with its key. [default: one made by a test authority]",
    ),
    click.option(
        "--write-ca",
        type=_FILE,
        metavar="FILE.pem",
        help="File for the certificate of that authority, which clients have to trust.",
    ),
)


def serving_options(function: Function) -> Function:
    """Give a verb the options of `ServingOptions`, which it gets as `serving`."""

    @wraps(function)
    def with_serving(**values: Any) -> Any:
        fields = {name: values.pop(name) for name in ServingOptions.__slots__}
        return function(serving=ServingOptions(**fields), **values)

    wrapped: Any = with_serving
    for option in reversed(_SERVING_OPTIONS):
        wrapped = option(wrapped)
    return cast(Function, wrapped)
