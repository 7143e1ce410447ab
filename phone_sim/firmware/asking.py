"""How the firmware asks: a flow awaits an effect and gets the reply that the effect's type names.

There is no event loop behind it. Whoever runs a flow calls `send` on it, takes the effect, and sends the reply.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from phone_sim.firmware.effects import Effect

Reply = TypeVar("Reply")


class Ask(Generic[Reply]):
    """What a flow can await, and what it is answered with. Each subclass is one effect."""

    __slots__ = ()

    # Only a member of `Effect` can be awaited, so the type checker refuses an effect that no interpreter knows.
    def __await__(self: Effect) -> Generator[Effect, Any, Reply]:  # type: ignore[misc]
        reply: Reply = yield self
        return reply


def answer(effect: Ask[Reply], reply: Reply) -> Reply:  # noqa: ARG001 - the type checker compares the two
    """The reply to an effect, unchanged; one of another type than the effect names is refused by the type checker."""
    return reply
