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
    UploadLogAfter,
)
from phone_sim.firmware.session import NO_ANSWER, Session
from phone_sim.firmware.settings import LogSettings

LOG_ENDING = "-app.log"
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


async def _sent(session: Session, folder: str, contents: LogContents) -> bytes | None:
    body = next_upload(contents, session.settings.log)
    if body is None or session.server is None:
        return None
    if not session.reachable:
        await session.say(messages.LOG_UPLOAD_LEFT_OUT, reason=NO_ANSWER)
        return None
    location = session.server.locate(folder, f"{session.identity.mac}{LOG_ENDING}")
    if location is None:
        return None
    upload = Upload(location=location, body=body, user_agent=session.user_agent)
    piece = await _piece(session, upload, contents.pending)
    if piece is None:
        return None
    if isinstance(await piece, Uploaded):
        return body if piece.offset is not None else piece.body
    await session.say(messages.LOG_UPLOAD_FAILED, protocol=0, result=-1)
    return None


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
