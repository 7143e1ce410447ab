"""Fault rules: how they are read and written, which request they hold for, and that a seed repeats them."""

import threading
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.boot_server.fault_kind import METHODS, FaultKind
from phone_sim.boot_server.fault_kinds import (
    FAULTS,
    Challenge,
    ContentType,
    Corrupt,
    Delay,
    Down,
    Drip,
    Duplicate,
    Forge,
    Late,
    Length,
    Lose,
    RedirectLoop,
    Reset,
    Stall,
    Status,
    TftpError,
    Truncate,
)
from phone_sim.boot_server.faults import Fault, FaultPlan, FaultRule
from phone_sim.errors import UsageError
from phone_sim.mac_address import MacAddress

AGENT = "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.1098"
MAC = MacAddress("0004f2aabbcc")
WRITTEN: dict[str, FaultKind] = {
    "503": Status(HTTPStatus.SERVICE_UNAVAILABLE),
    "tftp-error=2": TftpError(2),
    "delay=2": Delay(2),
    "delay=0.25": Delay(0.25),
    "stall": Stall(),
    "drip=10/0.2": Drip(10, 0.2),
    "reset": Reset(),
    "reset=100": Reset(100),
    "truncate=0": Truncate(0),
    "corrupt": Corrupt(),
    "length=+10": Length(10),
    "length=-10": Length(-10),
    "type=text/html;charset=utf-8": ContentType("text/html;charset=utf-8"),
    "redirect-loop": RedirectLoop(),
    "challenge=basic": Challenge("basic"),
    "challenge=digest": Challenge("digest"),
    "lose=3": Lose(3),
    "duplicate=3": Duplicate(3),
    "late=3/0.5": Late(3, 0.5),
    "forge=3": Forge(3),
    "down": Down(),
}


def asked(plan: FaultPlan, path: str = "a.cfg", method: str = "GET", agent: str = AGENT) -> str:
    """The fault for a request, as it is written; empty for none."""
    fault = plan.for_request(method, path, agent)
    return "" if fault is None else str(fault.kind)


@pytest.mark.parametrize("text", WRITTEN)
def test_kind_is_read_and_written(text: str) -> None:
    rule = FaultRule.parse(text)
    assert rule == FaultRule(kind=WRITTEN[text])
    assert str(rule) == text


def test_conditions_are_read_in_any_order() -> None:
    rule = FaultRule.parse(" nth=2-4  chance=0.5 503 method=GET phone=00:04:F2:AA:BB:CC\tfile=/x/*.cfg")
    assert str(rule) == "503 file=x/*.cfg phone=0004f2aabbcc method=GET nth=2-4 chance=0.5"


SECONDS = st.integers(0, 99_999_999).map(lambda thousandths: thousandths / 1000)
BLOCKS = st.integers(0, 9999)
SIZES = st.integers(0, 999_999_999)
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
KINDS: st.SearchStrategy[FaultKind] = st.one_of(
    st.sampled_from(list(WRITTEN.values())),
    st.sampled_from([status for status in HTTPStatus if status >= 400]).map(Status),
    SECONDS.map(Delay),
    st.builds(Drip, SIZES.filter(bool), SECONDS),
    SIZES.map(Reset),
    SIZES.map(Truncate),
    st.integers(-999_999_999, 999_999_999).map(Length),
    PRINTABLE.map(ContentType),
    BLOCKS.map(Lose),
    BLOCKS.map(Duplicate),
    st.builds(Late, BLOCKS, SECONDS),
    BLOCKS.filter(bool).map(Forge),
)


@st.composite
def rules(draw: st.DrawFn) -> FaultRule:
    """Any rule that can be written."""
    kind = draw(KINDS)
    first = draw(st.integers(1, 999_999_999))
    return FaultRule(
        kind=kind,
        file=draw(st.none() | PRINTABLE.map(lambda text: text.lstrip("/")).filter(bool)),
        phone=draw(st.none() | st.just(MAC)),
        method=draw(st.none() | st.sampled_from(sorted(kind.acts_on))),
        first=first,
        last=draw(st.none() | st.integers(first, 999_999_999)),
        chance=draw(st.integers(0, 10_000).map(lambda parts: parts / 10_000)),
    )


