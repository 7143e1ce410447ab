"""What becomes of a phone whose requests fail, told plainly: by the requirements, in another way than the firmware's.

It shares no code with the firmware, nor with the transports. It is told which requests fail how, and goes through a
phone's life request by request. It knows the corporate directory alone, of models that have it, and sites with master
files, one configuration file and activation files of one key. What the requirements leave open is decided in the field
notes or by the project ("ours").
"""

import xml.parsers.expat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

SITE = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
    "site.cfg": b'<site license.polling.time="02:00" feature.corporateDirectory.enabled="1"/>',
}
NEEDS_LICENSE = {"SPIP_670": True, "SPIP_321": True, "SSIP_7000": False, "VVX_1500": False}
"""B3: where the corporate directory needs a license, and where it is built in."""

_DIRECTORY = "feature.corporateDirectory.enabled"
_UPLOAD_PERIOD = timedelta(days=1)  # the schema's default (D22)
_MESSAGE = timedelta(seconds=5)  # ours

MISSING, REFUSED, BROKEN, SILENT = "missing", "refused", "broken", "silent"


@dataclass(frozen=True, kw_only=True)
class Failing:
    """How a request fails: with `answer`, one of the words above, whatever was asked; or, where there is a file, with
    `end` or with `bytes` of another file."""

    answer: str = ""
    end: str = ""
    bytes: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """A phone, and the `files` that the boot server has; the `last_day` of its license is None for never.

    It is rebooted by hand at a time, or never. `failing` tells of the request with a number from 0, and of whether it
    is an upload, how it fails.
    """

    mac: str
    model: str
    files: Mapping[str, bytes]
    last_day: date | None
    rebooted: datetime | None
    failing: Callable[[int, bool], Failing | None]


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What a phone is found to be in the end: `directory` is why the directory is on or off, `problem` why the phone
    does not go by a new configuration."""

    state: str
    directory: str
    problem: str
    boots: int
    requests: int


@dataclass(kw_only=True)
class _Life:
    case: Case
    now: datetime
    requests: int = 0
    boots: int = 0
    last: dict[str, str] = field(default_factory=dict)
    has_key: bool = False
    has_booted: bool = False
    problem: str = ""
    is_silent: bool = False
    unsent: bool = False
    next_upload: datetime | None = None

    def ask(self, name: str) -> bytes | str:
        """A file, or one of the words; a server that gave no answer at all is not asked again (ours)."""
        if self.is_silent:
            return BROKEN
        failing = self.case.failing(self.requests, False) or Failing()
        self.requests += 1
        found = self.case.files.get(name)
        if failing.answer:
            self.is_silent = failing.answer == SILENT
            return failing.answer
        if found is None:
            return MISSING
        return failing.end or (failing.bytes(found) if failing.bytes else found)

    def boot(self) -> None:
        self.boots += 1
        self.is_silent = False
        self.problem = ""
        answered = self.configure()
        if NEEDS_LICENSE[self.case.model]:  # B9, D8: only what lacks a license is asked for, the site's first
            for name in ("000000000000-license.cfg", f"{self.case.mac}-license.cfg"):
                if self.wants and not self.is_licensed:
                    # A signature says yes to the very bytes that were signed, and to no others.
                    self.has_key |= self.ask(name) == self.case.files.get(name, b"")
        seed = [] if self.has_booted else ["000000000000-directory.xml"]
        for name in (f"{self.case.mac}-directory.xml", *seed):  # field notes 1.1
            if self.ask(name) != MISSING:
                break
        self.has_booted |= answered
        self.unsent = True
        self.send_log()

    def configure(self) -> bool:
        """Read the configuration (ours: one that breaks off leaves the last one in force); whether there was an
        answer."""
        listed = None
        for name in (f"{self.case.mac}.cfg", "000000000000.cfg"):
            reply = self.ask(name)
            if isinstance(reply, bytes):
                listed = _listed(reply)
                if listed is not None:
                    break
            elif reply in (BROKEN, SILENT) and name == f"{self.case.mac}.cfg":
                self.problem = "the master configuration file of this phone is not whole"
                break
        if listed is None:
            self.problem = self.problem or "it has no master configuration file that can be used"
            if self.is_silent:
                self.problem = "it gives no answer"
            return not self.is_silent
        return self.read(listed)

    def read(self, listed: list[str]) -> bool:
        found: dict[str, str] = {}
        for name in (*listed, f"{self.case.mac}-phone.cfg", f"{self.case.mac}-web.cfg"):
            reply = self.ask(name)
            if reply in (BROKEN, SILENT):
                if self.last:
                    self.problem = f"{name} is not whole"
                    return not self.is_silent
                break
            if isinstance(reply, bytes):
                found = (_attributes(reply)[1] or {}) | found  # the first one listed wins
        self.last = found
        return True

    def send_log(self) -> None:
        """Send the log; one that nobody took is sent again after the upload period."""
        self.next_upload = self.now + _UPLOAD_PERIOD
        if not self.is_silent:
            self.unsent = self.case.failing(self.requests, True) is not None
            self.requests += 1

    @property
    def wants(self) -> bool:
        return self.last.get(_DIRECTORY, "").strip() == "1"

    @property
    def is_licensed(self) -> bool:
        return self.has_key and (self.case.last_day is None or self.now.date() <= self.case.last_day)

    @property
    def next_check(self) -> datetime | None:
        """The first polling time at which a license in use is over (B12)."""
        in_use = self.wants and NEEDS_LICENSE[self.case.model] and self.is_licensed
        if not in_use or self.case.last_day is None:
            return None
        return datetime.combine(self.case.last_day + timedelta(days=1), time(2), self.now.tzinfo)

    def directory(self) -> str:
        if not self.wants:
            return "not configured for use"
        if not NEEDS_LICENSE[self.case.model]:
            return "built in, needs no license"
        if not self.has_key:
            return "no license"
        if self.case.last_day is None:
            return "licensed, does not expire"
        return f"{'licensed until' if self.is_licensed else 'license expired, last day'} {self.case.last_day}"


def fate(case: Case, start: datetime, end: datetime) -> Fate:
    """What becomes of a phone that is switched on at the start."""
    life = _Life(case=case, now=start)
    life.boot()
    reboot = case.rebooted
    while True:
        check, upload = life.next_check, life.next_upload if life.unsent else None
        due = min((each for each in (reboot, check, upload) if each is not None), default=None)
        if due is None or due > end:
            break
        life.now = due
        life.is_silent = False
        if due == reboot:
            reboot = None
            life.boot()
        elif due == check:
            life.now += _MESSAGE
            life.boot()
        else:
            life.send_log()
    return Fate(
        state="idle",  # B13: whatever fails, the phone carries on
        directory=life.directory(),
        problem=life.problem,
        boots=life.boots,
        requests=life.requests,
    )


def _listed(master: bytes) -> list[str] | None:
    """The files that a master configuration file lists; None where it is none (field notes 2)."""
    root, found = _attributes(master)
    known = ("APP_FILE_PATH", "CONFIG_FILES", "MISC_FILES", "LOG_FILE_DIRECTORY", "LICENSE_DIRECTORY")
    if found is None or (root != "APPLICATION" and not any(name.startswith(known) for name in found)):
        return None
    names = [name.strip() for name in found.get("CONFIG_FILES", "").split(",")]
    return [name for name in dict.fromkeys(names) if name]


def _attributes(document: bytes) -> tuple[str, dict[str, str] | None]:
    """The name of the root of an XML document, and the attributes of all its elements; none where it is none."""
    roots: list[str] = []
    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        roots.append(name)
        for each, value in attributes.items():
            found.setdefault(each, value)

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(document, True)
    except xml.parsers.expat.ExpatError:
        return "", None
    if any(":" in name for name in (*roots, *found)):  # a damaged name has a prefix that nothing declares
        return "", None
    return roots[0], found
