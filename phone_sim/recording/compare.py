"""Where two dialogues differ: the order of requests, their methods, paths, User-Agents and uploads, and the answers.

Pure. What differs between any two phones or days is made alike first: a MAC address is `<mac>`, further ones of the
same dialogue `<mac 2>` and so on, in capitals where it was written so, and the stamps of uploaded log lines are
`<time>`.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from phone_sim.errors import UsageError
from phone_sim.recording.answers import Answers, Part, answer_changes, ignored_headers
from phone_sim.recording.dialogue import RecordedExchange, Recording
from phone_sim.recording.file_changes import Change
from phone_sim.recording.names import Names

COMPARED_LIMIT = 5_000
"""Most requests between the first and the last difference; more would take too long to align."""

Kind = Literal["only in the first", "only in the second", "order", "method", "user agent", "upload"] | Part

_STAMP = re.compile(r"^(?:[0-9]{10}|[0-9]{6}\.[0-9]{3})(?=\|)", re.MULTILINE)
# How many places among its equals a request may be shifted by and still be taken for the same.
_SHIFT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it is compared; `place` counts from 1, `upload` is the uploaded text or a large one's digest."""

    place: int
    method: str
    path: str
    user_agent: str
    upload: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference between two dialogues: the request of the first and of the second, None where it has none.

    `changes` are those of the answers, where the difference is in these.
    """

    kind: Kind
    first: Asked | None
    second: Asked | None
    changes: tuple[Change, ...] = ()

    @property
    def place(self) -> tuple[int, int]:
        """Where it belongs in a list of differences."""
        place = min(one.place for one in (self.first, self.second) if one is not None)
        return place, self.second.place if self.second is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was compared of two dialogues, and the differences, in the order of the requests.

    `answers` is how many answers were compared, None where they were not to be; `ignored_headers` are the headers that
    were not.
    """

    differences: tuple[Difference, ...]
    answers: int | None = None
    ignored_headers: tuple[str, ...] = ()


def have_answers(*recordings: Recording) -> bool:
    """Whether the recordings hold answers with their headers."""
    return all(one.version > 1 for one in recordings)


def compare(first: Recording, second: Recording, *, answers: bool = False) -> Comparison:
    """The differences; none where both dialogues are the same. With `answers`, those of the answers as well.

    Raises:
        UsageError: the dialogues are too long and too different to align.
    """
    names, others = Names(first.exchanges), Names(second.exchanges)
    ours, theirs = asked(first, names), asked(second, others)
    pairs, missing, extra = _aligned(ours, theirs)
    moved = _matched(missing, extra, lambda one: (one.method, one.path))
    changed = _matched(missing, extra, lambda one: one.path)
    found = [
        *(Difference(kind="only in the first", first=one, second=None) for one in missing),
        *(Difference(kind="only in the second", first=None, second=one) for one in extra),
        *(Difference(kind="order", first=one, second=other) for one, other in moved),
        *(Difference(kind="method", first=one, second=other) for one, other in changed),
    ]
    for one, other in (*pairs, *moved, *changed):
        if one.user_agent != other.user_agent:
            found.append(Difference(kind="user agent", first=one, second=other))
        if one.upload != other.upload:
            found.append(Difference(kind="upload", first=one, second=other))
    same_requests = [*pairs, *moved] if answers else []
    found += _in_answers(same_requests, Answers(recording=first, names=names), Answers(recording=second, names=others))
    return Comparison(
        differences=tuple(sorted(found, key=lambda difference: difference.place)),
        answers=len(same_requests) if answers else None,
        ignored_headers=ignored_headers((first, second)) if answers else (),
    )


def _in_answers(pairs: "Iterable[Pair]", ours: Answers, theirs: Answers) -> Iterator[Difference]:
    for one, other in pairs:
        exchanges = ours.recording.exchanges[one.place - 1], theirs.recording.exchanges[other.place - 1]
        for part, changes in answer_changes(*exchanges, ours, theirs):
            yield Difference(kind=part, first=one, second=other, changes=changes)


