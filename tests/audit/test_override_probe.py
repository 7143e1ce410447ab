"""An override file that sets nothing is sent where the server has none, and is judged by what comes back."""

from dataclasses import replace

import pytest

from phone_sim.audit.access_checks import overrides_stored
from phone_sim.audit.finding import Verdict
from phone_sim.audit.observations import AnswerOutcome, ObservedAnswer, OverridesSeen
from phone_sim.audit.override_probe import NO_OVERRIDES
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.audit.audited import MODELS, SITE, audited, probed, verdict
from tests.make import MAC, master

FILE = f"{MAC}-phone.cfg"
ONE = MODELS[:1]


@pytest.mark.parametrize("address", ["url", "tftp_url"])
def test_server_that_stores_it_is_good_also_when_it_is_audited_again(address: str) -> None:
    folder = {**SITE, "000000000000.cfg": master(CONFIG_FILES="site.cfg", OVERRIDES_DIRECTORY="overrides")}
    with BootServer(MemorySite(folder)) as server:
        for _ in range(2):
            seen, findings = audited(getattr(server, address), models=ONE)
            assert verdict(findings, "overrides-stored") is Verdict.GOOD
        assert server.site.files[f"overrides/{FILE}"] == NO_OVERRIDES  # type: ignore[attr-defined]
    assert [one.outcome for one in seen.requests if one.method in ("PUT", "WRQ")][-1] is AnswerOutcome.FOUND


def test_file_of_the_server_is_not_written_over() -> None:
    kept = b'<PHONE_CONFIG><OVERRIDES log.render.level="2"/></PHONE_CONFIG>'
    with BootServer(MemorySite({**SITE, FILE: kept})) as server:
        _, findings = audited(server.url, models=ONE)
        assert server.site.files[FILE] == kept  # type: ignore[attr-defined]
    judgment = findings["overrides-stored"].judgment
    assert judgment.verdict is Verdict.UNKNOWN
    assert judgment.evidence[-1] == "this file is not written over: name a phone that has none, --mac"


def test_directory_on_another_server_is_not_asked() -> None:
    folder = {**SITE, "000000000000.cfg": master(OVERRIDES_DIRECTORY="http://other.invalid/")}
    with BootServer(MemorySite(folder)) as server:
        seen, findings = audited(server.url, models=ONE)
    assert seen.overrides is None
    assert verdict(findings, "overrides-stored") is Verdict.NOT_APPLICABLE


def answer(outcome: AnswerOutcome, body: bytes = b"", code: int | None = None) -> ObservedAnswer:
    return ObservedAnswer(
        method="GET", url=f"http://127.0.0.1/{FILE}", outcome=outcome, status="", code=code, body=body
    )


MISSING, TAKEN = answer(AnswerOutcome.MISSING), answer(AnswerOutcome.FOUND)
REFUSED, FAILED = answer(AnswerOutcome.REFUSED), answer(AnswerOutcome.FAILED)


@pytest.mark.parametrize(
    ("before", "upload", "after", "expected"),
    [
        (MISSING, TAKEN, answer(AnswerOutcome.FOUND, NO_OVERRIDES), Verdict.GOOD),
        (MISSING, TAKEN, answer(AnswerOutcome.FOUND, NO_OVERRIDES + b"\n"), Verdict.BAD),
        (MISSING, TAKEN, MISSING, Verdict.BAD),
        (MISSING, TAKEN, REFUSED, Verdict.BAD),
        (MISSING, TAKEN, FAILED, Verdict.UNKNOWN),
        (MISSING, REFUSED, None, Verdict.BAD),
        (MISSING, MISSING, None, Verdict.BAD),
        (MISSING, FAILED, None, Verdict.UNKNOWN),
        (REFUSED, None, None, Verdict.UNKNOWN),
        (answer(AnswerOutcome.REFUSED, code=401), None, None, Verdict.NOT_APPLICABLE),
        (answer(AnswerOutcome.FOUND, b"<html>"), None, None, Verdict.UNKNOWN),
    ],
)
def test_only_what_came_back_as_it_was_is_good(
    before: ObservedAnswer, upload: ObservedAnswer | None, after: ObservedAnswer | None, expected: Verdict
) -> None:
    tried = OverridesSeen(sent=NO_OVERRIDES, before=before, upload=upload, after=after)
    assert overrides_stored(replace(probed("http"), overrides=tried)).verdict is expected


def test_audit_that_was_cut_short_knows_nothing() -> None:
    assert overrides_stored(replace(probed("http"), cut_short=True)).verdict is Verdict.UNKNOWN
