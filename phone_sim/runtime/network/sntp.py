"""An SNTP client (RFC 4330), bounded in time and hard to deceive from elsewhere.

ntplib takes any answer from the server's address, from whatever port and to whatever question, and waits on as long as
foreign packets come in; so the packets are made and read here. A server that lies well is believed, as by a phone. This
module does not know what the time is for.

Other modules about SNTP: `firmware.time_sync`; in the tests `tests.runtime.hostile_sntp`,
`tests.real_servers.chronyd`.
"""

import secrets
import socket
import time
from dataclasses import dataclass
from datetime import timedelta

from phone_sim.firmware.host import Host
from phone_sim.firmware.network_effects import AskTime, NoTime, TimeAnswer, TimeTold
from phone_sim.firmware.time_sync import is_credible
from phone_sim.runtime.lookup import Address, LookupFailedError, look_up
from phone_sim.runtime.network.sntp_packets import SntpAnswer, is_answer, question, read_answer

DEFAULT_PORT = 123
_SERVERS_ASKED = 8
_LONGEST_PACKET = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """Time limits in seconds: `answer` for each question, of which a server gets `tries`; `whole` for all. Ours."""

    answer: float = 1.5
    tries: int = 2
    whole: float = 10.0


class SntpClient:
    """Asks servers for the time, from `source_address` if there is one; usable by several threads at once."""

    def __init__(self, limits: TimeLimits | None = None, source_address: str | None = None) -> None:
        self._limits = limits or TimeLimits()
        self._source_address = source_address

    def tell(self, request: AskTime) -> TimeAnswer:
        """The time by the first server that tells one that can be believed."""
        deadline = time.monotonic() + self._limits.whole
        reasons: list[str] = []
        for server in request.servers[:_SERVERS_ASKED]:
            if reasons and time.monotonic() >= deadline:
                break
            reply = self._ask(server, deadline)
            if isinstance(reply, TimeTold):
                return reply
            reasons.append(f"{server}: {reply}")
        return NoTime("; ".join(reasons) or "no server is known")

    def _ask(self, server: str, deadline: float) -> TimeTold | str:
        """The time by one server, or why it has none."""
        host = Host.parse(server, DEFAULT_PORT)
        if host is None:
            return "the address cannot be used"
        seconds = min(self._limits.answer, deadline - time.monotonic())
        try:
            found = look_up(host.name, host.port, socket.SOCK_DGRAM, seconds=seconds)[0]
        except LookupFailedError as error:
            return str(error)
        for _ in range(self._limits.tries):
            if (now := time.monotonic()) >= deadline:
                break
            try:
                return self._try(server, found, min(now + self._limits.answer, deadline))
            except TimeoutError:
                continue
            except OSError as error:
                return error.strerror or str(error)
        return "no answer"

    def _try(self, server: str, found: Address, deadline: float) -> TimeTold | str:
        """Ask once. Raises TimeoutError when there is no answer in time, OSError when nobody can be asked."""
        with socket.socket(found.family, socket.SOCK_DGRAM) as channel:
            if self._source_address is not None:
                channel.bind((self._source_address, 0))
            channel.connect(found.address)  # from now on the kernel drops what comes from elsewhere
            token = secrets.token_bytes(8)
            asked = time.monotonic()
            channel.send(question(token))
            packet = _answer(channel, token, deadline)
            took = timedelta(seconds=time.monotonic() - asked)
        told = read_answer(packet)
        if isinstance(told, str):
            return told
        if not is_credible(told.sent):
            return f"it tells a time of {told.sent.year}"
        return TimeTold(told.sent + _way_back(told, took), server, told.sent)


def _answer(channel: socket.socket, token: bytes, deadline: float) -> bytes:
    """The answer to the question with this token; other packets do not hold it up and gain no time."""
    while (left := deadline - time.monotonic()) > 0:
        channel.settimeout(left)
        packet = channel.recv(_LONGEST_PACKET)
        if is_answer(packet, token):
            return packet
    raise TimeoutError


def _way_back(told: SntpAnswer, took: timedelta) -> timedelta:
    """How long the answer was under way: half of what the server did not spend on it."""
    return max(took - told.held, timedelta()) / 2
