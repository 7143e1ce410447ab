"""Two dialogues are the same but for the MAC and the time of day, or it is said where they differ."""

from pathlib import Path

import pytest

from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import UsageError
from phone_sim.recording import compare as room
from phone_sim.recording.compare import asked, compare
from phone_sim.recording.dialogue import Recording
from phone_sim.recording.files import load_recording
from phone_sim.recording.names import Names
from tests.recording.dialogues import FILES, boot_log, exchange, proxied, recording, served, upload

NOTHING_CONFIGURED = FILES | {"site.cfg": b"<site/>"}


def boot_recording(out: Path, mac: str, *, firmware: str = "3.3.0", files: dict[str, bytes] = FILES) -> Recording:
    """The recording of the boot of one phone on a server of its own."""
    with served(MemorySite(files)) as real, proxied(real.http, out) as front:
        boot_log(front.http, mac=mac, firmware=firmware)
    return load_recording(out)


def kinds(first: Recording, second: Recording) -> list[tuple[str, str]]:
    """Each difference and its path."""
    return [
        (one.kind, request.path) for one in compare(first, second).differences if (request := one.first or one.second)
    ]


@pytest.mark.slow
def test_two_phones_of_one_model_say_the_same(tmp_path: Path) -> None:
    first = boot_recording(tmp_path / "a", "0004f2000001")
    second = boot_recording(tmp_path / "b", "0004f2aabbcc")
    assert len(first.exchanges) > 8
    assert compare(first, second).differences == ()


@pytest.mark.slow
def test_two_firmwares_differ_in_override_files_and_user_agent(tmp_path: Path) -> None:
    first = boot_recording(tmp_path / "a", "0004f2000001", firmware="3.2.3", files=NOTHING_CONFIGURED)
    second = boot_recording(tmp_path / "b", "0004f2aabbcc", firmware="3.3.0", files=NOTHING_CONFIGURED)
    differences = compare(first, second).differences
    only = [one.second.path for one in differences if one.kind == "only in the second" and one.second is not None]
    assert only == ["<mac>-web.cfg"]
    agents = {
        (one.first.user_agent[-10:], one.second.user_agent[-10:])
        for one in differences
        if one.kind == "user agent" and one.first is not None and one.second is not None
    }
    assert agents == {("3.2.3.0000", "3.3.0.0000")}


def test_missing_and_extra_requests_are_told_apart() -> None:
    first = recording(exchange("a"), exchange("b"), exchange("c"))
    second = recording(exchange("a"), exchange("c"), exchange("d"))
    assert kinds(first, second) == [("only in the first", "b"), ("only in the second", "d")]


def test_request_in_another_place_is_a_matter_of_order() -> None:
    first = recording(exchange("a"), exchange("b"), exchange("c"), exchange("d"))
    second = recording(exchange("b"), exchange("c"), exchange("d"), exchange("a"))
    (one,) = compare(first, second).differences
    assert (one.kind, one.first and one.first.place, one.second and one.second.place) == ("order", 1, 4)


def test_same_path_by_another_method_is_said_once() -> None:
    assert kinds(recording(exchange("a")), recording(exchange("a", method="RRQ"))) == [("method", "a")]


def test_uploads_differ_only_in_more_than_stamp_and_mac() -> None:
    first = upload("0004f2000001-app.log", b"0302080000|app1 |*|03|0004f2000001 started\n")
    same = upload("0004f2aabbcc-app.log", b"0405111213|app1 |*|03|0004f2aabbcc started\n")
    other = upload("0004f2aabbcc-app.log", b"0405111213|app1 |*|03|0004f2aabbcc stopped\n")
    assert kinds(recording(first), recording(same)) == []
    assert kinds(recording(first), recording(other)) == [("upload", "<mac>-app.log")]


def test_uploads_that_were_too_large_to_keep_go_by_their_digest() -> None:
    large = [upload("a.log", body) for body in (b"0302080000|1", b"0302080000|2")]
    assert kinds(recording(large[0]), recording(large[1])) == [("upload", "a.log")]


def test_each_phone_of_a_dialogue_has_a_name_of_its_own() -> None:
    made = recording(
        exchange("000000000000.cfg"),
        exchange("0004f2aabbcc.cfg"),
        exchange("0004f2000002.cfg"),
        exchange("0004F2AABBCC.cfg"),
        exchange("site.cfg", user_agent="phone (SN:0004f2000002)"),
    )
    requests = asked(made, Names(made.exchanges))
    assert [one.path for one in requests][:4] == ["000000000000.cfg", "<mac>.cfg", "<mac 2>.cfg", "<MAC>.cfg"]
    assert requests[4].user_agent == "phone (SN:<mac 2>)"


def test_dialogues_too_long_to_align_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "COMPARED_LIMIT", 2)
    same = [exchange("same")] * 10
    assert compare(recording(*same), recording(*same)).differences == ()
    with pytest.raises(UsageError, match="more than 2 requests"):
        compare(recording(*map(exchange, "abc")), recording(*map(exchange, "def")))
