"""The `dir.corp.*` parameters: what they say, what is asked of the LDAP server, and how people are shown.

Names and defaults are the stock ones (field notes 5), bounds ours. Paging beyond the first page, the cache, background
synchronization, VLV, `domain` and `auth.useLoginCredentials` are not emulated. This module does not know how a server
is asked.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from phone_sim.firmware.host import Host
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.firmware.parameters.layers import Layer, Parameters
from phone_sim.firmware.parameters.reader import BadParameter, ParameterReader
from phone_sim.firmware.screen import Frame
from phone_sim.printable import printable

TITLE = "Corporate Directory"
"""The feature's display name in the dictionaries (field notes 7)."""
ADDRESS = "dir.corp.address"
NO_MATCH = "No match."
MORE_MATCH = "More match."
"""Both ours: nobody, and more people than are shown."""
TEXT_LIMIT = 64
"""Most characters of a search, and of a value on the screen; ours."""
ATTRIBUTE_LIMIT = 8
"""The highest N of `dir.corp.attribute.N`; ours."""
_TOPICS = frozenset({"dir"})
_SETTINGS_KEPT = 16  # the phones of a site have the same; ours

_ADDRESS = re.compile(r"(?:ldaps?://)?([^/]+)/?", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9;-]{0,63}|[0-9]+(\.[0-9]+){1,30}")
_NAME_TYPES = ("last_name", "first_name")
_FILTER_LENGTH_LIMIT = 512
# A comparison, the beginning or the end of several filters; libraries and servers allow blanks between the parts.
_FILTER_PART = re.compile(
    r"(?P<item>\([A-Za-z0-9.;:-]+[~<>]?=(?:[^()\\\0]|\\[0-9A-Fa-f]{2})*\))"
    r"|\((?P<begin>[&|!])|(?P<end>\))|(?P<blanks> +)"
)

LdapEntry = Mapping[str, str]


