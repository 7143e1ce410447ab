"""What the flows of one phone share from power on to power off: who it is, its log settings, its boot server.

This module does not know what is fetched or said, only how: by asking for effects.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from phone_sim.errors import UsageError
from phone_sim.firmware import messages
from phone_sim.firmware.boot_rom_settings import BootRomSettings
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    Log,
    NotFound,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
)
from phone_sim.firmware.lease import DhcpSettings, LeaseInfo, asked_options, lease_info
from phone_sim.firmware.location import BootServerAddress, Location, authority_of
from phone_sim.firmware.log_line import LogFormat, LogStyle
from phone_sim.firmware.messages import Message
from phone_sim.firmware.network_effects import AskLease, Leased, NoLease, NoTime
from phone_sim.firmware.parameters.device_parameters import NOTHING_KEPT, DeviceParameters, missing_switches
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.firmware.parameters.layers import LayerKind, Parameters
from phone_sim.firmware.parameters.reader import BadParameter
from phone_sim.firmware.profile import FirmwareProfile
from phone_sim.firmware.settings import Settings, read_settings
from phone_sim.firmware.stage import Stage
from phone_sim.firmware.time_memory import NOTHING_REMEMBERED, TimeMemory
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import Feature, Model

NO_ANSWER = "the boot server gave no answer, or not in time"
"""Why a phone leaves out what it would ask, after the boot server did not answer (our words)."""
_OWN_COMPONENTS = ("app1", "cfg", "copy", "efk", "lic", "log", "net")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What makes a phone this phone: it changes neither by configuration nor by power cycle.

    `boot_server` is the address given to the phone by hand, or several with blanks between, of which the first that
    answers is taken; empty for the one that DHCP gives or else the one in its flash. `dhcp` is None for a phone that
    does not ask DHCP. `style` and `missed` are how log lines are written (D16, D13). `boot_rom` is None for a phone
    that starts with its application (D28).
    """

    model: Model
    features: tuple[Feature, ...]
    mac: MacAddress
    profile: FirmwareProfile
    dictionary: ParameterDictionary
    anchor: TrustAnchor
    boot_server: str = ""
    dhcp: DhcpSettings | None = None
    style: LogStyle = LogStyle.BULLETIN
    missed: str = "03"
    boot_rom: BootRomSettings | None = None

    @property
    def firmware_warning(self) -> str:
        """Why its model is not known to have had its firmware, empty if it may have had it."""
        return self.model.firmware_warning(self.profile.version)

    def settings(self, parameters: Parameters, device: DeviceParameters, lease: LeaseInfo) -> Settings:
        """The settings that these parameters, the `device.*` ones in force and the DHCP lease give this phone."""
        components = dict.fromkeys((*_OWN_COMPONENTS, *(feature.component for feature in self.features)))
        return read_settings(
            parameters,
            device,
            lease,
            dictionary=self.dictionary,
            components=components,
            tag_parameter=self.profile.tag_parameter,
            style=self.style,
            missed=self.missed,
        )


