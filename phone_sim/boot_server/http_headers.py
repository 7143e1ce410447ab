"""Header fields of HTTP that a server passes on for another one: which of them, and which may be written down.

Pure. RFC 9110; it does not know who asks, nor what is answered.
"""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

Headers = tuple[tuple[str, str], ...]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FOLD = re.compile(r"[\r\n\0]+[ \t]*")
_HOP_BY_HOP = frozenset(
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]
)
_CREDENTIALS = frozenset(
    [
        "authentication-info",
        "authorization",
        "cookie",
        "proxy-authentication-info",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        "x-auth-token",
    ]
)
_CHALLENGES = frozenset(["www-authenticate", "proxy-authenticate"])
# A challenge of one round, as of Negotiate and NTLM, and the values of Digest that a response is made from.
_TOKEN68 = re.compile(r"\b(Negotiate|NTLM)\s+[A-Za-z0-9._~+/-]+=*", re.IGNORECASE)
_NONCE = re.compile(r'\b(nonce|opaque)\s*=\s*("[^"]*"|[^\s,"]+)', re.IGNORECASE)
_USER_INFO = re.compile(r"//[^/?#\s@]*@")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def fields_of(fields: Iterable[tuple[str, str]]) -> Headers:
    """Fields as a parser of heads gives them: those with a valid name, each on one line (RFC 9112 5.2)."""
    return tuple((name, _FOLD.sub(" ", value)) for name, value in fields if _TOKEN.fullmatch(name))


def values_of(headers: Headers, name: str) -> str | None:
    """The values of a field, joined by commas (RFC 9110 5.3); None where the field is missing."""
    found = [value for each, value in headers if each.lower() == name.lower()]
    return ", ".join(found) if found else None


def without(headers: Headers, *names: str) -> Headers:
    """The fields but those with these names, which are in lower case."""
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def end_to_end(headers: Headers) -> Headers:
    """The fields that are passed on: not those of one connection (RFC 9110 7.6.1)."""
    named = {name.strip().lower() for name in (values_of(headers, "Connection") or "").split(",")}
    return without(headers, *_HOP_BY_HOP, *named)


def without_credentials(headers: Headers) -> Headers:
    """The fields as they may be written down: no passwords, cookies or tokens, and challenges without their nonces."""
    kept = without(headers, *_CREDENTIALS)
    return tuple((name, _USER_INFO.sub("//", _challenge(name, value))) for name, value in kept)


def _challenge(name: str, value: str) -> str:
    if name.lower() not in _CHALLENGES:
        return value
    return _NONCE.sub(r'\1="removed"', _TOKEN68.sub(r"\1", value))


def moved_here(location: str, root: str, here: str) -> str:
    """The Location of an answer of the server at `root`, for a client that asks for it at `here`; both end in a slash.

    What is below `root` is below `here`. What is not stays where it is, also where it is given as a path.
    """
    try:
        parts, own = urlsplit(location), urlsplit(root)
        target = urlsplit(urljoin(root, location))
        is_below = _origin(target) == _origin(own) and (target.path or "/").startswith(own.path)
    except ValueError:
        return location
    is_path = not parts.scheme and not parts.netloc
    if is_path and not location.startswith("/"):
        return location
    if not is_below:
        return target.geturl() if is_path else location
    rest = urlunsplit(target._replace(scheme="", netloc="", path=(target.path or "/")[len(own.path) :]))
    return f"/{rest}" if is_path else here + rest


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _DEFAULT_PORTS.get(url.scheme)