class Scope(Enum):
    """How far below the base a search goes (RFC 4511 4.5.1.2)."""

    SUB = "sub"
    ONE = "one"
    BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapServer:
    """An LDAP server; `is_secure` is LDAP over TLS from the first byte."""

    host: str
    port: int
    is_secure: bool = False

    @property
    def url(self) -> str:
        """The server as a URL (RFC 4516)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.is_secure else 'ldap'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSearch:
    """A search: where, by which filter (RFC 4515), for which attributes, and for how many entries at most."""

    base: str
    scope: Scope
    filter: str
    attributes: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """`dir.corp.attribute.N`: an attribute of people that is shown, and searched if `searchable`.

    With a `filter` only people are found whose value begins with it.
    """

    name: str
    label: str
    type: str
    filter: str
    searchable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CorporateDirectorySettings:
    """What `dir.corp.*` says; `server` is None where there is none, `problems` are the values that cannot be used."""

    server: LdapServer | None
    credentials: Credentials | None
    base: str
    scope: Scope
    filter_prefix: str
    page_size: int
    attributes: tuple[Attribute, ...]
    binds_on_init: bool
    problems: tuple[BadParameter, ...]

    def search(self, text: str) -> LdapSearch:
        """The search for people one of whose searchable attributes begins with the text; for all, if it is empty."""
        begun = escaped(text.strip()[:TEXT_LIMIT])
        searched = [one for one in self.attributes if one.searchable] or self.attributes[:1]
        anywhere = "".join(f"({one.name}={begun}*)" for one in searched)
        required = "".join(f"({one.name}={escaped(one.filter[:TEXT_LIMIT])}*)" for one in self.attributes if one.filter)
        return LdapSearch(
            base=self.base,
            scope=self.scope,
            filter=f"(&{self.filter_prefix}(|{anywhere}){required})",
            attributes=tuple(dict.fromkeys(one.name for one in self.attributes)),
            limit=self.page_size,
        )

    def page(self, entries: Iterable[LdapEntry], *, is_partial: bool) -> Frame:
        """The result page: a line for each person, in order, `Last, First: Label value, ...`; the layout is ours."""
        lines = sorted(filter(None, (self._line(entry) for entry in entries)), key=str.casefold)
        return page(*(lines or [NO_MATCH]), *([MORE_MATCH] if is_partial and lines else []))

    def _line(self, entry: LdapEntry) -> str:
        shown = [(one, value) for one in self.attributes if (value := _one_line(entry.get(one.name.lower(), "")))]
        names = [value for kind in _NAME_TYPES for one, value in shown if one.type == kind]
        rest = [f"{_one_line(one.label)} {value}".strip() for one, value in shown if one.type not in _NAME_TYPES]
        return ": ".join(", ".join(part) for part in (names, rest) if part)


def read_corporate_directory_settings(
    parameters: Parameters, dictionary: ParameterDictionary, *, dialect: str
) -> CorporateDirectorySettings:
    """The settings in `parameters`.

    Before UC Software 3.3 there is no `bindOnInit`, and then the phone does not bind at boot (our choice); nor has the
    first attribute a `searchable` of its own in the stock files, and then it is always searched (our choice).
    """
    relevant = parameters.about(_TOPICS)
    read = _kept_settings if relevant.are_usual else _settings
    return read(relevant.layers, dictionary, dialect)


def _settings(layers: tuple[Layer, ...], dictionary: ParameterDictionary, dialect: str) -> CorporateDirectorySettings:
    reader = _Reader(Parameters(layers), dictionary)
    is_sip_3 = dialect == "sip-3"
    return CorporateDirectorySettings(
        server=reader.server(),
        credentials=reader.credentials(),
        base=reader.text("dir.corp.baseDN"),
        scope=Scope(reader.checked("dir.corp.scope", is_scope, "sub, one or base").lower()),
        filter_prefix=reader.checked("dir.corp.filterPrefix", is_filter, "a filter such as (a=b)"),
        page_size=reader.integer("dir.corp.pageSize"),
        attributes=reader.attributes(first_is_searched=is_sip_3),
        binds_on_init=not is_sip_3 and reader.is_on("dir.corp.bindOnInit"),
        problems=tuple(reader.problems),
    )


_kept_settings = lru_cache(maxsize=_SETTINGS_KEPT)(_settings)


def page(*lines: str) -> Frame:
    """A page of the corporate directory."""
    return Frame(title=TITLE, lines=lines)


def escaped(text: str) -> str:
    """The text as a value in a filter (RFC 4515 3): whatever is not a letter or digit of ASCII is escaped."""
    return "".join(
        each
        if each.isascii() and each.isalnum()
        else "".join(f"\\{byte:02x}" for byte in each.encode(errors="replace"))
        for each in text
    )


def is_filter(text: str) -> bool:
    """True when the text is one whole filter (RFC 4515)."""
    at = 0
    begun: list[str] = []
    counts = [0]  # of the whole filters in what has begun
    while at < len(text) <= _FILTER_LENGTH_LIMIT:
        part = _FILTER_PART.match(text, at)
        if part is None or not (begun or part.lastgroup in ("item", "begin")):
            return False
        at = part.end()
        match part.lastgroup:
            case "begin":
                begun.append(part["begin"])
                counts.append(0)
            case "item":
                counts[-1] += 1
            case "end":
                operator, count = begun.pop(), counts.pop()
                if not count or (operator == "!" and count > 1):
                    return False
                counts[-1] += 1
    return not begun and counts == [1]


def _one_line(text: str) -> str:
    return " ".join(printable(text[:TEXT_LIMIT], " ").split())


class _Reader(ParameterReader):
    def server(self) -> LdapServer | None:
        """The server of `dir.corp.address`, which is a host, `ldap://host[:port]` or `ldaps://host[:port]` (D20)."""
        address = self.text(ADDRESS)
        match = _ADDRESS.fullmatch(address)
        is_secure = self.choice("dir.corp.transport") == "TLS" or address.lower().startswith("ldaps://")
        port = self.integer("dir.corp.port") or (636 if is_secure else 389)
        if not address:
            return None
        host = Host.parse(match.group(1), port) if match is not None else None
        if host is None:
            # A URL in its place could hold a password.
            found = address.rpartition("@")[2][:40]
            expected = "a host, ldap://host or ldaps://host"
            self.problems.append(BadParameter(name=ADDRESS, value=found, expected=expected, used="no server"))
            return None
        return LdapServer(host=host.name, port=host.port, is_secure=is_secure)

    def credentials(self) -> Credentials | None:
        user, password = (self.text(f"dir.corp.{name}") for name in ("user", "password"))
        return Credentials(user=user, password=password) if user else None

    def attributes(self, *, first_is_searched: bool) -> tuple[Attribute, ...]:
        found = (
            self._attribute(number, is_always_searched=first_is_searched and number == 1)
            for number in range(1, ATTRIBUTE_LIMIT + 1)
        )
        return tuple(one for one in found if one.name)

    def _attribute(self, number: int, *, is_always_searched: bool) -> Attribute:
        prefix = f"dir.corp.attribute.{number}"
        return Attribute(
            name=self.checked(f"{prefix}.name", _is_attribute, "the name of an attribute"),
            label=self.text(f"{prefix}.label"),
            type=self.choice(f"{prefix}.type"),
            filter=self.text(f"{prefix}.filter"),
            searchable=is_always_searched or self.is_on(f"{prefix}.searchable"),
        )

    def checked(self, name: str, is_good: Callable[[str], bool], expected: str) -> str:
        """A text that has to be more than the dictionary says of it; else the default."""
        text = self.text(name)
        if not text or is_good(text):
            return text
        default = self.default(name)
        self.reject(name, expected, default or "none")
        return default


def is_scope(text: str) -> bool:
    """True for the name of a scope, whatever its case."""
    return text.lower() in {scope.value for scope in Scope}


def _is_attribute(text: str) -> bool:
    return _ATTRIBUTE.fullmatch(text) is not None