@pytest.mark.slow
@given(rule=rules())
def test_rule_survives_being_written(rule: FaultRule) -> None:
    assert FaultRule.parse(str(rule)) == rule


WORDS = st.one_of(
    st.text(max_size=20),
    st.builds(
        "{}={}".format,
        st.sampled_from(["file", "phone", "nth", "chance", "method", "drip", "length", "late", "forge"]),
        st.text(max_size=10) | st.from_regex(r"[0-9+/.-]{1,8}"),
    ),
    st.sampled_from([*WRITTEN, "nth=2", "nth=0", "chance=2", "method=GET", "phone=1"]),
)


@pytest.mark.slow
@given(text=st.text() | st.lists(WORDS, max_size=5).map(" ".join))
def test_any_text_is_a_rule_or_a_usage_error(text: str) -> None:
    try:
        rule = FaultRule.parse(text)
    except UsageError:
        return
    assert FaultRule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it names no fault; there are: a status"),
        ("nth=2", "it names no fault"),
        ("503 nht=1", "nht=1 is neither a fault"),
        ("200", "200 is neither a fault"),
        ("599", "599 is neither a fault"),
        ("tftp-error=9", "not of the form tftp-error=0 to 8"),
        ("delay=nan", "not of the form delay=SECONDS"),
        ("delay", "not of the form delay=SECONDS"),
        ("drip=0/1", "not of the form drip=BYTES/SECONDS"),
        ("challenge=ntlm", "not of the form challenge=basic or digest"),
        ("type=a\nSet-Cookie:x", "Set-Cookie:x is neither"),
        ("stall down", "stall and down are two faults"),
        ("503 nth=1 nth=2", "nth= is there twice"),
        ("503 nth=0", "nth=0 does not count from 1"),
        ("503 nth=4-2", "nth=4-2 does not count from 1"),
        ("503 chance=1.5", "chance=1.5 is not between 0 and 1"),
        ("503 method=POST", "method=POST is none of GET, PUT, RRQ, WRQ"),
        ("503 phone=4f2aabbcc", "leading zeros"),
        ("503 file=", "file= needs a path"),
        ("lose=3 method=GET", "lose=3 does nothing to GET, only to RRQ, WRQ"),
        ("503 file=" + "a" * 1000, "at most 1000 characters"),
    ],
)
def test_bad_rule_says_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        FaultRule.parse(text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "path", "method", "agent", "holds"),
    [
        ("503", "any/thing", "WRQ", "", True),
        ("503 file=*-license.cfg", "/licenses/0004f2aabbcc-license.cfg", "GET", AGENT, True),
        ("503 file=*-license.cfg", "site.cfg", "GET", AGENT, False),
        ("503 file=SITE.cfg", "site.cfg", "GET", AGENT, False),
        ("503 phone=0004f2aabbcc", "0004F2AABBCC.cfg", "RRQ", "", True),
        ("503 phone=0004f2aabbcc", "10004f2aabbcc.cfg", "RRQ", "", False),
        ("503 phone=0004f2aabbcc", "site.cfg", "GET", AGENT, False),
        ("503 phone=0004f2aabbcc", "site.cfg", "GET", f"{AGENT} (SN:0004F2AABBCC)", True),
        ("503 method=GET", "a", "HEAD", AGENT, True),
        ("503 method=PUT", "a", "GET", AGENT, False),
        ("503", "a", "POST", AGENT, False),
        ("lose=1", "a", "GET", AGENT, False),
        ("redirect-loop", "a", "RRQ", "", False),
    ],
)
def test_rule_holds_for_what_it_is_about(rule: str, path: str, method: str, agent: str, holds: bool) -> None:
    assert bool(asked(FaultPlan([rule]), path, method, agent)) is holds


@pytest.mark.parametrize(
    ("nth", "holds"), [("2", [0, 1, 0, 0]), ("2-3", [0, 1, 1, 0]), ("3-", [0, 0, 1, 1]), ("1-", [1, 1, 1, 1])]
)
def test_nth_request_gets_the_fault(nth: str, holds: list[int]) -> None:
    plan = FaultPlan([f"503 file=a.cfg nth={nth}"])
    seen = []
    for _ in range(4):
        seen.append(int(bool(asked(plan, "a.cfg"))))
        assert not asked(plan, "b.cfg")
    assert seen == holds


