"""The upload of the application log, `<mac>-app.log` (field notes 4.2).

The stock rules: with `append` the file on the server grows up to a limit, after which it starts over (`delete`) or
stays as it is (`stop`); without, each upload replaces it. Whole files are sent, since no transport of these phones
can be relied on to append (field notes 3.2): the phone remembers what the server holds. UC Software 5.x appends over
HTTP: it asks how long the server's file is, and sends what is new with a Content-Range. A line that nobody took is not
kept for ever.
"""

from dataclasses import replace

from phone_sim.firmware import messages
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    ForgetLog,
    LogContents,
    NotFound,
    ReadLog,
    TransferFailed,
    Upload,
    Uploaded,
)
from phone_sim.firmware.session import NO_ANSWER, Session
from phone_sim.firmware.settings import LogSettings
from phone_sim.firmware.stage import Stage
from phone_sim.firmware.timer_effects import UploadLogAfter

LOG_ENDING = Stage.APPLICATION.log_name("")
"""What the name of the log ends with, after the MAC address."""


def next_upload(contents: LogContents, settings: LogSettings) -> bytes | None:
    """What the file on the server is to be, or None when there is nothing to send."""
    if not contents.pending:
        return None
    if not settings.append:
        return contents.pending
    whole = contents.on_server + contents.pending
    if len(whole) <= settings.append_limit:
        return whole
    return None if settings.stop_at_limit else _end_of(contents.pending, settings)


def _end_of(pending: bytes, settings: LogSettings) -> bytes:
    return pending[max(0, len(pending) - settings.append_limit) :]


async def upload_log(session: Session, folder: str, *, full: bool = False) -> None:
    """Send what is new in the log to the folder for logs. A `full` log is erased even if nobody takes it."""
    await UploadLogAfter(session.settings.log.upload_period)
    contents = await ReadLog()
    sent = await _sent(session, folder, contents)
    if sent is not None:
        await ForgetLog(on_server=sent)
    elif full:
        await ForgetLog(on_server=contents.on_server)


async def send_log(session: Session, folder: str, body: bytes) -> None:
    """Send the log of the session's stage as a whole to the folder for logs; what goes wrong is logged."""
    whole = await _whole(session, folder, body)
    if whole is not None:
        await _taken(session, whole)


async def _sent(session: Session, folder: str, contents: LogContents) -> bytes | None:
    """What the server's file is known to hold now, None when the server took nothing."""
    body = next_upload(contents, session.settings.log)
    whole = None if body is None else await _whole(session, folder, body)
    piece = None if whole is None else await _piece(session, whole, contents.pending)
    if piece is None or not await _taken(session, piece):
        return None
    return body if piece.offset is not None else piece.body


async def _whole(session: Session, folder: str, body: bytes) -> Upload | None:
    """The upload of a whole log; None where there is no place for it, or no answer is to be had."""
    if session.server is None:
        return None
    if not session.reachable:
        await session.say(messages.LOG_UPLOAD_LEFT_OUT, reason=NO_ANSWER)
        return None
    location = session.server.locate(folder, session.stage.log_name(session.identity.mac))
    return None if location is None else Upload(location=location, body=body, user_agent=session.user_agent)


async def _taken(session: Session, upload: Upload) -> bool:
    if isinstance(await upload, Uploaded):
        return True
    await session.say(messages.LOG_UPLOAD_FAILED, protocol=0, result=-1)
    return False


async def _piece(session: Session, whole: Upload, pending: bytes) -> Upload | None:
    """What is sent in place of the whole file; None where the server's file is full and stays so, or nobody answers.

    The HEAD and the line for one that fails were observed; that a file that is not there yet is sent whole and without
    that line, as one whose length is not told is with it, is our decision.
    """
    settings = session.settings.log
    is_http = whole.location.url.lower().startswith(("http:", "https:"))
    if not (session.identity.profile.appends_log and settings.append and is_http):
        return whole
    reply = await Fetch(location=whole.location, limit=0, user_agent=whole.user_agent, is_head=True)
    if isinstance(reply, NotFound):
        return replace(whole, body=_end_of(pending, settings))
    if isinstance(reply, TransferFailed) and reply.unanswered:
        await session.say(messages.LOG_UPLOAD_FAILED, protocol=0, result=-1)
        return None
    length = reply.head.content_length if isinstance(reply, Fetched) else None
    if length is None:
        await session.say(messages.LOG_LENGTH_NOT_TOLD)
        return whole
    if length + len(pending) <= settings.append_limit:
        return replace(whole, body=pending, offset=length)
    return None if settings.stop_at_limit else replace(whole, body=_end_of(pending, settings))
