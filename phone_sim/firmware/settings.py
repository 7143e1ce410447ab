"""The typed values that the phone takes from its parameters: time, polling, logging, syslog, boot server.

Types, ranges and defaults are the dictionary's (D22). Of the `device.*` parameters those in force are used (D21).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from functools import lru_cache
from types import MappingProxyType

from phone_sim.firmware.boot_server_settings import boot_server_options, named_boot_server
from phone_sim.firmware.host import Host
from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.local_time import Changeover, DaylightSaving, LocalTime
from phone_sim.firmware.location import NO_SERVER, BootServerAddress
from phone_sim.firmware.log_line import LogFormat, LogStyle, RenderType
from phone_sim.firmware.parameters.device_parameters import SERVER_NAME, DeviceParameters
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.firmware.parameters.layers import Layer, Parameters
from phone_sim.firmware.parameters.reader import BadParameter, ParameterReader
from phone_sim.firmware.provisioning_poll import PollSettings, read_poll_settings
from phone_sim.firmware.syslog import DEFAULT_PORT, LOCAL_0, SyslogServer

DEFAULT_POLLING_TIME = time(2, 0)
"""The stock `license.polling.time` (B12)."""

_POLLING_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DEFAULT_LEVELS: Mapping[str, int] = MappingProxyType({"lic": 3})  # D17
_DEFAULT_LEVEL = 4

# The schema admits any number of seconds and of KB; these bounds are our choice.
_UPLOAD_PERIOD = 10
_APPEND_LIMIT = 16 * 1024

# The phones of a site have the same: what is in their own files is about other things. Ours.
_TOPICS = frozenset({"license", "log", "prov", "sec", "tcpIpApp"})
_SETTINGS_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How much is logged, how it is written, and when it is uploaded (`log.*`, field notes 4.2). Sizes are in bytes."""

    levels: Mapping[str, int] = field(default_factory=dict)
    render_level: int = 1
    format: LogFormat = LogFormat()
    file_size: int = 16 * 1024
    upload_period: int = 172800
    append: bool = True
    append_limit: int = 512 * 1024
    stop_at_limit: bool = False

    def level_of(self, component: str) -> int:
        """The lowest level that the component logs (D17)."""
        return self.levels.get(component, _DEFAULT_LEVELS.get(component, _DEFAULT_LEVEL))

    def writes(self, component: str, level: str) -> bool:
        """True when a line of this level is written; `*` always is."""
        return level == "*" or int(level) >= max(self.level_of(component), self.render_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class SntpSettings:
    """Whom the phone asks for the time, in order, and after how many seconds again (`tcpIpApp.sntp.*`)."""

    servers: tuple[str, ...] = ()
    resync_period: int = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a phone's parameters say about time, polling and logging, and which of them it could not use.

    `polling` is None for a phone that does not poll its configuration files. `syslog` is the server that log lines are
    sent to, None for none. With `tags_serial` the User-Agent has the phone's serial number. `device` are the `device.*`
    parameters in force; `boot_server` is the one that they name, None for none, and `boot_server_options` are the DHCP
    options that they have the phone look at, None where they do not say.
    """

    zone: LocalTime
    sntp: SntpSettings
    polling_time: time
    polling: PollSettings | None
    log: LogSettings
    syslog: SyslogServer | None
    tags_serial: bool
    device: DeviceParameters
    boot_server: BootServerAddress | None
    boot_server_options: tuple[int, ...] | None
    problems: tuple[BadParameter, ...]


def read_settings(
    parameters: Parameters,
    device: DeviceParameters,
    lease: LeaseInfo,
    *,
    dictionary: ParameterDictionary,
    components: Iterable[str],
    tag_parameter: str,
    style: LogStyle,
    missed: str,
) -> Settings:
    """The settings in `parameters` and in the `device` parameters, with a log level for each of the components.

    The offset and time servers of the `lease` go before the parameters, unless these say `overrideDHCP` (field
    notes 5); its log server counts where none is set (ours). The style (D16) and the fourth field (D13) of log lines
    come from outside the parameters.
    """
    relevant = parameters.about(_TOPICS)
    read = _kept_settings if relevant.are_usual else _settings
    return read(relevant.layers, device, dictionary, lease, tuple(components), tag_parameter, style, missed)


def _settings(
    layers: tuple[Layer, ...],
    device: DeviceParameters,
    dictionary: ParameterDictionary,
    lease: LeaseInfo,
    components: tuple[str, ...],
    tag_parameter: str,
    style: LogStyle,
    missed: str,
) -> Settings:
    reader = _Reader(Parameters(layers), device, dictionary, lease)
    zone = reader.zone()
    return Settings(
        zone=zone,
        sntp=reader.sntp(lease.time_servers),
        polling_time=reader.polling_time(),
        polling=read_poll_settings(reader),
        log=reader.log(LogFormat(zone=zone, style=style, missed=missed), components),
        syslog=reader.syslog(lease.log_server),
        tags_serial=reader.tags_serial(tag_parameter),
        device=device,
        boot_server=reader.boot_server(),
        boot_server_options=boot_server_options(device),
        problems=tuple(reader.problems),
    )


_kept_settings = lru_cache(maxsize=_SETTINGS_KEPT)(_settings)


class _Reader(ParameterReader):
    def __init__(
        self, parameters: Parameters, device: DeviceParameters, dictionary: ParameterDictionary, lease: LeaseInfo
    ) -> None:
        super().__init__(parameters, dictionary)
        self._device = device
        self._lease = lease

    def polling_time(self) -> time:
        name = "license.polling.time"
        if match := _POLLING_TIME.fullmatch(self.parameters.get(name) or self.default(name)):
            return time(int(match.group(1)), int(match.group(2)))
        self.reject(name, "00:00 to 23:59", f"{DEFAULT_POLLING_TIME:%H:%M}")
        return DEFAULT_POLLING_TIME

    def zone(self) -> LocalTime:
        return LocalTime(gmt_offset=self._gmt_offset(), daylight_saving=self._daylight_saving())

    def _gmt_offset(self) -> int:
        name = "tcpIpApp.sntp.gmtOffset"
        own = self.integer(name)
        if self._lease.gmt_offset is not None and not self._overrides("gmtOffset"):
            return self._lease.gmt_offset
        return own if self.is_set(name) else self._device_integer("device.sntp.gmtOffset", own)

    def _overrides(self, name: str) -> bool:
        """True when an SNTP parameter is set and goes before what DHCP tells."""
        parameter = f"tcpIpApp.sntp.{name}"
        return self.is_set(parameter) and self.is_on(f"{parameter}.overrideDHCP")

    def _daylight_saving(self) -> DaylightSaving | None:
        if not self.is_on("tcpIpApp.sntp.daylightSavings.enable"):
            return None
        fixed = self.is_on("tcpIpApp.sntp.daylightSavings.fixedDayEnable")
        return DaylightSaving(start=self._changeover("start", fixed=fixed), stop=self._changeover("stop", fixed=fixed))

    def _changeover(self, end: str, *, fixed: bool) -> Changeover:
        prefix = f"tcpIpApp.sntp.daylightSavings.{end}"
        day_of_week = self.integer(f"{prefix}.dayOfWeek")  # 1 is Sunday
        return Changeover(
            month=self.integer(f"{prefix}.month"),
            day=self._changeover_day(f"{prefix}.date", 31 if fixed else 28),
            hour=self.integer(f"{prefix}.time"),
            weekday=None if fixed else (day_of_week + 5) % 7,
            last_in_month=self.is_on(f"{prefix}.dayOfWeek.lastInMonth"),
        )

    def _changeover_day(self, name: str, last: int) -> int:
        """The day of the month; where a week begins with it, no later than the 28th, so that the month has the week."""
        day = self.integer(name)
        if day <= last:
            return day
        default = self.default(name)
        self.reject(name, f"1 to {last}", default)
        return int(default)

    def sntp(self, leased: tuple[str, ...]) -> SntpSettings:
        name = "tcpIpApp.sntp.address"
        own = self._server(name, self.text(name))
        kept = self._server("device.sntp.serverName", self._device.get("device.sntp.serverName"))
        servers = leased
        if own and (self._overrides("address") or not leased):
            servers = own
        return SntpSettings(servers=servers or kept, resync_period=self.integer("tcpIpApp.sntp.resyncPeriod"))

    def _server(self, name: str, text: str) -> tuple[str, ...]:
        """The time server of this text, if it is one (port 123)."""
        return () if self._host(name, text, 123) is None else (text,)

    def syslog(self, leased: str) -> SyslogServer | None:
        """The server of `device.syslog.*`; names, values and the facility are the vendor's guide's.

        The guide's default of the render level could not be verified.
        """
        prefix = "device.syslog"
        host = self._host(f"{prefix}.serverName", self._device.get(f"{prefix}.serverName") or leased, DEFAULT_PORT)
        transport = self._device.get(f"{prefix}.transport")
        if transport.upper() in ("NONE", "0"):
            return None
        if host is not None and transport.upper() not in ("", "UDP", "1"):
            name = f"{prefix}.transport"
            self.problems.append(BadParameter(name=name, value=transport, expected="", used="UDP"))
        server = SyslogServer(
            host=host or Host(name="", port=DEFAULT_PORT),
            facility=self._device_integer(f"{prefix}.facility", LOCAL_0),
            render_level=self._device_integer(f"{prefix}.renderLevel", 4),
            prepends_mac=bool(self._device_integer(f"{prefix}.prependMac", 0)),
        )
        return None if host is None else server

    def tags_serial(self, name: str) -> bool:
        """Whether the parameter of this name is on, which is one of the `device.` parameters in later firmware."""
        return bool(self._device_integer(name, 0)) if name.startswith("device.") else self.is_on(name)

    def boot_server(self) -> BootServerAddress | None:
        """The boot server of `device.prov.*`, if its name can be used."""
        try:
            return named_boot_server(self._device)
        except ValueError as error:
            # Its value may hold a password.
            self.reject(SERVER_NAME, f"the address of a boot server ({error})", "none", "****")
            return None

    def _device_integer(self, name: str, otherwise: int) -> int:
        text = self._device.get(name)
        return int(text) if text else otherwise

    def _host(self, name: str, text: str, default_port: int) -> Host | None:
        if text in ("", NO_SERVER):
            return None
        host = Host.parse(text, default_port)
        if host is None:
            self.reject(name, "a host name or an IP address", "none", text)
        return host

    def log(self, line_format: LogFormat, components: Iterable[str]) -> LogSettings:
        prefix = "log.render"
        return LogSettings(
            levels=MappingProxyType({name: self._level(name) for name in components}),
            render_level=self.integer(f"{prefix}.level"),
            format=replace(line_format, render_type=RenderType(self.integer(f"{prefix}.type"))),
            file_size=1024 * self.integer(f"{prefix}.file.size"),
            upload_period=max(_UPLOAD_PERIOD, self.integer(f"{prefix}.file.upload.period")),
            append=self.is_on(f"{prefix}.file.upload.append"),
            append_limit=1024 * min(_APPEND_LIMIT, self.integer(f"{prefix}.file.upload.append.sizeLimit")),
            stop_at_limit=self.choice(f"{prefix}.file.upload.append.limitMode") == "stop",
        )

    def _level(self, component: str) -> int:
        name = f"log.level.change.{component}"
        level = self.integer(name)
        return level if self.is_set(name) else _DEFAULT_LEVELS.get(component, level)