class Session:
    """A phone between power on and power off: the settings and the User-Agent that its parameters give it.

    `lease` is what the DHCP server gave it. `server` is the boot server it goes by, of the `servers` that it knows;
    `reachable` turns false when that gives no answer at all. `no_time` is the time servers' last reply if they told no
    time, else None; `time_memory` is what is remembered of them since power on. `complained_of` are the parameters
    whose values cannot be used.
    """

    __slots__ = (
        "complained_of",
        "identity",
        "lease",
        "no_time",
        "reachable",
        "server",
        "servers",
        "settings",
        "time_memory",
        "user_agent",
    )

    settings: Settings
    user_agent: str
    stage: ClassVar[Stage] = Stage.APPLICATION

    def __init__(
        self,
        identity: Identity,
        parameters: Parameters,
        time_memory: TimeMemory = NOTHING_REMEMBERED,
        device: DeviceParameters = NOTHING_KEPT,
    ) -> None:
        self.identity = identity
        self.lease = LeaseInfo()
        self.server: BootServerAddress | None = None
        self.servers: tuple[BootServerAddress, ...] = ()
        self.reachable = True
        self.complained_of: frozenset[str] = frozenset()
        self.no_time: NoTime | None = None
        self.time_memory = time_memory
        self.configure(parameters, device)

    def configure(self, parameters: Parameters, device: DeviceParameters) -> None:
        """Go by these parameters, and these `device.*` ones, from now on."""
        self.settings = self.identity.settings(parameters, device, self.lease)
        self.user_agent = self._user_agent()

    def _user_agent(self) -> str:
        identity = self.identity
        return identity.profile.user_agent(identity.model, identity.mac, tag_serial=self.settings.tags_serial)

    async def ask_network(self, last: Parameters) -> None:
        """Ask DHCP, if the phone is to, and go by what it tells together with the `last` parameters."""
        identity = self.identity
        if identity.dhcp is None:
            return
        options = self.settings.boot_server_options
        dhcp = DhcpSettings(boot_server_options=options) if options else identity.dhcp
        reply = await AskLease(
            mac=identity.mac,
            vendor_class=f"Polycom-{identity.model.token.replace('_', '')}",
            host_name=f"Polycom_{identity.mac}",
            options=asked_options(dhcp),
        )
        if isinstance(reply, Leased):
            self.lease = lease_info(reply.options, dhcp)
            self.configure(last, self.settings.device)
            servers = BootServerAddress.parse_all(self.lease.boot_server) if self.lease.boot_server else ()
            named = " ".join(server.root for server in servers) or "none"
            await self.say(messages.LEASED, address=reply.address, servers=named)
            for refused in self.lease.refused:
                await self.say(
                    messages.OPTION_REFUSED, option=refused.option, value=refused.value, reason=refused.reason
                )
        elif isinstance(reply, NoLease):
            await self.say(messages.NO_LEASE, reason=reply.reason)

    @property
    def is_server_by_dhcp(self) -> bool:
        """True where DHCP names the boot server, and neither the phone's settings nor somebody by hand go before it."""
        is_static = self.settings.boot_server_options == ()
        return bool(self.lease.boot_server) and not (self.identity.boot_server or is_static)

    async def find_servers(self, remembered: str) -> str:
        """Take the boot servers given by hand, else DHCP's, else that of `device.prov.*`, else the remembered ones.

        The result is their addresses as they were given; empty when there are none.
        """
        set_by_files = self.settings.boot_server
        address = self.identity.boot_server or (self.lease.boot_server if self.is_server_by_dhcp else "")
        if not address and set_by_files is not None:
            self.servers = (set_by_files.sharing_credentials(_address(remembered)),)
            self.turn_to(self.servers[0])
            return remembered
        address = address or remembered
        try:
            self.servers = BootServerAddress.parse_all(address)
            self.turn_to(self.servers[0])
        except UsageError:
            await self.say(messages.NO_BOOT_SERVER)
            self.reachable = False
            return ""
        return address

    def turn_to(self, server: BootServerAddress) -> None:
        """Go by this boot server from now on."""
        self.server = server
        self.reachable = True

    async def say(self, message: Message, **values: object) -> None:
        """Log a message of the message catalog, if its component logs that level."""
        component, level = message.component.format(**values), message.level
        if self.settings.log.writes(component, level):
            syslog = self.settings.syslog
            await Log(
                component=component,
                level=level,
                text=message.text.format(**values),
                format=self._log_format(),
                syslog=syslog if syslog is not None and syslog.takes(level) else None,
                stage=self.stage,
            )

    def _log_format(self) -> LogFormat:
        return self.settings.log.format

    async def complain_of(self, problems: Iterable[BadParameter], parameters: Parameters) -> None:
        """Log the parameters whose values cannot be used, each once from power on to power off."""
        for bad in problems:
            if bad.name not in self.complained_of:
                self.complained_of |= {bad.name} if bad.expected else set()
                value = f"{bad.value} ({self.place(bad.name, parameters)})"
                message = messages.BAD_PARAMETER if bad.expected else messages.NOT_PERFORMED
                await self.say(message, name=bad.name, value=value, expected=bad.expected, used=bad.used)

    def place(self, name: str, parameters: Parameters) -> str:
        """Where the value of a parameter was set, in words."""
        if self.settings.device.find(name) is not None and missing_switches(parameters, name):
            return LayerKind.KEPT.value
        return parameters.place(name, self.identity.mac)

    async def fetch(self, folder: str, name: str, *, limit: int, optional: bool = False) -> FetchReply:
        """Download a file from a folder of the boot server; what goes wrong is logged once and returned.

        That an `optional` file is missing is logged at level 3.
        """
        location = await self._location(folder, name)
        if not isinstance(location, Location):
            return location
        reply = await Fetch(location=location, limit=limit, user_agent=self.user_agent)
        if isinstance(reply, NotFound) and optional:
            await self.say(messages.FILE_NOT_FOUND, name=location.name)
        elif not isinstance(reply, Fetched):
            await self.say(messages.DOWNLOAD_FAILED, name=location.name, reason=reply.reason)
        self._note_silence(location, reply)
        return reply

    async def stream(self, name: str, *, header: int, reads_all: bool, limit: int) -> StreamReply:
        """Download a file as `Stream` does, from the root of the boot server; what goes wrong is only returned."""
        location = await self._location("", name)
        if not isinstance(location, Location):
            return location
        reply = await Stream(
            location=location, header=header, reads_all=reads_all, limit=limit, user_agent=self.user_agent
        )
        self._note_silence(location, reply)
        return reply

    async def _location(self, folder: str, name: str) -> Location | NotFound | TransferFailed:
        """Where a file is; or the reply for one that is not asked for."""
        if self.server is None or (location := self.server.locate(folder, name)) is None:
            return NotFound("there is no server for it")
        if not self.reachable and self._is_on_boot_server(location):
            await self.say(messages.FILE_LEFT_OUT, name=location.name, reason=NO_ANSWER)
            return TransferFailed(FailureKind.NOT_ASKED, NO_ANSWER, unanswered=True)
        return location

    def _note_silence(self, location: Location, reply: FetchReply | StreamReply) -> None:
        if isinstance(reply, TransferFailed) and reply.unanswered and self._is_on_boot_server(location):
            self.reachable = False

    async def upload(self, folder: str, name: str, body: bytes, *, limit: int) -> bool:
        """Send a whole file to a folder of the boot server: true when the server took it, else it is logged why not.

        One of more bytes than `limit` is not sent, since the phone would not read it again. A folder that is no place
        on purpose, such as `http://0.0.0.0` (field notes 2), is not worth a line.
        """
        if self.server is None or (location := self.server.locate(folder, name)) is None:
            return False
        is_lost = not self.reachable and self._is_on_boot_server(location)
        if is_lost or len(body) > limit:
            reason = NO_ANSWER if is_lost else f"it has more than {limit} bytes"
            await self.say(messages.UPLOAD_FAILED, name=location.name, reason=reason)
            return False
        reply = await Upload(location=location, body=body, user_agent=self.user_agent)
        if not isinstance(reply, Uploaded):
            await self.say(messages.UPLOAD_FAILED, name=location.name, reason=reply.reason)
        return isinstance(reply, Uploaded)

    def _is_on_boot_server(self, location: Location) -> bool:
        return self.server is not None and authority_of(location.url) == authority_of(self.server.root)


def _address(text: str) -> BootServerAddress | None:
    """The first boot server of a text that may name none."""
    try:
        return BootServerAddress.parse_all(text)[0]
    except UsageError:
        return None
