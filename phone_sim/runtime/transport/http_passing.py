"""Requests of HTTP that are passed on for somebody else: with all their headers, to the answer as it came.

A redirect is an answer like any other, a compressed body stays compressed. It does not know who asks.
"""

from dataclasses import dataclass
from pathlib import Path

import requests
from requests.auth import AuthBase
from urllib3.util import SKIP_HEADER

from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.transport.bounded_socket import Budget
from phone_sim.runtime.transport.http import ALLOWANCE, HttpTransport
from phone_sim.runtime.transport.http_session import PhoneSession

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRequest:
    """A request for a URL, without Host and Content-Length; its answer may have `limit` bytes.

    With `credentials` the server's challenges are answered here, else they are part of the answer.
    """

    method: str
    url: str
    headers: Headers
    body: bytes | None
    credentials: Credentials | None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedAnswer:
    """An answer as it came: a body in chunks has Transfer-Encoding, and is put together."""

    status: int
    reason: str
    headers: Headers
    body: bytes


class _Session(PhoneSession):
    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - requests asks for it
        # requests reads the body of what it takes for a redirect.
        return None


class PassingHttp(HttpTransport):
    """Passes requests on; for one thread at a time."""

    session = _Session

    def pass_on(self, request: PassedRequest) -> PassedAnswer | TransferFailed:
        """Make a request for somebody else."""
        budget = Budget(seconds=self._limits.transfer, size=ALLOWANCE + request.limit)

        def sent(auth: AuthBase | None) -> requests.Response:
            prepared = _prepared(request)
            return self._session.send(auth(prepared) if auth else prepared, stream=True, timeout=self._limits.answer)

        answer = self._logged_in(request.url, request.credentials, budget, sent)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            body = self._body(answer, self._head(answer), request.limit, budget)
            if isinstance(body, TransferFailed):
                return body
            if answer.status_code < requests.codes.ok:
                return TransferFailed(FailureKind.NOT_THE_PROTOCOL, f"the answer has status {answer.status_code}")
            return PassedAnswer(
                status=answer.status_code, reason=answer.reason or "", headers=_fields(answer), body=body.data
            )


def passing_http(*, limits: Limits | None = None, ca_file: Path | None, client_cert: Path | None) -> PassingHttp:
    """What passes requests on; files as for `network_transport`."""
    return PassingHttp(limits or Limits(), Tls(ca_file=ca_file, client_cert=client_cert))


def _prepared(request: PassedRequest) -> requests.PreparedRequest:
    headers: dict[str, str] = {}
    # What a client does not say, the libraries are not to say for it.
    for name in ("User-Agent", "Accept-Encoding"):
        headers[name] = SKIP_HEADER
    for name, value in request.headers:
        known = next((each for each in headers if each.lower() == name.lower()), name)
        before = headers.pop(known, SKIP_HEADER)
        headers[name] = value if before == SKIP_HEADER else f"{before}, {value}"
    prepared = requests.Request(request.method, request.url, headers=headers, data=request.body).prepare()
    # requests puts addresses in order; this one is asked for as it was written.
    prepared.url = request.url
    return prepared


def _fields(answer: requests.Response) -> Headers:
    # urllib3 keeps repeated fields apart, unlike requests; the encoding was taken from it (`BoundedAdapter`).
    fields = tuple(answer.raw.headers.items())
    encoding = answer.headers.get("Content-Encoding")
    return fields if encoding is None else (*fields, ("Content-Encoding", encoding))
