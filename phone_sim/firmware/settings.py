"""The typed values that the phone takes from its parameters: local time, time servers, polling time, logging, syslog.

A bad value falls back to the stock default and is reported, never raised (B12, field notes 4.2 and 5).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from functools import lru_cache
from types import MappingProxyType

from phone_sim.firmware.host import Host
from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.local_time import Changeover, DaylightSaving, LocalTime
from phone_sim.firmware.log_line import LogFormat, LogStyle, RenderType
from phone_sim.firmware.parameters import Layer, Parameters
from phone_sim.firmware.syslog import DEFAULT_PORT, LOCAL_0, SyslogServer

DEFAULT_POLLING_TIME = time(2, 0)
"""The stock `license.polling.time` (B12)."""

_POLLING_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DEFAULT_LEVELS: Mapping[str, int] = MappingProxyType({"lic": 3})  # D17
_DEFAULT_LEVEL = 4

# The phones of a site have the same: what is in their own files is about other things. Ours.
_TOPICS = frozenset({"device", "license", "log", "tcpIpApp"})
_SETTINGS_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BadParameter:
    """A parameter whose value cannot be used: what was found, what is allowed, what is used instead."""

    name: str
    value: str
    expected: str
    used: str


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
    """What a phone's parameters say about time and logging, and which of them it could not use.

    `syslog` is the server that log lines are sent to, None for none.
    """

    zone: LocalTime
    sntp: SntpSettings
    polling_time: time
    log: LogSettings
    syslog: SyslogServer | None
    problems: tuple[BadParameter, ...]


def read_settings(
    parameters: Parameters, lease: LeaseInfo, *, components: Iterable[str], style: LogStyle, missed: str
) -> Settings:
    """The settings in `parameters`, with a log level for each of the components.

    The offset and time servers of the `lease` go before the parameters, unless these say `overrideDHCP` (field
    notes 5); its log server counts where none is set (ours). The style (D16) and the fourth field (D13) of log lines
    come from outside the parameters.
    """
    relevant = parameters.about(_TOPICS)
    read = _kept_settings if relevant.are_usual else _settings
    return read(relevant.layers, lease, tuple(components), style, missed)


def _settings(
    layers: tuple[Layer, ...], lease: LeaseInfo, components: tuple[str, ...], style: LogStyle, missed: str
) -> Settings:
    reader = _Reader(Parameters(layers), lease)
    zone = reader.zone()
    return Settings(
        zone=zone,
        sntp=reader.sntp(lease.time_servers),
        polling_time=reader.polling_time(),
        log=reader.log(LogFormat(zone=zone, style=style, missed=missed), components),
        syslog=reader.syslog(lease.log_server),
        problems=tuple(reader.problems),
    )


_kept_settings = lru_cache(maxsize=_SETTINGS_KEPT)(_settings)


class ParameterReader:
    """Reads typed values from parameters; `problems` are those that cannot be used so far."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.problems: list[BadParameter] = []

    def _reject(self, name: str, expected: str, used: object) -> None:
        found = self._parameters.get(name)[:40]
        self.problems.append(BadParameter(name=name, value=found, expected=expected, used=str(used)))

    def _integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self._parameters.get(name)
        if not text:
            return default
        if re.fullmatch(r"[+-]?[0-9]{1,9}", text) and low <= int(text) <= high:
            return int(text)
        self._reject(name, f"{low} to {high}", default)
        return default