def test_first_rule_that_holds_is_used_and_all_count() -> None:
    plan = FaultPlan(["404 nth=1", "503 nth=2", "down nth=2-"])
    assert [asked(plan) for _ in range(3)] == ["404", "503", "down"]


def test_rule_of_another_protocol_makes_way() -> None:
    plan = FaultPlan(["lose=1 nth=1", "503"])
    assert [asked(plan, method=method) for method in ("GET", "RRQ", "RRQ")] == ["503", "lose=1", "503"]


def test_same_seed_gives_the_same_faults() -> None:
    def played(seed: int) -> list[Fault | None]:
        plan = FaultPlan(["corrupt chance=0.3", "503 chance=0.3"], seed)
        return [plan.for_request("GET", f"{number}.cfg", AGENT) for number in range(200)]

    assert played(7) == played(7)
    assert played(7) != played(8)


@pytest.mark.parametrize(("chance", "least", "most"), [(0, 0, 0), (0.25, 150, 350), (1, 1000, 1000)])
def test_chance_is_about_kept(chance: float, least: int, most: int) -> None:
    plan = FaultPlan([f"503 chance={chance}"], seed=1)
    assert least <= sum(bool(asked(plan)) for _ in range(1000)) <= most


def test_equal_rules_draw_apart() -> None:
    one, two = (FaultPlan(["503 chance=0.5"] * times, seed=1) for times in (1, 2))
    assert sum(bool(asked(one)) for _ in range(1000)) < 600 < sum(bool(asked(two)) for _ in range(1000))


@given(data=st.binary(max_size=1000), draw=st.text(max_size=5))
def test_corruption_changes_a_byte_in_each_64(data: bytes, draw: str) -> None:
    fault = Fault(kind=Corrupt(), rule="corrupt", draw=draw)
    changed = fault.corrupted(data)
    assert len(changed) == len(data)
    assert changed == fault.corrupted(data)
    for start in range(0, len(data), 64):
        assert sum(a != b for a, b in zip(data[start : start + 64], changed[start : start + 64], strict=True)) == 1


def test_rules_come_and_go() -> None:
    plan = FaultPlan(["503 nth=1"])
    down = plan.add("down")
    assert [asked(plan), asked(plan)] == ["503", "down"]
    plan.remove(down)
    plan.remove(down)
    assert asked(plan) == ""
    plan.clear()
    assert plan.rules == ()
    plan.add(FaultRule.parse("503 nth=1"))
    assert asked(plan) == "503"


def test_cleared_plan_is_as_new() -> None:
    def drawn(plan: FaultPlan) -> list[str]:
        plan.add("503 chance=0.5")
        return [asked(plan) for _ in range(50)]

    used, new = FaultPlan(["down chance=0.5"], seed=3), FaultPlan(seed=3)
    asked(used)
    used.clear()
    assert drawn(used) == drawn(new)


def test_threads_count_each_request_once() -> None:
    plan = FaultPlan(["503 nth=1-500"])
    hits: list[str] = []

    def ask(*_: Any) -> None:
        hits.extend(filter(None, (asked(plan) for _ in range(200))))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hits) == 500


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: str(kind.__name__))
def test_kind_acts_on_the_protocols_on_which_it_is_said_to(kind: type[FaultKind]) -> None:
    assert kind.acts_on
    assert kind.acts_on <= set(METHODS)
    assert bool(kind.on_http) == bool(kind.acts_on & {"GET", "PUT"})
    assert bool(kind.on_tftp) == bool(kind.acts_on & {"RRQ", "WRQ"})


@pytest.mark.parametrize("example", [example for kind in FAULTS for example in kind.examples])
def test_example_is_a_rule(example: str) -> None:
    assert str(FaultRule.parse(example)) == example


def test_example_is_of_its_own_kind() -> None:
    assert all(isinstance(FaultRule.parse(example).kind, kind) for kind in FAULTS for example in kind.examples)
