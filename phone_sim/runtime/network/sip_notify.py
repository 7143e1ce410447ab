"""Sends a NOTIFY check-sync to a phone, as a boot server's SIP server does (RFC 3261 17.1.2, RFC 6665).

Other modules about SIP: `runtime.network.sip`, `firmware.sip_requests`.
"""

import secrets
import socket
from dataclasses import dataclass
from time import monotonic

from sipmessage import URI, Address, CSeq, Message, Parameters, Request, Response, Via

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.firmware.check_sync import DEFAULT_SIP_PORT
from phone_sim.firmware.sip_requests import CHECK_SYNC, SIZE_LIMIT

PATIENCE = 32.0
"""Seconds until a request without an answer is given up: timer F (RFC 3261 17.1.2.2)."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SipTarget:
    """A phone's SIP address: the user part, host and port, and whether it is spoken to over TCP."""

    user: str = ""
    host: str
    port: int = DEFAULT_SIP_PORT
    over_tcp: bool = False

    @classmethod
    def parse(cls, text: str) -> "SipTarget":
        """Read `10.0.0.2`, `10.0.0.2:5070` or `sip:1234@10.0.0.2:5070;transport=tcp`.

        Raises:
            UsageError: it is none of these.
        """
        try:
            uri = URI.parse(text if text.lower().startswith("sip:") else f"sip:{text}")
        except ValueError as error:
            raise UsageError(
                f"{text!r} is not the SIP address of a phone: expected one such as 10.0.0.2 or sip:1234@10.0.0.2:5060"
            ) from error
        transport = (uri.parameters.get("transport") or "udp").lower()
        if uri.scheme != "sip" or not uri.host or transport not in ("udp", "tcp"):
            raise UsageError(f"{text!r}: SIP is sent over UDP and TCP only")
        return cls(user=uri.user or "", host=uri.host, port=uri.port or DEFAULT_SIP_PORT, over_tcp=transport == "tcp")


def notify_check_sync(target: SipTarget, *, patience: float = PATIENCE) -> Response:
    """Send a NOTIFY check-sync and return the phone's final answer; over UDP it is repeated until there is one.

    Raises:
        PhoneSimError: the phone cannot be reached, or gives no answer within `patience` seconds.
    """
    kind = socket.SOCK_STREAM if target.over_tcp else socket.SOCK_DGRAM
    try:
        found = socket.getaddrinfo(target.host.strip("[]"), target.port, type=kind)
        with socket.socket(found[0][0], kind) as connected:
            connected.settimeout(patience)
            connected.connect(found[0][4])
            request = bytes(_request(target, connected.getsockname()))
            answer = _ask_tcp(connected, request) if target.over_tcp else _ask_udp(connected, request, patience)
    except (OSError, UnicodeError) as error:
        reason = f"no answer within {patience:g} s" if isinstance(error, TimeoutError) else _reason(error)
        raise PhoneSimError(f"{target.host}:{target.port}: {reason}") from error
    return answer


def _request(target: SipTarget, own: tuple[str, int]) -> Request:
    host = f"[{own[0]}]" if ":" in own[0] else own[0]
    uri = URI(scheme="sip", host=target.host, user=target.user or None, port=target.port)
    request = Request("NOTIFY", uri)
    branch = Parameters(branch=f"z9hG4bK{secrets.token_hex(8)}", rport=None)
    request.via = [Via("TCP" if target.over_tcp else "UDP", host, own[1], branch)]
    request.max_forwards = 70
    request.from_address = Address(
        URI(scheme="sip", host=host, user="phone-sim"), "", Parameters(tag=secrets.token_hex(8))
    )
    request.to_address = Address(uri)
    request.call_id = f"{secrets.token_hex(16)}@{host}"
    request.cseq = CSeq(1, "NOTIFY")
    request.headers.add("Event", CHECK_SYNC)
    request.headers.add("Subscription-State", "active")
    request.content_length = 0
    return request


def _ask_udp(connected: socket.socket, request: bytes, patience: float) -> Response:
    end, wait = monotonic() + patience, _FIRST_WAIT
    while (left := end - monotonic()) > 0:
        connected.send(request)
        connected.settimeout(min(wait, left))
        wait = min(2 * wait, _LONGEST_WAIT)
        try:
            while (answer := _final(connected.recv(SIZE_LIMIT))) is None:
                pass
        except TimeoutError:
            continue
        return answer
    raise TimeoutError


def _ask_tcp(connected: socket.socket, request: bytes) -> Response:
    connected.sendall(request)
    data = b""
    while (answer := _final(data)) is None:
        more = connected.recv(SIZE_LIMIT)
        if not more or len(data) > SIZE_LIMIT:
            raise ConnectionError("the connection ended before the answer")
        data += more
    return answer


def _final(data: bytes) -> Response | None:
    """The final answer in what came, if it is one."""
    try:
        message = Message.parse(data)
    except (ValueError, KeyError):
        return None
    return message if isinstance(message, Response) and message.code >= 200 else None


def _reason(error: OSError | UnicodeError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
