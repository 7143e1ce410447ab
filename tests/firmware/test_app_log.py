"""The upload of the log (field notes 4.2)."""

import pytest

from phone_sim.firmware import messages
from phone_sim.firmware.app_log import next_upload
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    ForgetLog,
    LogContents,
    NotFound,
    Refused,
    TransferFailed,
    Upload,
    UploadReply,
)
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.settings import LogSettings
from phone_sim.firmware.timer_effects import UploadLogAfter
from phone_sim.firmware.transfer_facts import FailureKind
from tests.make import MAC, Dialogue, boot, configured, identity, master, path_of


@pytest.mark.parametrize(
    ("settings", "pending", "on_server", "body"),
    [
        (LogSettings(), b"", b"old\n", None),
        (LogSettings(), b"new\n", b"", b"new\n"),
        (LogSettings(), b"new\n", b"old\n", b"old\nnew\n"),
        (LogSettings(append=False), b"new\n", b"old\n", b"new\n"),
        (LogSettings(append_limit=8), b"new\n", b"old\n", b"old\nnew\n"),
        (LogSettings(append_limit=7), b"new\n", b"old\n", b"new\n"),
        (LogSettings(append_limit=7, stop_at_limit=True), b"new\n", b"old\n", None),
        (LogSettings(append_limit=8, stop_at_limit=True), b"new\n", b"old\n", b"old\nnew\n"),
        (LogSettings(append_limit=6), b"newer\nnewest\n", b"", b"ewest\n"),  # the end is what matters
    ],
)
def test_file_on_the_server_grows_to_its_limit(
    settings: LogSettings, pending: bytes, on_server: bytes, body: bytes | None
) -> None:
    assert next_upload(LogContents(pending=pending, on_server=on_server), settings) == body


def site(**attributes: str) -> dict[str, bytes]:
    return {"000000000000.cfg": master(CONFIG_FILES="site.cfg", **attributes), "site.cfg": configured()}


def kept(dialogue: Dialogue) -> list[bytes]:
    return [effect.on_server for effect in dialogue.effects if isinstance(effect, ForgetLog)]


@pytest.mark.parametrize(
    ("directory", "path"),
    [("", f"+{MAC}-app.log"), ("./logs", f"+logs/{MAC}-app.log"), ("[PHONE_MAC_ADDRESS]", f"+{MAC}/{MAC}-app.log")],
)
def test_boot_ends_with_the_upload_of_its_log(directory: str, path: str) -> None:
    dialogue = Dialogue(site(LOG_FILE_DIRECTORY=directory))
    dialogue.run(boot(identity()))
    assert dialogue.requested[-1] == path
    upload = next(effect for effect in dialogue.effects if isinstance(effect, Upload))
    assert upload.body == "\n".join(dialogue.lines).encode()
    assert kept(dialogue) == [upload.body]


def test_directory_that_says_nowhere_stops_uploads() -> None:
    dialogue = Dialogue(site(LOG_FILE_DIRECTORY="http://0.0.0.0"))
    dialogue.run(boot(identity()))
    assert not any(path.startswith("+") for path in dialogue.requested)
    assert kept(dialogue) == []


@pytest.mark.parametrize(
    "reply", [NotFound("404"), Refused("405"), TransferFailed(FailureKind.BROKEN_OFF, "reset", unanswered=True)]
)
def test_upload_that_fails_is_logged_and_kept_for_later(reply: UploadReply) -> None:
    dialogue = Dialogue(site())
    dialogue.upload_reply = reply
    dialogue.run(boot(identity()))
    assert dialogue.log_of("log")[-1] == "UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = -1"
    assert kept(dialogue) == []


def test_full_log_is_erased_even_if_nobody_takes_it() -> None:
    phone = Phone(identity())
    dialogue = Dialogue(site())
    dialogue.upload_reply = Refused("405")
    dialogue.run(phone.power_on())
    dialogue.run(phone.upload_log(full=True))
    assert kept(dialogue) == [b""]


LOG = f"{MAC}-app.log"
OLD = b"0101000000|log  |4|03|old\n"
NOT_TOLD = messages.LOG_LENGTH_NOT_TOLD.text


def sent_by_5(
    files: dict[str, bytes | FetchReply], boot_server: str = "http://boot.example/", **parameters: str
) -> tuple[list[Fetch], list[Upload], Dialogue]:
    """What a phone with UC Software 5.x asks of its log on the server, and sends of it, at a boot."""
    dialogue = Dialogue({**site(), "site.cfg": configured(**parameters), **files})
    dialogue.run(boot(identity(firmware="5.9.7", boot_server=boot_server)))
    asked = [effect for effect in dialogue.effects if isinstance(effect, Fetch) and path_of(effect) == LOG]
    return asked, [effect for effect in dialogue.effects if isinstance(effect, Upload)], dialogue


def test_later_software_appends_what_is_new_to_the_file_on_the_server() -> None:
    asked, sent, dialogue = sent_by_5({LOG: OLD})
    new = "\n".join(dialogue.lines).encode()
    assert [one.is_head for one in asked] == [True]
    assert [(one.body, one.offset) for one in sent] == [(new, len(OLD))]
    assert sent[0].content_range == f"bytes {len(OLD)}-{len(OLD) + len(new) - 1}/{len(OLD) + len(new)}"
    assert dialogue.requested[-2:] == [LOG, f"+{LOG}"]
    assert NOT_TOLD not in dialogue.log_of("copy")


@pytest.mark.parametrize(
    ("reply", "is_said"),
    [(NotFound("Not Found", 404), False), (Refused("no HEAD", 405), True), (Fetched(b"", 200), True)],
)
def test_later_software_sends_the_whole_log_where_no_length_is_told(reply: FetchReply, is_said: bool) -> None:
    _, sent, dialogue = sent_by_5({LOG: reply})
    assert [one.offset for one in sent] == [None]
    assert (NOT_TOLD in dialogue.log_of("copy")) is is_said
    assert kept(dialogue) == [sent[0].body]


def test_server_that_does_not_answer_is_not_asked_twice() -> None:
    _, sent, dialogue = sent_by_5({LOG: TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)})
    assert sent == []
    assert dialogue.log_of("log")[-1].startswith("UtilLogServerC::uploadFifoLog: upload error")
    assert kept(dialogue) == []


@pytest.mark.parametrize(("mode", "offsets"), [("delete", [None]), ("stop", [])])
def test_file_at_its_limit_starts_over_or_stays(mode: str, offsets: list[int | None]) -> None:
    full = bytes(512 * 1024)
    _, sent, _ = sent_by_5({LOG: full}, log_render_file_upload_append_limitMode=mode)
    assert [one.offset for one in sent] == offsets


@pytest.mark.parametrize(
    ("boot_server", "append"),
    [("tftp://boot.example/", "1"), ("ftp://boot.example/", "1"), ("http://boot.example/", "0")],
)
def test_only_http_is_appended_to_and_only_if_it_is_to_be(boot_server: str, append: str) -> None:
    asked, sent, _ = sent_by_5({LOG: OLD}, boot_server, log_render_file_upload_append=append)
    assert asked == []
    assert [one.offset for one in sent] == [None]


def test_period_is_that_of_the_parameters() -> None:
    files = site() | {"site.cfg": configured(log_render_file_upload_period="60")}
    dialogue = Dialogue(files)
    dialogue.run(boot(identity()))
    assert [effect.seconds for effect in dialogue.effects if isinstance(effect, UploadLogAfter)] == [60]
