"""The upload of the application log, `<mac>-app.log` (field notes 4.2).

The stock rules: with `append` the file on the server grows up to a limit, after which it starts over (`delete`) or
stays as it is (`stop`); without, each upload replaces it. Whole files are sent, since no transport of these phones
can be relied on to append (field notes 3.2): the phone remembers what the server holds. A line that nobody took is
not kept for ever.
"""

from phone_sim.firmware import messages
from phone_sim.firmware.effects import (
    ForgetLog,
    LogContents,
    ReadLog,
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
    return None if settings.stop_at_limit else contents.pending[max(0, len(contents.pending) - settings.append_limit) :]


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
    reply = await Upload(location=location, body=body, user_agent=session.user_agent)
    if isinstance(reply, Uploaded):
        return body
    await session.say(messages.LOG_UPLOAD_FAILED, protocol=0, result=-1)
    return None
