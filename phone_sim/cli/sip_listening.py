"""The SIP port of a phone that stays on: a NOTIFY check-sync reboots it."""

from typing import TYPE_CHECKING, Self

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


class SipPort:
    """Where a phone answers SIP: a context manager that listens at `port` of `host`, once the phone has booted.

    Without a `port` it is that of the phone's parameters. Where that is taken, the phone does not listen, and it is
    said. Raises UsageError if a given port is taken.
    """

    def __init__(self, driver: "PhoneDriver", port: int | None, host: str) -> None:
        self._driver = driver
        self._given = port
        self._host = host
        self._chosen: int | None = None
        self._listener: SipListener | None = None

    def follow(self) -> None:
        """Listen at another port if the phone has rebooted into parameters that name one."""
        chosen = self._given if self._given is not None else self._configured_port()
        if chosen is None or chosen == self._chosen:
            return
        self._close()
        self._chosen = chosen
        try:
            self._listener = self._listening(chosen)
        except UsageError as error:
            if self._given is not None:
                raise
            say(f"{error}; --sip-port takes another port", err=True)
        else:
            talk(f"SIP at {self._host}:{self._listener.port}, UDP and TCP")

    def __enter__(self) -> Self:
        self.follow()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _configured_port(self) -> int | None:
        """The port of the phone's parameters; None while it boots or is off."""
        from phone_sim.firmware.check_sync import check_sync_settings

        service = self._driver.phone.service
        return None if service is None else check_sync_settings(service).sip_port

    def _listening(self, port: int) -> "SipListener":
        from phone_sim.runtime.network.sip import SipListener

        identity = self._driver.phone.running
        agent = identity.profile.sip_user_agent(identity.model)
        listener = SipListener(self._host, port, user_agent=agent, on_check_sync=self._check_sync)
        listener.start()
        return listener

    def _check_sync(self) -> None:
        try:
            self._driver.check_sync()
        except LifecycleError as error:
            say(f"check-sync: {error}", err=True)

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
