"""The boot server that a verb is told: its addresses are checked, and with `--wait` it may still be being started."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from phone_sim.cli.option_types import FiniteRange
from phone_sim.cli.output import progress
from phone_sim.errors import UsageError

if TYPE_CHECKING:
    from phone_sim.runtime.transport import Transport

wait_option = click.option(
    "--wait",
    type=FiniteRange(0, 3600),
    default=0.0,
    metavar="SECONDS",
    help="Wait up to this long for the boot server to answer. [default: 0]",
)


def check_servers(given: Iterable[str]) -> str:
    """The addresses of boot servers with blanks between.

    Raises:
        UsageError: one is not an address of a boot server, or of a protocol that no phone speaks.
    """
    from phone_sim.runtime.transport import check_addresses

    addresses = " ".join(given)
    try:
        if addresses:
            check_addresses(addresses)
    except UsageError as error:
        raise UsageError(f"--server: {error}") from error
    return addresses


def await_server(addresses: str, seconds: float, transport: "Transport") -> None:
    """Wait for one of the boot servers, and close the transport where none answers in time.

    Raises:
        UsageError: there is something to wait, and no server.
        BootServerUnreachableError: none answers in time.
    """
    from phone_sim.firmware.location import BootServerAddress
    from phone_sim.runtime.server_wait import wait_for_server

    if not seconds:
        return
    check_wait(addresses, seconds)
    servers = " ".join(server.root for server in BootServerAddress.parse_all(addresses))
    progress(f"Waiting up to {seconds:g} s for {servers}")
    try:
        wait_for_server(addresses, seconds, transport)
    except BaseException:
        transport.close()
        raise


def check_wait(addresses: str, seconds: float) -> None:
    """Refuse to wait for no server. Raises UsageError."""
    if seconds and not addresses:
        raise UsageError("--wait needs a boot server that is named: without one, it does nothing")
