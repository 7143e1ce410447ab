"""What to do about a file that phones are not given depends on how the server failed."""

import pytest

from phone_sim.audit.remedies import remedy_of
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from tests.audit.audited import MODELS, SITE, audited


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Refused("Forbidden", 403, FileProtocol.HTTP), "process read the file"),
        (Refused("Access violation", 2, FileProtocol.TFTP), "process read the file"),
        (Refused("Bad Gateway", 502, FileProtocol.HTTP), "error log"),
        (Refused("Try again", 451, FileProtocol.FTP), "error log"),
        (TransferFailed(FailureKind.BROKEN_OFF, "it breaks off"), "proxies"),
    ],
)
def test_remedy_is_that_of_the_status(reply: object, words: str) -> None:
    assert words in remedy_of([NotFound("Not Found", 404, FileProtocol.HTTP), reply])


def test_missing_file_has_the_remedy_of_its_check() -> None:
    assert not remedy_of([NotFound("Not Found", 404, FileProtocol.HTTP)])


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        ("403", "master-configuration", "process read the file"),
        ("403 file=*-license.cfg", "missing-licenses", "process read the file"),
        ("reset=10 file=site.cfg", "configuration-files", "proxies"),
    ],
)
def test_finding_of_an_audit_says_what_to_do_about_the_status(fault: str, check: str, words: str) -> None:
    with BootServer(MemorySite(SITE), faults=FaultPlan([fault])) as server:
        _, findings = audited(server.url, models=MODELS[:1])
    assert findings[check].is_bad
    assert words in findings[check].remedy
