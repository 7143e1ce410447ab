"""The upload of the log (field notes 4.2)."""

import pytest

from phone_sim.firmware.app_log import next_upload
from phone_sim.firmware.effects import (
    ForgetLog,
    LogContents,
    NotFound,
    Refused,
    TransferFailed,
    Upload,
    UploadLogAfter,
    UploadReply,
)
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.settings import LogSettings
from phone_sim.firmware.transfer_facts import FailureKind
from tests.make import MAC, Dialogue, boot, configured, identity, master


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


def test_period_is_that_of_the_parameters() -> None:
    files = site() | {"site.cfg": configured(log_render_file_upload_period="60")}
    dialogue = Dialogue(files)
    dialogue.run(boot(identity()))
    assert [effect.seconds for effect in dialogue.effects if isinstance(effect, UploadLogAfter)] == [60]
