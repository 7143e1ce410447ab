"""Options that several verbs share, and the phone that they describe."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from phone_sim.cli.boot_rom_options import BOOT_ROM_OPTIONS
from phone_sim.cli.named_server import await_server, check_servers, wait_option
from phone_sim.cli.option_types import FiniteRange, Numbers
from phone_sim.cli.output import quiet_option, talk, warn
from phone_sim.cli.tls_options import ciphers_option, phone_tls, tls_max_of_firmware_option, tls_min_option
from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import UsageError
from phone_sim.firmware.license_fetch import DEFAULT_LICENSE_FETCH, LICENSE_FETCH
from phone_sim.mac_address import DEFAULT_MAC

if TYPE_CHECKING:
    from phone_sim.firmware.session import Identity
    from phone_sim.runtime.clock import Clock
    from phone_sim.runtime.driver import PhoneDriver
    from phone_sim.runtime.flash_file import Flash
    from phone_sim.runtime.network import Network
    from phone_sim.runtime.scheduler import Scheduler
    from phone_sim.runtime.transport import Limits, Tls, Transport

Function = TypeVar("Function", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_SITE = click.Path(exists=True, file_okay=False, path_type=Path)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
model_option = click.option("--model", default=DEFAULT_MODEL, show_default=True, help="Model of the phone.")
mac_option = click.option("--mac", default=DEFAULT_MAC.digits, show_default=True, help="MAC address, 12 digits.")
firmware_option = click.option(
    "--firmware",
    help="Firmware version, 3.0 to 5.x: a release such as 3.3.1, or a build such as 3.3.1.0907. [default: 3.3.0; of a "
    "model beyond the bulletin, the latest known for it]",
)
trust_option = click.option(
    "--trust",
    type=_FILE,
    metavar="KEY.pem",
    help="Public key that license keys are verified with. [default: test pair]",
)
ca_file_option = click.option(
    "--ca-file", type=_FILE, help="Authorities for HTTPS, FTPS and LDAPS servers. [default: certifi's]"
)
client_certs_option = click.option(
    "--client-cert",
    type=click.Path(path_type=Path),
    metavar="FILE.pem",
    help="Each phone's own certificate, with its key; <MAC> in the name is its address.",
)
client_cert_option = click.option(
    "--client-cert", type=_FILE, metavar="FILE.pem", help="The phone's own certificate, with its key."
)
site_option = click.option("--site", type=_SITE, help="Folder of a boot server's files, read without a server.")
models_option = click.option(
    "--models", "models_folder", type=_FOLDER, help="Folder with model files besides the shipped ones."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneOptions:
    """The phone that the options of `boot` and `run` describe."""

    server: tuple[str, ...]
    stay: bool
    model: str
    mac: str
    firmware: str | None
    license_fetch: str
    state_dir: Path | None
    trust: Path | None
    ca_file: Path | None
    client_cert: Path | None
    tls_min: str | None
    tls_max: str | None
    ciphers: str
    source_address: str | None
    sntp: bool
    dhcp: str | None
    dhcp_options: tuple[int, ...] | None
    wait: float
    timeout: float
    log_style: str
    log_missed: str | None
    boot_rom: bool
    image: str
    installed: str
    models_folder: Path | None

    @contextmanager
    def plugged_in(
        self, clock: "Clock", scheduler: "Scheduler", listener: Callable[[str], None]
    ) -> "Iterator[PhoneDriver]":
        """The phone, not switched on yet; `listener` gets the lines of its log."""
        from phone_sim.firmware.phone import Phone
        from phone_sim.runtime.boot_time import BOOT_TIMEOUTS
        from phone_sim.runtime.driver import PhoneDriver
        from phone_sim.runtime.log_sink import LogSink

        identity = self.identity()
        warn(identity.firmware_warning)
        if self.trust is None:
            talk("This phone trusts the public test pair, with which anybody can sign (see --trust).")
        with (
            self.flash(identity) as flash,
            closing(self.transport()) as transport,
            closing(self.network()) as network,
        ):
            yield PhoneDriver(
                Phone(identity),
                clock=clock,
                scheduler=scheduler,
                transport=transport,
                flash=flash,
                log=LogSink(listener),
                network=network,
                boot_seconds=BOOT_TIMEOUTS * self.timeout,
            )

    def identity(self) -> "Identity":
        """Who the phone is."""
        from phone_sim.firmware.lease import DhcpSettings
        from phone_sim.firmware.log_line import LogStyle
        from phone_sim.runtime.identity import make_identity
        from phone_sim.runtime.model_files import load_model

        addresses = check_servers(self.server)
        if self.dhcp is None and self.dhcp_options is not None:
            raise UsageError("--dhcp-options says what to look for in a lease, so it needs --dhcp")
        options = {} if self.dhcp_options is None else {"boot_server_options": self.dhcp_options}
        return make_identity(
            addresses,
            model=load_model(self.model, self.models_folder),
            mac=self.mac,
            firmware=self.firmware,
            trust=self.trust,
            always_fetches_license=LICENSE_FETCH[self.license_fetch],
            dhcp=None if self.dhcp is None else DhcpSettings(**options),
            style=LogStyle(self.log_style),
            missed=self.log_missed,
            boot_rom=self.boot_rom,
            image=self.image,
            installed=self.installed,
        )

    @contextmanager
    def flash(self, identity: "Identity") -> "Iterator[Flash]":
        """The phone's flash: a file in the state folder, or memory."""
        from phone_sim.runtime.flash_file import MemoryFlash, held_flash

        if self.state_dir is None:
            yield MemoryFlash()
            return
        with ExitStack() as stack:
            try:
                flash = stack.enter_context(held_flash(self.state_dir, str(identity.mac)))
            except OSError as error:
                raise UsageError(f"--state-dir {self.state_dir}: {error.strerror}") from error
            except UsageError as error:
                raise UsageError(f"--state-dir {error}; end it, or give another --state-dir or --mac") from error
            yield flash

    def transport(self) -> "Transport":
        """The phone's way to its boot server, once that answers if `wait` says so. Raises PhoneSimError."""
        from phone_sim.runtime.transport import network_transport

        tls = self._tls()
        transport = network_transport(
            limits=self._limits(),
            ca_file=tls.ca_file,
            client_cert=tls.client_cert,
            tls_min=tls.oldest,
            tls_max=tls.newest_spoken,
            ciphers=tls.ciphers,
            source_address=self.source_address,
        )
        await_server(check_servers(self.server), self.wait, transport)
        return transport

    def network(self) -> "Network":
        """The servers besides the boot server that the phone speaks to, if it is told of them."""
        from phone_sim.runtime.network import Network
        from phone_sim.runtime.network.dhcp import DhcpClient
        from phone_sim.runtime.network.ldap import make_corporate_directory
        from phone_sim.runtime.network.sntp import SntpClient
        from phone_sim.runtime.network.syslog import SyslogSender

        return Network(
            lease=None if self.dhcp is None else DhcpClient(self.dhcp).lease,
            corporate_directory=make_corporate_directory(self._limits(), self._tls(), self.source_address),
            time=SntpClient(source_address=self.source_address).tell if self.sntp else None,
            syslog=SyslogSender(self.source_address),
            other_boot_servers=not self.stay,
        )

    def check_clock(self, *others: tuple[str, bool]) -> None:
        """Refuse options that set the clock, or not, where SNTP does; each comes with whether it was given."""
        given = [name for name, is_given in others if is_given]
        if self.sntp and given:
            raise UsageError(f"--sntp goes with no {given[0]}: the clock starts unset, and the time server sets it")

    def _tls(self) -> "Tls":
        """How it speaks TLS."""
        from phone_sim.firmware.profile import usual_firmware
        from phone_sim.runtime.model_files import load_model

        return phone_tls(
            self.firmware or usual_firmware([load_model(self.model, self.models_folder)]),
            ca_file=self.ca_file,
            client_cert=self.client_cert,
            tls_min=self.tls_min,
            tls_max=self.tls_max,
            ciphers=self.ciphers,
        )

    def _limits(self) -> "Limits":
        from phone_sim.runtime.transport import Limits

        return Limits(answer=self.timeout, transfer=12 * self.timeout)


