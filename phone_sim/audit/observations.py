"""What was seen of a boot server: its answers, the phones that booted from it, its TLS and TFTP.

Values only. It knows neither how they were come by nor what is good or bad.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin

from phone_sim.audit.complaints import Complaint
from phone_sim.findings.finding import Finding
from phone_sim.firmware.app_log import LOG_ENDING
from phone_sim.firmware.effects import FetchReply, Refused, StreamReply, Upload, Uploaded, UploadReply
from phone_sim.firmware.features import Gate
from phone_sim.firmware.license_fetch import rule_name
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.firmware.profile import CURRENT
from phone_sim.firmware.transfer_facts import FileProtocol, Redirect
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.exchange import Exchange

LIST = "NLST"
"""The method that asks an FTP server for the names in a folder."""

_WITH_BODY = (*(protocol.read for protocol in FileProtocol), LIST)
_OPENING = 2000
# The first element of a master configuration file and of an activation file, after what may be before one in XML.
_PHONE_FILE = re.compile(rb"(?s)(?:\xef\xbb\xbf)?(?>\s|<\?.*?\?>|<!--.*?-->)*+<(?:APPLICATION|licenses)[\s/>]")


# By these statuses a server wants a login, or refuses one (RFC 9110 15.5.2, RFC 959 4.2.2).
_LOGIN_WANTED = {FileProtocol.HTTP: 401, FileProtocol.FTP: 530}


class AnswerOutcome(StrEnum):
    """How an answer counts for a phone; `FAILED` is no whole answer."""

    FOUND = "found"
    MISSING = "missing"
    REFUSED = "refused"
    FAILED = "failed"


class AuditQuestion(StrEnum):
    """What the audit asks for by itself, besides the boots."""

    MASTER = "the master configuration file"
    MASTER_AGAIN = "the master configuration file, once more"
    MASTER_HEAD = "the head of the master configuration file"
    MISSING = "a file that is not there"
    MISSING_HEAD = "the head of a file that is not there"
    SITE_LICENSE = "the site's activation file"
    SITE_LICENSE_AGAIN = "the site's activation file, once more"
    OWN_LICENSE = "the phone's activation file"
    OWN_LICENSE_AGAIN = "the phone's activation file, once more"
    UPPER_LICENSE = "the phone's activation file, in upper case"
    OWN_CONFIGURATION = "the phone's master configuration file"
    UPPER_CONFIGURATION = "the phone's master configuration file, in upper case"
    OTHER_LICENSE = "another phone's activation file"
    OTHER_CONFIGURATION = "another phone's master configuration file"
    UPLOADED_LOG = "the log that was uploaded"
    ROOT_LISTING = "the root folder"
    LICENSE_LISTING = "the license folder"
    OUTSIDE = "a file beside the root"
    CLAMPED = "the master configuration file, from above the root"
    DOTTED = "the master configuration file, by way of another folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAnswer:
    """One request and its answer. `status` is in the protocol's words, `code` its number, None where there is none; the
    names of `headers` are in lower case. `redirects` led to it, in order, where the audit followed them."""

    method: str
    url: str
    outcome: AnswerOutcome
    status: str
    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    redirects: tuple[Redirect, ...] = ()

    def __str__(self) -> str:
        kind = self.headers.get("content-type", "")
        has_body = self.outcome is AnswerOutcome.FOUND and self.method in (
            *(protocol.read for protocol in FileProtocol),
            LIST,
        )
        size = f", {len(self.body)} bytes" if has_body else ""
        return f"{self.method} {self.url}: {self.status}{f', {kind}' if kind else ''}{size}"

    @property
    def wants_login(self) -> bool:
        """True when the server wants a login, or refuses the one that was given."""
        return self.code is not None and self.code == _LOGIN_WANTED.get(self.protocol)

    @property
    def protocol(self) -> FileProtocol:
        """The protocol of the request, by its method."""
        if self.method == LIST:
            return FileProtocol.FTP
        known = (one for one in FileProtocol if self.method in (one.read, one.write))
        return next(known, FileProtocol.HTTP)

    @property
    def is_redirect(self) -> bool:
        """True when the server names another place for the file."""
        return self.code is not None and 300 <= self.code < 400 and "location" in self.headers

    @property
    def target(self) -> str:
        """Where a redirect leads; as the server names it if that is no URL."""
        try:
            return urljoin(self.url, self.headers["location"])
        except ValueError:
            return self.headers["location"]

    @property
    def is_page(self) -> bool:
        """True for an HTML page, by its first bytes or its type; a file of phones of a wrong type is none."""
        if _PHONE_FILE.match(self.body[:_OPENING]):
            return False
        opening = self.body[:_OPENING].lstrip().lower()
        says_so = "html" in self.headers.get("content-type", "").lower()
        return says_so or opening.startswith((b"<!doctype html", b"<html"))


def wants_login(reply: FetchReply | StreamReply | UploadReply) -> bool:
    """True when the server wants a login from a phone, or refuses the one that it gave."""
    return isinstance(reply, Refused) and reply.status == _LOGIN_WANTED.get(reply.protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBoot:
    """One phone that booted; `problem` says why it goes without the server's configuration, empty when it does not.

    `complaints` are the lines of its log of level 4 and above; `source_address` is the address of this machine that it
    asked from, None for the system's choice.
    """

    model: Model
    always: bool
    problem: str
    master: MasterConfiguration
    gates: tuple[Gate, ...]
    exchanges: tuple[Exchange, ...]
    parameters: ParametersInForce
    complaints: tuple[Complaint, ...] = ()
    source_address: str | None = None

    @property
    def rule(self) -> str:
        """The license rule, as the command line has it."""
        return rule_name(self.always)

    @property
    def uploads(self) -> tuple[Exchange, ...]:
        """The uploads of logs."""
        return tuple(one for one in self.exchanges if isinstance(one.request, Upload))

    @property
    def stored(self) -> Upload | None:
        """The application's log, or the end of it, as the server took it last, None when it took none."""
        taken = [one.request for one in self.exchanges if isinstance(one.reply, Uploaded)]
        logs = (one for one in reversed(taken) if isinstance(one, Upload) and one.location.name.endswith(LOG_ENDING))
        return next(logs, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSeen:
    """The versions of TLS that a handshake succeeded with, and what is wrong with the certificate (empty: nothing)."""

    accepted: tuple[str, ...]
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TftpSeen:
    """One transfer of the master configuration file, block by block.

    `asked` and `block_size` are the bytes of a block that were asked for and agreed on (None: the option went
    unanswered); `own_port` is true when the server answered from another port than it listens on; `undisturbed` when a
    stranger's error packet did not end the transfer. `failure` says why there is nothing to see.
    """

    asked: int
    block_size: int | None = None
    own_port: bool = False
    undisturbed: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSeen:
    """The files that phones were given, by their paths below the root, and what is wrong in them.

    `is_signature_undecided`: there is a license key that the test pair did not sign, and no other public key was named.
    """

    names: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_signature_undecided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridesSeen:
    """The fate of an override file that sets nothing: it was asked for, sent, and asked for again.

    `upload` and `after` are None where the server had a file of this name, which is not written over.
    """

    sent: bytes
    before: ObservedAnswer
    upload: ObservedAnswer | None = None
    after: ObservedAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """All that was seen. `limit` is a phone's time limit for an answer in seconds; `anchor` None when none was named.

    `connections` counts what the audit's own HTTP requests were sent over, None for another protocol; `challenge` is
    how HTTP asked for the password, `basic` or `digest`, empty when it did not; `outside_named` is true when somebody
    put a file beside the root for the audit to ask for; `cut_short` when the audit's bounds or an `interruption` ended
    it early.
    """

    url: str
    scheme: str
    has_password: bool
    mac: MacAddress
    other_mac: MacAddress
    limit: float
    anchor: TrustAnchor | None
    test_anchor: TrustAnchor
    day: str
    answers: Mapping[AuditQuestion, ObservedAnswer]
    boots: tuple[ObservedBoot, ...]
    firmware: str = CURRENT
    files: FilesSeen = FilesSeen()
    connections: int | None = None
    challenge: str = ""
    tls: TlsSeen | None = None
    tftp: TftpSeen | None = None
    overrides: OverridesSeen | None = None
    outside_named: bool = False
    cut_short: bool = False
    interruption: KeyboardInterrupt | None = None
    requests: tuple[ObservedAnswer, ...] = ()

    @property
    def is_http(self) -> bool:
        """True for HTTP and HTTPS, whose answers have headers."""
        return self.scheme in ("http", "https")

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """The requests of all phones, with their replies."""
        return (one for boot in self.boots for one in boot.exchanges)

    def found(self, *asks: AuditQuestion) -> list[ObservedAnswer]:
        """Those of the answers that are files."""
        answers = [self.answers[ask] for ask in asks if ask in self.answers]
        return [answer for answer in answers if answer.outcome is AnswerOutcome.FOUND]

    def is_real(self, ask: AuditQuestion) -> bool:
        """True when a file was answered that is not what the server answers to any name, nor a page."""
        return any(not answer.is_page and not self.looks_missing(answer) for answer in self.found(ask))

    def looks_missing(self, answer: ObservedAnswer) -> bool:
        """True when the answer is the one that a missing file gets."""
        return any(answer.body == missing.body for missing in self.found(AuditQuestion.MISSING))