def asked(recording: Recording, names: Names) -> tuple[Asked, ...]:
    """What was asked, with what differs between any two phones and days made alike."""
    return tuple(
        Asked(
            place=place,
            method=exchange.method,
            path=names.put_into(exchange.path),
            user_agent=names.put_into(exchange.user_agent),
            upload=_upload(exchange, names),
        )
        for place, exchange in enumerate(recording.exchanges, 1)
    )


def _upload(exchange: RecordedExchange, names: Names) -> str | None:
    if exchange.received is None:
        return None
    if exchange.received.data is None:
        return f"{exchange.received.size} bytes with SHA-256 {exchange.received.sha256}"
    text = exchange.received.data.decode("utf-8", "backslashreplace")
    return _STAMP.sub("<time>", names.put_into(text))


Pair = tuple[Asked, Asked]


def _aligned(ours: Sequence[Asked], theirs: Sequence[Asked]) -> tuple[list[Pair], list[Asked], list[Asked]]:
    """The requests that both have in the same order, and those that only the one and only the other has there."""
    first, second = ([(one.method, one.path) for one in side] for side in (ours, theirs))
    start = _common(first, second)
    end = _common(first[start:][::-1], second[start:][::-1])
    between, other = first[start : len(first) - end], second[start : len(second) - end]
    if max(len(between), len(other)) > COMPARED_LIMIT:
        raise UsageError(f"the recordings differ over more than {COMPARED_LIMIT} requests, too many to align")
    pairs = [*zip(ours[:start], theirs[:start], strict=True)]
    pairs += zip(ours[len(ours) - end :], theirs[len(theirs) - end :], strict=True)
    places = _in_the_same_order(between, other)
    pairs += [(ours[start + mine], theirs[start + its]) for mine, its in places]
    mine, its = {place for place, _ in places}, {place for _, place in places}
    missing = [one for place, one in enumerate(ours[start : len(ours) - end]) if place not in mine]
    extra = [one for place, one in enumerate(theirs[start : len(theirs) - end]) if place not in its]
    return pairs, missing, extra


def _in_the_same_order(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Where both have the same items in the same order, as many as there can be.

    It takes a time that grows with the length, whatever is in them: an item is held against those of its equals that
    have about the same place among them, counted from the start or from the end. difflib takes all of them, which for
    few different items takes hours.
    """
    places: dict[Hashable, list[int]] = {}
    for place, item in enumerate(second):
        places.setdefault(item, []).append(place)
    left, seen = Counter(first), Counter[Hashable]()
    # The longest increasing subsequence by Schensted: for each length the chain that ends first in the second.
    ends: list[int] = []
    chains: list[Any] = []
    for place, item in enumerate(first):
        equals = places.get(item, [])
        near: set[int] = set()
        for center in (seen[item], len(equals) - left[item]):
            near.update(equals[max(0, center - _SHIFT) : max(0, center + _SHIFT + 1)])
        seen[item] += 1
        left[item] -= 1
        for other in sorted(near, reverse=True):
            length = bisect_left(ends, other)
            chain = (place, other, chains[length - 1] if length else None)
            ends[length : length + 1], chains[length : length + 1] = [other], [chain]
    found: list[tuple[int, int]] = []
    last: Any = chains[-1] if chains else None
    while last:
        found.append(last[:2])
        last = last[2]
    return found[::-1]


def _common(first: Sequence[object], second: Sequence[object]) -> int:
    """How many of the first items are the same."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _matched(missing: list[Asked], extra: list[Asked], key: Callable[[Asked], object]) -> list[Pair]:
    """Take those with the same key out of both lists, pairwise, in their order."""
    waiting: dict[object, list[Asked]] = {}
    for one in reversed(extra):
        waiting.setdefault(key(one), []).append(one)
    pairs = [(one, waiting[key(one)].pop()) for one in missing if waiting.get(key(one))]
    taken = {id(one) for pair in pairs for one in pair}
    missing[:] = [one for one in missing if id(one) not in taken]
    extra[:] = [one for one in extra if id(one) not in taken]
    return pairs