_PHONE_OPTIONS = (
    click.option(
        "--server",
        multiple=True,
        metavar="URL",
        help="Boot server; of several, the first that answers. [default: DHCP's, or the one in flash]",
    ),
    click.option("--stay", is_flag=True, help="Keep the boot server, whatever device.prov.* in its files says."),
    model_option,
    mac_option,
    firmware_option,
    click.option(
        "--license-fetch",
        type=click.Choice(list(LICENSE_FETCH)),
        default=DEFAULT_LICENSE_FETCH,
        show_default=True,
        help="When license files are asked for; later firmware asks always.",
    ),
    click.option("--state-dir", type=_FOLDER, help="Folder for flash. [default: lost on exit]"),
    trust_option,
    ca_file_option,
    client_cert_option,
    tls_min_option,
    tls_max_of_firmware_option,
    ciphers_option,
    click.option("--source-address", metavar="IP", help="Address of this machine to ask from, as 127.0.0.2."),
    click.option("--sntp", is_flag=True, help="The clock starts unset, and a time server sets it."),
    click.option("--dhcp", metavar="INTERFACE", help="Network interface to ask DHCP on; needs the rights of root."),
    click.option(
        "--dhcp-options",
        type=Numbers(),
        help="DHCP options that may name the boot server, in order. [default: 160,66]",
    ),
    wait_option,
    click.option(
        "--timeout",
        type=FiniteRange(0.1, 60),
        default=5.0,
        show_default=True,
        help="Seconds for each answer; a file gets 12 times as long, all files of a boot 60 times.",
    ),
    click.option(
        "--log-style",
        type=click.Choice(["bulletin", "phone"]),
        default="bulletin",
        show_default=True,
        help="Style of log lines: the bulletin's, `lic |4|03|`, or that of real phones, `lic  |4|00|`.",
    ),
    click.option(
        "--log-missed", metavar="NN", help="Fourth field of log lines, two digits. [default: 03 or 00, by --log-style]"
    ),
    *BOOT_ROM_OPTIONS,
    models_option,
    quiet_option,
)


def phone_options(function: Function) -> Function:
    """Give a verb the options of `PhoneOptions`, which it gets as `phone`."""

    @wraps(function)
    def with_phone(**values: Any) -> Any:
        fields = {name: values.pop(name) for name in PhoneOptions.__slots__}
        return function(phone=PhoneOptions(**fields), **values)

    wrapped: Any = with_phone
    for option in reversed(_PHONE_OPTIONS):
        wrapped = option(wrapped)
    return cast(Function, wrapped)
