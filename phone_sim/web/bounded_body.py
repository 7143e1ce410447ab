"""The body of a request with a limit on its size and its time, whatever it says of itself. Ours."""

import asyncio
from contextlib import suppress

from starlette.types import Message, Receive

from phone_sim.web_answers import BODY_IS_LATE, PageAnswer, body_is_too_large

_LINGER_SECONDS = 2.0
_LINGER_BYTES = 4 * 1024 * 1024


class BodyRefusedError(Exception):
    """A body that is not taken, raised through whatever reads it; `answer` is what to say."""

    def __init__(self, answer: PageAnswer) -> None:
        super().__init__(answer.text)
        self.answer = answer


class BoundedBody:
    """The body of a request as it comes in, up to so many bytes and seconds from the first part that is read.

    `refused` is what was raised, for where a framework has made something else of it.
    """

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive = receive
        self._limit = limit
        self._seconds = seconds
        self._deadline: float | None = None
        self._size = 0
        self._ended = False
        self.refused: BodyRefusedError | None = None

    async def receive(self) -> Message:
        """The next part; after the last one, whatever comes then. Raises BodyRefusedError."""
        if self._ended:
            return await self._receive()
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._next()
        except TimeoutError as error:
            self.refused = BodyRefusedError(BODY_IS_LATE)
            raise self.refused from error
        if self._size > self._limit:
            self.refused = BodyRefusedError(body_is_too_large(self._limit))
            raise self.refused
        return message

    async def drain(self) -> None:
        """Read for a while what still comes: a connection that is closed on a peer that sends may lose the answer."""
        most = self._size + _LINGER_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while not self._ended and self._size < most:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message
