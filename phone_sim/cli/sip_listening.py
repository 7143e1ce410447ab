"""The SIP port of a phone that stays on: a NOTIFY check-sync reboots it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from phone_sim.cli.output import say, talk
from phone_sim.errors import LifecycleError, UsageError

if TYPE_CHECKING:
    from phone_sim.runtime.driver import PhoneDriver
    from phone_sim.runtime.network.sip import SipListener

sip_port_option = click.option(
    "--sip-port",
    type=click.IntRange(0, 65535),
    help="Port to listen at for SIP NOTIFY check-sync; 0 takes a free one. [default: voIpProt.SIP.local.port]",
)


@contextmanager
def sip_listening(driver: "PhoneDriver", port: int | None, host: str) -> Iterator[None]:
    """Answer SIP as the phone, which has booted, at a port of `host`, and say where.

    Without a `port` it is that of the phone's parameters; where that is taken, the phone does not listen, and it is
    said. Raises UsageError if a given port is taken.
    """
    from phone_sim.firmware.check_sync import DEFAULT_SIP_PORT, check_sync_settings

    service = driver.phone.service
    chosen = (
        port if port is not None else DEFAULT_SIP_PORT if service is None else check_sync_settings(service).sip_port
    )
    try:
        listener = _listener(driver, chosen, host)
    except UsageError as error:
        if port is not None:
            raise
        say(f"{error}; --sip-port takes another port", err=True)
        yield
        return
    talk(f"SIP at {host}:{listener.port}, UDP and TCP")
    with listener:
        yield


def _listener(driver: "PhoneDriver", port: int, host: str) -> "SipListener":
    from phone_sim.runtime.network.sip import SipListener

    identity = driver.phone.identity

    def check_sync() -> None:
        try:
            driver.check_sync()
        except LifecycleError as error:
            say(f"check-sync: {error}", err=True)

    return SipListener(host, port, user_agent=identity.profile.sip_user_agent(identity.model), on_check_sync=check_sync)


def _configured_port(driver: "PhoneDriver") -> int:
    from phone_sim.firmware.check_sync import DEFAULT_SIP_PORT, check_sync_settings

    service = driver.phone.service
    return DEFAULT_SIP_PORT if service is None else check_sync_settings(service).sip_port
