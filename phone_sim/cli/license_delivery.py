"""The authority at work for the verbs of `license`, and what becomes of the activation files that they make."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.output import say

if TYPE_CHECKING:
    from phone_sim.authority.license_authority import LicenseAuthority
    from phone_sim.file_modes import Modes

out_option = click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the activation files. [default: .]"
)


def _usable_place(_: click.Context, __: click.Parameter, place: str | None) -> str | None:
    """Refuse the URL of no boot server before a license number is redeemed."""
    from phone_sim.errors import UsageError
    from phone_sim.runtime.transport import check_addresses

    if place and "://" in place:
        try:
            check_addresses(place)
        except UsageError as error:
            raise UsageError(f"--publish {error}") from error
    return place or None


publish_option = click.option(
    "--publish",
    metavar="FOLDER|URL",
    callback=_usable_place,
    help="Put the activation files on a boot server: its folder, or by HTTP PUT.",
)


def authority_in(folder: Path) -> "AbstractContextManager[LicenseAuthority]":
    """The authority in a folder."""
    from phone_sim.authority.license_authority import open_authority

    return open_authority(folder)


@contextmanager
def after_redemption(how_to_go_on: str) -> Iterator[None]:
    """What fails from here on costs no license number, and the message says so, and how to go on."""
    from phone_sim.errors import AuthorityError

    again = f"the licenses are redeemed: {how_to_go_on}"
    try:
        yield
    except AuthorityError as error:
        raise AuthorityError(f"{error}; {again}") from error
    except KeyboardInterrupt:
        say(f"Interrupted; {again}", err=True)
        raise


def deliver(
    authority: "LicenseAuthority", serials: list[str], out: Path | None, publish: str | None, as_json: bool
) -> None:
    """Make the activation files, write them for their owner only, and put them on a boot server."""
    from phone_sim.file_modes import PRIVATE

    files = authority.activation_files(serials)
    places = []
    if out is not None or publish is None:
        places += _write(files, out or Path(), PRIVATE)
    if publish is not None:
        places += publish_files(files, publish)
    _say_places(places, as_json)


def deliver_one_file(authority: "LicenseAuthority", serials: list[str], out: Path, as_json: bool) -> None:
    """Make one activation file for all serials, and write it for its owner only."""
    from phone_sim.file_modes import PRIVATE

    _say_places(_write({out.name: authority.activation_file(serials)}, out.parent, PRIVATE), as_json)


def _say_places(places: list[str], as_json: bool) -> None:
    from phone_sim.cli.phone_report import print_json

    if as_json:
        print_json({"files": places})
    else:
        say("\n".join(places))


def _write(files: Mapping[str, bytes], folder: Path, modes: "Modes") -> list[str]:
    from phone_sim.authority.license_authority import write_files

    return [str(path) for path in write_files(files, folder, modes)]


def publish_files(files: Mapping[str, bytes], place: str) -> list[str]:
    """Put files into a folder, or on an HTTP server."""
    from phone_sim.errors import AuthorityError, UsageError
    from phone_sim.file_modes import PUBLISHED
    from phone_sim.firmware.effects import Upload, Uploaded
    from phone_sim.firmware.location import BootServerAddress
    from phone_sim.runtime.transport import network_transport

    if "://" not in place:
        return _write(files, Path(place), PUBLISHED)
    server = BootServerAddress.parse(place)
    urls = []
    with closing(network_transport()) as transport:
        for name, data in files.items():
            location = server.locate("", name)
            if location is None:
                raise UsageError(f"{place!r} is not the address of a boot server")
            reply = transport.upload(Upload(location=location, body=data, user_agent="phone-sim license"))
            if not isinstance(reply, Uploaded):
                raise AuthorityError(f"{location.url}: {reply.reason}")
            urls.append(location.url)
    return urls
