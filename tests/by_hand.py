"""Flows of the firmware under a test's hand: one effect at a time, with the replies that the test gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic

from phone_sim.firmware.effects import Effect, Flow, Result


class Steps(Generic[Result]):
    """A flow under a test's hand: each `send` gives the reply to its last effect and gets the next one."""

    def __init__(self, flow: Flow[Result]) -> None:
        self._flow = flow
        self._results: list[Result] = []
        self.count = 0

    def send(self, reply: object = None) -> Effect | None:
        """The next effect, None when the flow is over."""
        self.count += 1
        try:
            return self._flow.send(reply)
        except StopIteration as end:
            self._results.append(end.value)
            return None

    @property
    def result(self) -> Result:
        """What the flow returned."""
        assert self._results, "the flow is not over"
        return self._results[0]


@contextmanager
def by_hand(flow: Flow[Result]) -> Iterator[Steps[Result]]:
    """Step through a flow, which is closed at the end, as by a power cut; one that was never run fails the test."""
    steps = Steps(flow)
    try:
        yield steps
    finally:
        flow.close()
    assert steps.count, "this flow was never run"
