"""Faults of a boot server by rule: which request gets which fault. The rules are ours; none is from the bulletin.

Pure: no socket, file, clock or random; the same seed and the same requests in the same order give the same faults. It
does not know how a fault is done. A rule is a line of words: one fault (all are in `fault_kinds`) and any `CONDITIONS`.

Which phone asks is not known of a file that is for all phones: TFTP names no client, and the User-Agent of a phone has
its serial number only where the phone is configured to send it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import shake_256
from threading import Lock
from typing import Any

from phone_sim.boot_server.fault_kind import METHODS, FaultKind, Method, shown
from phone_sim.boot_server.fault_kinds import FAULTS, parse_kind
from phone_sim.errors import UsageError
from phone_sim.mac_address import MacAddress

_RULE_LIMIT = 1000
_FAULT_FORMS = ", ".join(fault.form for fault in FAULTS)
_CORRUPT_ONE_IN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What one request gets: `rule` is the rule's own text, `draw` is what bytes are chosen by."""

    kind: FaultKind
    rule: str
    draw: str = ""

    def corrupted(self, data: bytes) -> bytes:
        """The data with one byte in each 64 changed; the same draw changes the same."""
        changed = bytearray(data)
        chosen = shake_256(self.draw.encode()).digest(2 * (len(data) // _CORRUPT_ONE_IN + 1))
        for index, start in enumerate(range(0, len(data), _CORRUPT_ONE_IN)):
            place, other = chosen[2 * index : 2 * index + 2]
            width = min(_CORRUPT_ONE_IN, len(data) - start)
            changed[start + place % width] ^= other or 1
        return bytes(changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """A fault and when it happens; `last` None has no end. `str` writes it so that `parse` reads it."""

    kind: FaultKind
    file: str | None = None
    phone: MacAddress | None = None
    method: Method | None = None
    first: int = 1
    last: int | None = None
    chance: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "FaultRule":
        """Read a rule such as `503 file=*-license.cfg nth=1`.

        Raises:
            UsageError: the text is no rule; the message says which word is wrong, and what is allowed.
        """
        try:
            return _parse(text)
        except UsageError as error:
            raise UsageError(f"fault {text[:100]!r}: {error}") from error

    def __str__(self) -> str:
        counted = ""
        if self.last is not None or self.first > 1:
            last = "" if self.last is None else self.last
            counted = f"nth={self.first}" if self.first == self.last else f"nth={self.first}-{last}"
        words = (
            str(self.kind),
            "" if self.file is None else f"file={self.file}",
            "" if self.phone is None else f"phone={self.phone}",
            "" if self.method is None else f"method={self.method}",
            counted,
            "" if self.chance == 1 else f"chance={shown(self.chance)}",
        )
        return " ".join(filter(None, words))

    def is_about(self, method: Method, path: str, user_agent: str) -> bool:
        """Whether all but `nth` and `chance` hold, and the fault can be done to this method."""
        return (
            method in self.kind.acts_on
            and self.method in (None, method)
            and (self.file is None or fnmatchcase(path, self.file))
            and (self.phone is None or _is_from(self.phone, path, user_agent))
        )


class FaultPlan:
    """The rules of a boot server, in order; servers may share one, and any thread may use and change it."""

    def __init__(self, rules: Iterable[str | FaultRule] = (), seed: int = 0) -> None:
        self.seed = seed
        self._lock = Lock()
        self._added = 0
        self._counted: list[_CountedRule] = []
        for rule in rules:
            self.add(rule)

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """The rules at this moment."""
        with self._lock:
            return tuple(counted.rule for counted in self._counted)

    def add(self, rule: str | FaultRule) -> FaultRule:
        """Add a rule after the others, its count at zero.

        Raises:
            UsageError: the text is no rule.
        """
        parsed = rule if isinstance(rule, FaultRule) else FaultRule.parse(rule)
        with self._lock:
            self._counted.append(_CountedRule(parsed, f"{self.seed} {self._added} {parsed}"))
            self._added += 1
        return parsed

    def remove(self, rule: FaultRule) -> None:
        """Take away the first rule that is equal to this one, if there is one."""
        with self._lock:
            for counted in self._counted:
                if counted.rule == rule:
                    self._counted.remove(counted)
                    return

    def clear(self) -> None:
        """Take away all rules; what is added from now on happens as in a new plan."""
        with self._lock:
            self._counted.clear()
            self._added = 0

    def for_request(self, method: str, path: str, user_agent: str) -> Fault | None:
        """The fault of the first rule that holds for a request, None for none.

        Every rule counts every request that it is about, also where an earlier rule comes first.
        """
        asked = next((each for each in METHODS if each == ("GET" if method == "HEAD" else method)), None)
        if asked is None:
            return None
        with self._lock:
            drawn = [(counted.rule, counted.draw(asked, path.lstrip("/"), user_agent)) for counted in self._counted]
        return next((Fault(kind=rule.kind, rule=str(rule), draw=draw) for rule, draw in drawn if draw), None)


class _CountedRule:
    """A rule in a plan and how many requests it was about."""

    def __init__(self, rule: FaultRule, name: str) -> None:
        self.rule = rule
        self._name = name
        self._count = 0

    def draw(self, method: Method, path: str, user_agent: str) -> str:
        """Count a request that the rule is about; what its bytes are chosen by, empty where the rule does not hold."""
        rule = self.rule
        if not rule.is_about(method, path, user_agent):
            return ""
        self._count += 1
        if self._count < rule.first or (rule.last is not None and self._count > rule.last):
            return ""
        draw = f"{self._name} {self._count}"
        return draw if int.from_bytes(shake_256(draw.encode()).digest(6)) < rule.chance * 2**48 else ""


def _is_from(phone: MacAddress, path: str, user_agent: str) -> bool:
    digits = phone.digits
    in_path = re.search(f"(?<![0-9a-f]){digits}(?![0-9a-f])", path.lower())
    return in_path is not None or f"(sn:{digits})" in user_agent.lower()


def _parse(text: str) -> FaultRule:
    if len(text) > _RULE_LIMIT:
        raise UsageError(f"a rule has at most {_RULE_LIMIT} characters")
    kind: FaultKind | None = None
    conditions: dict[str, str] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if equals and name in CONDITIONS:
            if name in conditions:
                raise UsageError(f"{name}= is there twice")
            conditions[name] = value
        elif (found := parse_kind(word)) is None:
            raise UsageError(_complaint(word, name))
        elif kind is not None:
            raise UsageError(f"{kind} and {found} are two faults, a rule has one")
        else:
            kind = found
    if kind is None:
        raise UsageError(f"it names no fault; there are: {_FAULT_FORMS}")
    rule = FaultRule(kind=kind)
    for name, value in conditions.items():
        rule = replace(rule, **CONDITIONS[name].read(value))
    if rule.method is not None and rule.method not in kind.acts_on:
        raise UsageError(f"{kind} does nothing to {rule.method}, only to {', '.join(sorted(kind.acts_on))}")
    return rule


def _complaint(word: str, name: str) -> str:
    for fault in FAULTS:
        if fault.form.partition("=")[0] == name:
            return f"{word} is not of the form {fault.form}"
    conditions = ", ".join(condition.form for condition in CONDITIONS.values())
    return f"{word} is neither a fault ({_FAULT_FORMS}) nor a condition ({conditions})"


def _file(value: str) -> dict[str, Any]:
    glob = value.lstrip("/")
    if not glob:
        raise UsageError("file= needs a path or a pattern, as in file=*-license.cfg")
    return {"file": glob}


def _phone(value: str) -> dict[str, Any]:
    return {"phone": MacAddress.parse(value)}


def _method(value: str) -> dict[str, Any]:
    if value not in METHODS:
        raise UsageError(f"method={value} is none of {', '.join(METHODS)}")
    return {"method": value}


def _nth(value: str) -> dict[str, Any]:
    found = re.fullmatch("([0-9]{1,9})(?:(-)([0-9]{1,9})?)?", value)
    if found:
        first = int(found[1])
        last = first if not found[2] else int(found[3]) if found[3] else None
        if first >= 1 and (last is None or last >= first):
            return {"first": first, "last": last}
    raise UsageError(f"nth={value} does not count from 1, as nth=2, nth=2-4 and nth=2- do")


def _chance(value: str) -> dict[str, Any]:
    if not re.fullmatch(r"0(\.[0-9]{1,4})?|1(\.0{1,4})?", value):
        raise UsageError(f"chance={value} is not between 0 and 1, with at most four decimals, as in chance=0.25")
    return {"chance": float(value)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition of a rule: how it is written, when it holds, and what reads it into fields of the rule."""

    form: str
    meaning: str
    read: Callable[[str], dict[str, Any]]


CONDITIONS: Mapping[str, Condition] = {
    "file": Condition(
        form="file=GLOB",
        meaning="The requested path, percent signs decoded, without its leading slash; `*` also stands for `/`.",
        read=_file,
    ),
    "phone": Condition(
        form="phone=MAC",
        meaning="The phone's MAC is in the path, or in the User-Agent as `(SN:<mac>)`.",
        read=_phone,
    ),
    "method": Condition(
        form="method=GET|PUT|RRQ|WRQ",
        meaning="GET (and HEAD) and PUT over HTTP, RRQ and WRQ over TFTP.",
        read=_method,
    ),
    "nth": Condition(
        form="nth=N or N-M or N-",
        meaning="The number of the request among those for which all of the above hold, counted for each rule.",
        read=_nth,
    ),
    "chance": Condition(
        form="chance=0 to 1",
        meaning="The share of what is left, drawn by the seed, such as 0.25.",
        read=_chance,
    ),
}
"""The conditions by name, in the order of help and guide."""
