"""`phone-sim web`: phones that one can look at, and the activation portal, on a web server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.interruption import handled_by
from phone_sim.cli.named_server import check_servers
from phone_sim.cli.option_types import Instant
from phone_sim.cli.options import json_option
from phone_sim.cli.output import say
from phone_sim.cli.serving import announce
from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.signals import Interrupted

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from phone_sim.web.desk.desk import Desk
    from phone_sim.web.scenario_pages import Scenarios

_FOLDER = click.Path(file_okay=False, path_type=Path)
_SITE = click.Path(exists=True, file_okay=False, path_type=Path)
_PACKAGES = ("fastapi", "h11", "jinja2", "python_multipart", "sse_starlette", "starlette", "uvicorn")


@click.command(short_help="Show phones on a web page, and serve the activation portal.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on. [default: 0, which takes a free one]"
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--name",
    "names",
    metavar="NAME[:PORT]",
    multiple=True,
    help="A name that browsers reach it by; can be given several times.",
)
@click.option(
    "--phone",
    "models",
    metavar="MODEL",
    multiple=True,
    default=[DEFAULT_MODEL],
    show_default=True,
    help="A phone on the desk, switched on; can be given several times.",
)
@click.option("--site", type=_SITE, help="Folder that the boot server serves. [default: one made for the desk]")
@click.option("--server", "url", metavar="URL", help="Boot server of your own, in place of --site.")
@click.option("--authority", type=_FOLDER, help="Folder of the authority. [default: one made for the desk]")
@click.option("--mail-folder", type=_FOLDER, default=Path("mail"), show_default=True, help="Folder for mailed batches.")
@click.option("--now", type=Instant(), help="Time on the clock at the start. [default: the time]")
@click.option(
    "--scenario",
    "scenario_files",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="A scenario that can be run from the page; can be given several times.",
)
@json_option
def command(
    port: int,
    host: str,
    names: tuple[str, ...],
    models: tuple[str, ...],
    site: Path | None,
    url: str | None,
    authority: Path | None,
    mail_folder: Path,
    now: datetime | None,
    scenario_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show phones on a web page, and serve the activation portal (B8), until interrupted.

    A desk of phones with their log, requests and licenses, on a clock that can be sped up; a guided demonstration; the
    portal, with single and batch activation as the bulletin has them; scenarios; an API that does all of it, described
    in /api/openapi.json. The address is on stdout.

    Only this machine can connect, and whoever has an account on it is let in. With another --host, an address with a
    token is on stderr once, and nobody is let in without it. The server speaks HTTP only: who reads that network reads
    the token.

    Example: phone-sim web --port 8000 --phone SPIP_670 --phone VVX_1500
    """
    from phone_sim.errors import UsageError

    if site is not None and url is not None:
        raise UsageError("--site and --server are two boot servers: give one of them")
    check_packages()
    from phone_sim.web.desk.desk import Desk
    from phone_sim.web.desk.server import DeskServer
    from phone_sim.web.scenario_pages import Scenarios

    if url is not None:
        check_servers([url])
    scenarios = Scenarios(scenario_files)
    options = WebServerOptions(host=host, port=port, names=names, mail_folder=mail_folder, as_json=as_json)
    with DeskServer(folder=site, url=url, authority=authority) as server, Desk(server, start=now) as desk:
        for model in models:
            phone = desk.do(partial(desk.put, model))
            desk.do(phone.switch_power)
        options.serve(desk, scenarios=scenarios)


def check_packages() -> None:
    """Import what the web extra brings, before anything is begun that needs it.

    Raises:
        UsageError: one of its packages is not installed; the message says how to get it.
    """
    from importlib import import_module

    from phone_sim.errors import UsageError

    for package in _PACKAGES:
        try:
            import_module(package)
        except ModuleNotFoundError as error:
            missing = (error.name or package).partition(".")[0]
            raise UsageError(
                f"the web page needs {missing}, which is not installed: pip install 'phone-sim[web]'"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServerOptions:
    """Where the web server listens, and what it says of that."""

    host: str = "127.0.0.1"
    port: int = 0
    names: Sequence[str] = ()
    mail_folder: Path = Path("mail")
    as_json: bool = False

    def serve(self, desk: "Desk", page: str = "", scenarios: "Scenarios | None" = None) -> None:
        """Serve a desk and scenarios until `Interrupted`; print the address of the page with the path `page`."""
        from phone_sim.web.server import listen

        with listen(self.host, self.port) as listener:
            self._serve_on(listener, desk, page, scenarios)

    def _serve_on(self, listener: "socket.socket", desk: "Desk", page: str, scenarios: "Scenarios | None") -> None:
        from phone_sim.web.app import make_app
        from phone_sim.web.portal.service import PortalService
        from phone_sim.web.server import server_of
        from phone_sim.web_access import Access, names_of, reached_by

        address, port = listener.getsockname()[:2]
        access = Access.at(address, port, names_of(self.host, self.names))
        portal = PortalService(
            authority_folder=desk.server.authority_folder,
            boot_server=desk.server.licenses,
            mail_folder=self.mail_folder,
        )
        server = server_of(make_app(access=access, portal=portal, desk=desk, scenarios=scenarios), desk.stop)
        url = f"http://{reached_by(address)}:{port}/{page}"
        heard: int | None = None

        def interrupt(number: int, frame: "FrameType | None") -> None:
            nonlocal heard
            heard = number
            server.handle_exit(number, frame)

        with handled_by(interrupt):
            announce("phones and the activation portal", url, as_json=self.as_json)
            if access.token is not None:
                say(f"Open {url}?token={access.token}", err=True)
            server.run(sockets=[listener])
        if heard is not None:
            raise Interrupted(heard)