class _Reader(ParameterReader):
    def __init__(self, parameters: Parameters, lease: LeaseInfo) -> None:
        super().__init__(parameters)
        self._lease = lease

    def polling_time(self) -> time:
        name = "license.polling.time"
        text = self._parameters.get(name)
        if not text:
            return DEFAULT_POLLING_TIME
        if match := _POLLING_TIME.fullmatch(text):
            return time(int(match.group(1)), int(match.group(2)))
        self._reject(name, "00:00 to 23:59", f"{DEFAULT_POLLING_TIME:%H:%M}")
        return DEFAULT_POLLING_TIME

    def zone(self) -> LocalTime:
        offset = self._integer("tcpIpApp.sntp.gmtOffset", 0, -14 * 3600, 14 * 3600)
        if self._lease.gmt_offset is not None and not self._overrides("gmtOffset"):
            offset = self._lease.gmt_offset
        return LocalTime(gmt_offset=offset, daylight_saving=self._daylight_saving())

    def _overrides(self, name: str) -> bool:
        """True when an SNTP parameter is set and goes before what DHCP tells."""
        parameter = f"tcpIpApp.sntp.{name}"
        return bool(self._parameters.get(parameter)) and bool(self._integer(f"{parameter}.overrideDHCP", 0, 0, 1))

    def _daylight_saving(self) -> DaylightSaving | None:
        if not self._integer("tcpIpApp.sntp.daylightSavings.enable", 1, 0, 1):
            return None
        fixed = bool(self._integer("tcpIpApp.sntp.daylightSavings.fixedDayEnable", 0, 0, 1))
        return DaylightSaving(
            start=self._changeover("start", month=3, date=8, fixed=fixed),
            stop=self._changeover("stop", month=11, date=1, fixed=fixed),
        )

    def _changeover(self, end: str, *, month: int, date: int, fixed: bool) -> Changeover:
        prefix = f"tcpIpApp.sntp.daylightSavings.{end}"
        day_of_week = self._integer(f"{prefix}.dayOfWeek", 1, 1, 7)  # 1 is Sunday
        return Changeover(
            month=self._integer(f"{prefix}.month", month, 1, 12),
            day=self._integer(f"{prefix}.date", date, 1, 31 if fixed else 28),
            hour=self._integer(f"{prefix}.time", 2, 0, 23),
            weekday=None if fixed else (day_of_week + 5) % 7,
            last_in_month=bool(self._integer(f"{prefix}.dayOfWeek.lastInMonth", 0, 0, 1)),
        )

    def sntp(self, leased: tuple[str, ...]) -> SntpSettings:
        name = "tcpIpApp.sntp.address"
        own = self._host(name, self._parameters.get(name), 123)
        servers = leased
        if own is not None and (self._overrides("address") or not leased):
            servers = (self._parameters.get(name),)
        period = self._integer("tcpIpApp.sntp.resyncPeriod", 86400, 10, 999_999_999)
        return SntpSettings(servers=servers, resync_period=period)

    def syslog(self, leased: str) -> SyslogServer | None:
        """The server of `device.syslog.*`; names, values and the facility are the vendor's guide's.

        The guide's default of the render level could not be verified.
        """
        prefix = "device.syslog"
        host = self._host(f"{prefix}.serverName", self._device(f"{prefix}.serverName") or leased, DEFAULT_PORT)
        transport = self._device(f"{prefix}.transport")
        if transport.upper() in ("NONE", "0"):
            return None
        if transport.upper() not in ("", "UDP", "1"):
            self._reject(f"{prefix}.transport", "None or UDP", "UDP")
        server = SyslogServer(
            host=host or Host(name="", port=DEFAULT_PORT),
            facility=self._device_integer(f"{prefix}.facility", LOCAL_0, 0, 23),
            render_level=self._device_integer(f"{prefix}.renderLevel", 4, 0, 6),
            prepends_mac=bool(self._device_integer(f"{prefix}.prependMac", 0, 0, 1)),
        )
        return None if host is None else server

    def _device(self, name: str) -> str:
        """The value of a `device.` parameter that is in effect, which takes `device.set` and its own `.set`."""
        in_effect = self._parameters.is_on("device.set") and self._parameters.is_on(f"{name}.set")
        return self._parameters.get(name) if in_effect else ""

    def _device_integer(self, name: str, default: int, low: int, high: int) -> int:
        return self._integer(name, default, low, high) if self._device(name) else default

    def _host(self, name: str, text: str, default_port: int) -> Host | None:
        if text in ("", "0.0.0.0"):  # noqa: S104 - what phones hold for no server  # nosec B104
            return None
        host = Host.parse(text, default_port)
        if host is None:
            self._reject(name, "a host name or an IP address", "none")
        return host

    def log(self, line_format: LogFormat, components: Iterable[str]) -> LogSettings:
        prefix = "log.render"
        render_type = RenderType(self._integer(f"{prefix}.type", 2, 0, 2))
        limit_mode = self._parameters.get(f"{prefix}.file.upload.append.limitMode")
        if limit_mode not in ("", "delete", "stop"):
            self._reject(f"{prefix}.file.upload.append.limitMode", "delete or stop", "delete")
        return LogSettings(
            levels=MappingProxyType({name: self._level(name) for name in components}),
            render_level=self._integer(f"{prefix}.level", 1, 0, 6),
            format=replace(line_format, render_type=render_type),
            file_size=1024 * self._integer(f"{prefix}.file.size", 16, 1, 180),
            upload_period=self._integer(f"{prefix}.file.upload.period", 172800, 10, 999_999_999),
            append=bool(self._integer(f"{prefix}.file.upload.append", 1, 0, 1)),
            append_limit=1024 * self._integer(f"{prefix}.file.upload.append.sizeLimit", 512, 1, 16 * 1024),
            stop_at_limit=limit_mode == "stop",
        )

    def _level(self, component: str) -> int:
        default = _DEFAULT_LEVELS.get(component, _DEFAULT_LEVEL)
        return self._integer(f"log.level.change.{component}", default, 0, 5)
