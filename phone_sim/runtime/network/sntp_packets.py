"""The packets of SNTP, as far as a client needs them (RFC 4330): a question out, a time or a complaint in.

This module knows no socket and no clock.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SIZE = 48
"""Bytes of a packet; what follows in longer ones is for authentication and not looked at."""

_VERSION, _CLIENT, _SERVER = 4, 3, 4
_ALARM = 3
_HIGHEST_STRATUM = 15
_HEAD = struct.Struct("!BBbb4s4s4s")
# The seconds of a timestamp count from the first of these if its first bit is set, else from the second (RFC 4330, 3).
_ERAS = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class SntpAnswer:
    """What a server said: when it sent its answer, and how long it had the question."""

    sent: datetime
    held: timedelta


def question(token: bytes) -> bytes:
    """A client's packet. The server repeats the eight bytes of the `token`, which stand in the place of our time."""
    return bytes([_VERSION << 3 | _CLIENT]).ljust(SIZE - len(token), b"\0") + token


def is_answer(packet: bytes, token: bytes) -> bool:
    """True when a packet answers this question; a forger who has not seen it cannot know the token."""
    return len(packet) >= SIZE and packet[24:32] == token


def read_answer(packet: bytes) -> SntpAnswer | str:
    """The time in an answer, or why it is not to be believed (RFC 4330, 5)."""
    flags, stratum, _, _, _, _, reference = _HEAD.unpack_from(packet)
    if flags & 7 != _SERVER:
        return f"its answer has mode {flags & 7}"
    if stratum == 0 and reference.isascii() and reference.isalpha():
        # RFC 4330, 8: a kiss of death, with the server's reason in four letters.
        return f"it does not want to be asked: {reference.decode()}"
    if flags >> 6 == _ALARM or not 1 <= stratum <= _HIGHEST_STRATUM:
        return "it is not synchronized"
    received, sent = _timestamp(packet[32:40]), _timestamp(packet[40:48])
    if sent is None:
        return "it tells no time"
    held = sent - received if received is not None and received < sent else timedelta()
    return SntpAnswer(sent=sent, held=held)


def _timestamp(field: bytes) -> datetime | None:
    """The time in eight bytes: seconds and their 2^32nd parts; None for zero, which means unknown."""
    seconds, parts = struct.unpack("!II", field)
    if not seconds and not parts:
        return None
    era = _ERAS[0] if seconds >> 31 else _ERAS[1]
    return era + timedelta(seconds=seconds, microseconds=parts * 1_000_000 >> 32)
