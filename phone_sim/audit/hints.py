"""What may have made an audit see less of a server than phones do. It judges nothing."""

from collections import Counter

from phone_sim.audit.observations import AnswerOutcome, Observations
from phone_sim.runtime.exchange import Exchange

_LIMITING = (403, 429, 503)
"""The statuses by which servers turn away an address that asks too often."""
_SLOW_SHARE = 0.5


def hints(seen: Observations) -> tuple[str, ...]:
    """Sentences for the reader of a report, none where there is nothing to say."""
    addresses = {boot.source_address for boot in seen.boots}
    if len(seen.boots) < 2 or len(addresses) > 1:
        return ()
    signs = _signs(seen)
    if not signs:
        return ()
    return (
        f"All {len(seen.boots)} boots came from one address, and the server answered {', '.join(signs)}: it may limit "
        "what one address asks. --source-address gives each phone an address of its own, --model boots fewer phones.",
    )


def _signs(seen: Observations) -> list[str]:
    # A server that refuses a request also when it is the first of its kind does so for another reason.
    counts = Counter(one.status for one in seen.exchanges if one.status in _LIMITING and _was_answered(seen, one))
    signs = [f"{status} ({count} times)" for status, count in sorted(counts.items())]
    slow = sum(
        answer.seconds > _SLOW_SHARE * seen.limit and answer.outcome is not AnswerOutcome.FAILED
        for answer in seen.requests
    )
    return [*signs, *([f"slowly ({slow} times)"] if slow > 1 else [])]


def _was_answered(seen: Observations, refused: Exchange) -> bool:
    if refused.status != _LIMITING[0]:
        return True
    return any(one.url == refused.url and one.status != refused.status for one in seen.exchanges)
