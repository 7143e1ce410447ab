"""Builders that tests share: phones, signed license keys, configuration files, and a driver that runs flows by hand."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import assert_never
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from phone_sim.authority.signing_key import test_signing_key
from phone_sim.firmware import boot as boot_flow
from phone_sim.firmware import messages
from phone_sim.firmware.asking import answer
from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import (
    ClockReading,
    Effect,
    Fetch,
    FetchReply,
    FlashReply,
    Flow,
    ForgetLog,
    Log,
    LogContents,
    NotFound,
    Pause,
    ReadClock,
    ReadFlash,
    ReadLog,
    Reboot,
    Result,
    SetClock,
    Show,
    Stream,
    Upload,
    Uploaded,
    UploadReply,
    WriteFailed,
    WriteFlash,
    Written,
)
from phone_sim.firmware.features import Enabled, Gate, NotLicensed
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.log_line import LogStyle
from phone_sim.firmware.messages import Message
from phone_sim.firmware.network_effects import (
    AskDirectory,
    AskLease,
    AskMove,
    AskTime,
    CanMove,
    MoveReply,
    NotConnected,
    TimeAnswer,
)
from phone_sim.firmware.parameters.device_parameters import NOTHING_KEPT, updated
from phone_sim.firmware.parameters.layers import Layer, Parameters
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.session import Identity
from phone_sim.firmware.settings import Settings, read_settings
from phone_sim.firmware.timer_effects import AskTimeAfter, PollAfter, UploadLogAfter, WakeAt
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import SITE_FILE as SITE_FILE
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.parameter_tables import load_dictionary
from phone_sim.runtime.transport.memory import found as in_memory
from phone_sim.runtime.transport.streamed_file import streamed_from
from tests.by_hand import by_hand

MAC = MacAddress("0004f2aabbcc")
SIGNING_KEY = test_signing_key()
SITE_SERIAL = "000000012345"
PHONE_FILE = f"{MAC}-license.cfg"
POLLING_TIME = "02:00"
"""The default of `license.polling.time` (B12)."""
KEYS = ("UsbAudio", "NwayConference", "LDAP", "VoiceQualityMetrics", "H323")

# B14 and D2: the names of the option bits.
USB_AUDIO, NWAY_CONFERENCE, LDAP, VOICE_QUALITY, UA_CSTA, H323 = 0, 1, 2, 3, 4, 7

# What switches each feature on, in a file of either dialect (field notes 5).
SWITCHES = {
    "UsbAudio": "feature.callRecording.enabled",
    "NwayConference": "feature.nWayConference.enabled",
    "LDAP": "feature.corporateDirectory.enabled",
    "VoiceQualityMetrics": "voice.qualityMonitoring.rtcpxr.enable",
    "H323": "voIpProt.H323.enable",
}


def identity(
    *,
    model: str = "SPIP670",
    firmware: str = "3.3.0",
    always_fetches_license: bool | None = None,
    boot_server: str = "http://boot.example/",
    mac: MacAddress = MAC,
) -> Identity:
    """A phone that trusts the test pair; its boot server may be one that nobody could give it by hand."""
    made = make_identity(model=model, mac=mac, firmware=firmware, always_fetches_license=always_fetches_license)
    return replace(made, boot_server=boot_server)


def signed_key(grants: Mapping[int, Expiry] | None = None, *, serial: str | None = None) -> LicenseKey:
    """A key signed with the test pair, for the phone above or for `serial`; one that ends is a site license (B11)."""
    grants = grants or {LDAP: NEVER}
    site = serial == SITE_SERIAL or not all(expiry.never for expiry in grants.values())
    kind = LicenseType.SITE if site else LicenseType.PHONE
    serial = serial or (SITE_SERIAL if site else MAC.serial)
    return SIGNING_KEY.sign(new_key(serial=serial, license_type=kind, grants=grants))


def forged(key: LicenseKey) -> LicenseKey:
    """The key with one bit of its signature wrong."""
    return key.signed(key.validation[:-1] + bytes([key.validation[-1] ^ 1]))


def until(last_day: str) -> Expiry:
    """The expiry with this last valid day, `2026-03-10`."""
    return Expiry.on(date.fromisoformat(last_day))


def utc(text: str) -> datetime:
    """The instant `2026-03-10T02:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def configured(*keys: str, **parameters: str) -> bytes:
    """A configuration file of UC Software 3.3 with these features in use; a `_` in a parameter stands for a point."""
    switches = {SWITCHES[key]: "1" for key in keys}
    return element("polycomConfig", switches | {name.replace("_", "."): value for name, value in parameters.items()})


def element(tag: str, attributes: Mapping[str, str]) -> bytes:
    """A document of one element."""
    return f"<{tag} {' '.join(f'{name}={quoteattr(value)}' for name, value in attributes.items())}/>".encode()


def master(**attributes: str) -> bytes:
    """A master configuration file."""
    return element("APPLICATION", attributes)


def of(values: Mapping[str, str], *more: Mapping[str, str]) -> Parameters:
    """Parameters from layers, the first of which wins."""
    return Parameters([Layer(values), *map(Layer, more)])


def settings_of(parameters: Parameters, lease: LeaseInfo | None = None, *components: str) -> Settings:
    """The settings that the firmware of the bulletin takes from parameters, of which the `device.*` ones are set."""
    dictionary = load_dictionary("ucs-3.3")
    device, unusable = updated(NOTHING_KEPT, parameters, dictionary)
    settings = read_settings(
        parameters,
        device,
        lease or LeaseInfo(),
        dictionary=dictionary,
        components=components,
        tag_parameter="sec.tagSerialNo",
        style=LogStyle.BULLETIN,
        missed="03",
    )
    return replace(settings, problems=(*unusable, *settings.problems))


async def boot(phone: Identity) -> InService:
    """Boot a phone that stays with its boot server."""
    outcome = await boot_flow.boot(phone)
    assert isinstance(outcome, InService)
    return outcome


def copies(keys: Iterable[LicenseKey]) -> bytes:
    """An activation file with these keys, also with one that is given twice."""
    end = b"</licenses>"
    head = write([]).removesuffix(end)
    return head + b"".join(write([key]).removeprefix(head).removesuffix(end) for key in keys) + end


def enabled(service: InService) -> set[str]:
    """The keys of the features that are licensed and on."""
    return {gate.feature.key for gate in service.gates if isinstance(gate, Enabled)}


def refused(service: InService) -> set[str]:
    """The keys of the features that are off for want of a license."""
    return {gate.feature.key for gate in service.gates if isinstance(gate, NotLicensed)}


class Dialogue:
    """Runs flows by hand and keeps what they ask for.

    It answers from `files` (path on the boot server to bytes, or to the reply itself), `flash`, the clock `now` and the
    time servers' `time`; `lines` is the log. Every line must be one of the message catalog.
    """

    def __init__(
        self,
        files: Mapping[str, bytes | FetchReply] | None = None,
        *,
        flash: FlashReply | None = None,
        now: datetime | None = None,
        time: TimeAnswer | None = None,
    ) -> None:
        self.time = time
        self.files = dict(files or {})
        self.flash: FlashReply = flash or FlashContents()
        self.now = now
        self.effects: list[Effect] = []
        self.lines: list[str] = []
        self.upload_reply: UploadReply = Uploaded()
        self.write_reply: Written | WriteFailed = Written()
        self.move_reply: MoveReply = CanMove()

    def run(self, flow: Flow[Result]) -> Result:
        """Answer a flow to its end."""
        with by_hand(flow) as steps:
            reply: object = None
            while (effect := steps.send(reply)) is not None:
                self.effects.append(effect)
                reply = self.reply(effect)
            return steps.result

    def reply(self, effect: Effect) -> object:  # noqa: C901 - one case for each effect
        """The reply to one effect, which is not kept."""
        match effect:
            case Log():
                assert is_in_message_catalog(effect), f"{effect.component} {effect.level} {effect.text!r}"
                self.lines.append(line_of(effect, self.now or UNSET_CLOCK))
                return answer(effect, None)
            case Fetch():
                return answer(effect, self._fetched(effect))
            case Stream():
                return answer(effect, streamed_from(effect, self._fetched))
            case Upload():
                return answer(effect, self.upload_reply)
            case ReadClock():
                return answer(effect, ClockReading(self.now))
            case AskLease() | AskDirectory():
                return NotConnected()
            case AskMove():
                return answer(effect, self.move_reply)
            case AskTime():
                return answer(effect, self.time or NotConnected())
            case SetClock():
                self.now = effect.instant
                return answer(effect, None)
            case ReadFlash():
                return answer(effect, self.flash)
            case WriteFlash():
                if isinstance(self.write_reply, Written):
                    self.flash = effect.contents
                return answer(effect, self.write_reply)
            case ReadLog():
                return answer(effect, LogContents(pending="\n".join(self.lines).encode(), on_server=b""))
            case ForgetLog() | WakeAt() | UploadLogAfter() | AskTimeAfter() | PollAfter() | Pause() | Show() | Reboot():
                return None
            case _:
                assert_never(effect)

    def _fetched(self, request: Fetch) -> FetchReply:
        found = self.files.get(path_of(request), NotFound("file not found"))
        return in_memory(request, found) if isinstance(found, bytes) else found

    @property
    def requested(self) -> list[str]:
        """The paths on the boot server that were fetched or, after a `+`, uploaded."""
        return [
            ("+" if isinstance(effect, Upload) else "") + path_of(effect)
            for effect in self.effects
            if isinstance(effect, Fetch | Stream | Upload)
        ]

    @property
    def licenses_requested(self) -> list[str]:
        """The names of the activation files that were fetched."""
        return [path for path in self.requested if path.endswith("-license.cfg")]

    @property
    def shown(self) -> list[str]:
        """The first line of each frame that was shown."""
        return [effect.frame.lines[0] for effect in self.effects if isinstance(effect, Show)]

    @property
    def wakes(self) -> list[datetime]:
        """The instants of the daily checks that were asked for."""
        return [effect.instant for effect in self.effects if isinstance(effect, WakeAt)]

    @property
    def reboots(self) -> list[str]:
        """The reasons of the reboots that were asked for."""
        return [effect.reason for effect in self.effects if isinstance(effect, Reboot)]

    def log_of(self, *components: str) -> list[str]:
        """The text of each line of these components."""
        return [effect.text for effect in self.effects if isinstance(effect, Log) and effect.component in components]


class Service(Dialogue):
    """A phone in service at GMT without daylight saving, polling at 02:00, on a boot server with a site license."""

    def __init__(
        self,
        *features: str,
        now: str | None = "2026-03-10T12:00",
        grants: dict[int, Expiry] | None = None,
        time: TimeAnswer | None = None,
        **parameters: str,
    ) -> None:
        parameters.setdefault("tcpIpApp_sntp_daylightSavings_enable", "0")
        parameters.setdefault("license_polling_time", "02:00")
        key = signed_key(grants or {LDAP: until("2026-03-10")}, serial=SITE_SERIAL)
        files = {
            "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
            "site.cfg": configured(*(features or ("LDAP",)), **parameters),
            SITE_FILE: write([key]),
        }
        super().__init__(files, now=None if now is None else utc(now), time=time)
        self.phone = Phone(identity())
        self.run(self.phone.power_on())

    @property
    def state(self) -> State:
        """Where the phone is in its life."""
        return self.phone.state

    @property
    def gate(self) -> Gate:
        """The gate of the corporate directory."""
        assert self.phone.service is not None
        return next(gate for gate in self.phone.service.gates if gate.feature.key == "LDAP")

    def check_at(self, instant: str) -> None:
        """The polling time comes."""
        self.effects.clear()
        self.now = utc(instant)
        self.run(self.phone.polling_time())

    def ask_time(self, reply: TimeAnswer | None) -> None:
        """The time to ask the time servers comes, and this is what they say."""
        self.effects.clear()
        self.time = reply
        self.run(self.phone.ask_time())

    def set_clock(self, instant: str) -> None:
        """Somebody sets the clock."""
        self.effects.clear()
        self.now = utc(instant)
        self.run(self.phone.clock_set())


def line_of(log: Log, instant: datetime) -> str:
    """The line, written at an instant."""
    return log.format.line(component=log.component, level=log.level, text=log.text, instant=instant, uptime=timedelta())


def path_of(request: Fetch | Stream | Upload) -> str:
    """The path of a request, without a leading slash."""
    return urlsplit(request.location.url).path.lstrip("/")


def is_in_message_catalog(log: Log) -> bool:
    """True when the line is an instance of a message of the message catalog."""
    return any(_instance_of(message, log) for message in messages.MESSAGE_CATALOG)


def _instance_of(message: Message, log: Log) -> bool:
    template, found = f"{message.component}|{message.level}|{message.text}", f"{log.component}|{log.level}|{log.text}"
    return re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(template)), found, re.DOTALL) is not None
