"""Phones to test with: their identity, their licenses, and everything a driver needs; and a bound in time for a call.

It knows no protocol and no server.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from phone_sim.firmware.effects import Effect, Fetch, FetchReply, Upload, UploadReply
from phone_sim.firmware.features import Enabled, Gate
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.phone import Phone
from phone_sim.licensing import license_file
from phone_sim.licensing.expiry import NEVER
from phone_sim.runtime.clock import Clock, ManualClock, ScaledClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.flash_file import Flash, MemoryFlash
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.scheduler import ApsScheduler, HeapScheduler, Scheduler
from phone_sim.runtime.transport import Limits, Transport
from tests.make import identity, signed_key, utc
from tests.real_servers.process import wait_until

PATIENT = Limits(answer=60, transfer=120)
"""For transfers that end by themselves, however busy the machine is."""
FOR_SILENCE = Limits(answer=0.5, transfer=120)
"""For transfers that end because nobody says anything."""
FOR_DRIPS = Limits(answer=60, transfer=1)
"""For transfers that end because they take too long."""
OFFERED = "offered: TLS 1.2 to 1.3 with ciphers of OpenSSL by default"
"""How a failed handshake of a phone ends that was given no versions and no ciphers."""
BOUND = 120.0
"""Seconds in which any call of these tests has ended; far above every limit that is tested."""
NEW_YEAR = utc("2026-01-01T12:00")
Fast = tuple[ScaledClock, ApsScheduler]
"""A clock and a scheduler that runs by it."""

CONFIGURATION = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
    "site.cfg": b'<site license.polling.time="02:00" feature.corporateDirectory.enabled="1"'
    b' log.level.change.copy="4"/>',
}
"""A boot server's files that configure the corporate directory for use, and license nothing."""

Result = TypeVar("Result")
Reply = TypeVar("Reply", FetchReply, UploadReply)


def within(call: Callable[[], Result], seconds: float = BOUND) -> Result:
    """What the call returns or raises; a failure of the test when it has not ended in time."""
    outcome: list[Result] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), f"not at an end after {seconds} s"
    if trouble:
        raise trouble[0]
    return outcome[0]


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    assert wait_until(is_so, BOUND), "it never became so"


def heard(ask: Callable[[Limits], Reply]) -> Reply:
    """The reply of a server that says something before it falls silent; a busy machine gets more time to be heard."""
    for answer in (0.3, 3, 30):
        reply = ask(Limits(answer=answer, transfer=120))
        if not getattr(reply, "unanswered", False):
            break
    return reply


def fetch(url: str, *, limit: int = 1_000_000) -> Fetch:
    """The request for the file at a URL, which may hold user and password."""
    root, _, name = url.rpartition("/")
    location = BootServerAddress.parse(root).locate("", name)
    assert location is not None
    return Fetch(location=location, limit=limit, user_agent="FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.0000")


def upload(url: str, body: bytes) -> Upload:
    """The request to put a file at a URL."""
    asked = fetch(url)
    return Upload(location=asked.location, body=body, user_agent=asked.user_agent)


def phone_license() -> bytes:
    """The activation file with a key for the phone that grants the four features of the Productivity Suite."""
    return license_file.write([signed_key(dict.fromkeys(range(4), NEVER))])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A phone and all that it runs on; `lines` is what it has logged."""

    driver: PhoneDriver
    flash: Flash
    lines: list[str]
    log: LogSink

    @property
    def phone(self) -> Phone:
        """The phone."""
        return self.driver.phone

    @property
    def enabled(self) -> tuple[str, ...]:
        """The keys of the features that a license has switched on."""
        return tuple(gate.feature.key for gate in self.gates if isinstance(gate, Enabled))

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates of the phone in service."""
        assert self.phone.service is not None
        return self.phone.service.gates

    def gate(self, key: str) -> Gate:
        """The gate of one feature."""
        return next(gate for gate in self.gates if gate.feature.key == key)

    def texts(self, word: str = "") -> list[str]:
        """The texts of the logged lines that hold a word."""
        parsed = [parse_line(line) for line in self.lines]
        return [line.text for line in parsed if line is not None and word in line.text]

    def kept(self) -> FlashContents:
        """What is in flash, which has to be readable."""
        contents = self.flash.read()
        assert isinstance(contents, FlashContents)
        return contents


def bench(
    transport: Transport,
    *,
    boot_server: str = "http://boot.example/",
    clock: Clock | None = None,
    scheduler: Scheduler | None = None,
    flash: Flash | None = None,
    on_effect: Callable[[Effect], None] | None = None,
) -> Bench:
    """A SoundPoint IP 670 with firmware 3.3.0 that is still off; without a clock it is on virtual time, unset."""
    manual = ManualClock()
    lines: list[str] = []
    log = LogSink(lines.append)
    storage = flash if flash is not None else MemoryFlash()
    driver = PhoneDriver(
        Phone(identity(boot_server=boot_server)),
        clock=clock or manual,
        scheduler=scheduler or HeapScheduler(manual),
        transport=transport,
        flash=storage,
        log=log,
        on_effect=on_effect,
    )
    return Bench(driver=driver, flash=storage, lines=lines, log=log)
