"""`phone-sim web`: the web server, with the activation portal."""

import signal
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.serving import announce

if TYPE_CHECKING:
    import socket

    from phone_sim.web.portal_counter import Counter

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PACKAGES = {"h11", "jinja2", "python_multipart", "starlette", "uvicorn"}


@click.command(short_help="Serve the activation portal of a license authority.")
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
    "--authority",
    type=_FOLDER,
    default=Path("authority"),
    show_default=True,
    envvar="PHONE_SIM_AUTHORITY",
    help="Folder of the authority.",
)
@click.option("--publish", type=_FOLDER, help="Folder of a boot server that gets each activation file.")
@click.option(
    "--mail-folder",
    type=_FOLDER,
    default=Path("mail"),
    show_default=True,
    help="Folder for the mails to who sends a batch.",
)
@json_option
def command(
    port: int,
    host: str,
    names: tuple[str, ...],
    authority: Path,
    publish: Path | None,
    mail_folder: Path,
    as_json: bool,
) -> None:
    """Serve the activation portal of a license authority (B8), until interrupted.

    Single and batch activation as the bulletin has them, and the orders. The address is on stdout.

    Only this machine can connect, and whoever has an account on it is let in. With another --host, an address with a
    token is on stderr once, and nobody is let in without it. The server speaks HTTP only: who reads that network reads
    the token.

    \b
    Example: phone-sim license init
             phone-sim web --port 8000 --publish site
    """
    try:
        _serve(host, port, names, authority, publish, mail_folder, as_json)
    except ModuleNotFoundError as error:
        from phone_sim.errors import UsageError

        package = (error.name or "").partition(".")[0]
        if package not in _PACKAGES:
            raise
        raise UsageError(
            f"phone-sim web needs {package}, which is not installed: pip install 'phone-sim[web]'"
        ) from error


def _serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    authority: Path,
    publish: Path | None,
    mail_folder: Path,
    as_json: bool,
) -> None:
    import python_multipart  # noqa: F401 - starlette does without it, until a form is sent

    from phone_sim.authority.office import open_office
    from phone_sim.web.portal_counter import Counter
    from phone_sim.web.server import listen

    with open_office(authority):
        counter = Counter(authority=authority, boot_server=publish, mail_folder=mail_folder)
    listener = listen(host, port)
    with listener:
        _serve_on(listener, counter, _names_of(host, names), as_json)


def _serve_on(listener: "socket.socket", counter: "Counter", names: Sequence[str], as_json: bool) -> None:
    """Serve until SIGINT or SIGTERM, which end it as KeyboardInterrupt, also where a shell has them ignored."""
    from phone_sim.web.app import make_app
    from phone_sim.web.security import Access
    from phone_sim.web.server import server_of

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    address, port = listener.getsockname()[:2]
    access = Access.at(address, port, names)
    server = server_of(make_app(access=access, counter=counter))
    url = f"http://{_reached_by(address)}:{port}/portal"
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    announce("the activation portal", as_json)(url)
    if access.token is not None:
        click.echo(f"Open {url}?token={access.token}", err=True)
    server.run(sockets=[listener])


def _names_of(host: str, names: Iterable[str]) -> list[str]:
    """The names that were given, this machine's, and the host if it is a name."""
    import socket
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return [*names, socket.gethostname(), host]
    return [*names, socket.gethostname()]


def _reached_by(address: str) -> str:
    """The host of an address that is listened on, as a browser takes it; this machine's name for all addresses."""
    import socket
    from ipaddress import ip_address

    if ip_address(address).is_unspecified:
        return socket.gethostname()
    return f"[{address}]" if ":" in address else address
