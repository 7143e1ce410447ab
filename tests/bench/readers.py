"""What it costs to read the largest input that is accepted, against one of a tenth of its size.

    python -m tests.bench.readers [READER...]

Each reading has a process of its own, forked from one without threads: so the peak of memory is that of the reading
alone, with what libxml2 and others take beside Python, and nothing slows the reading down. Time is that of the
processor, which no other process lengthens by much.
"""

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import Pipe
from typing import Any, TypeVar

from phone_sim.boot_server.tftp_packets import MalformedPacketError
from phone_sim.errors import PhoneSimError
from tests.readers import READERS, Read, Reader

SERVE = "--serve"
"""The argument with which this process answers the names of readers on stdin."""
_MARGIN = 30
"""How many times as much the whole may cost as the tenth; in proportion it is 10, with the square of the size 100."""
_LITTLE = 8 * 1024 * 1024
"""Bytes of memory that a reading may take in any case: the system counts pages, and Python keeps some for later."""
_ENOUGH = 0.002
"""Seconds that are long enough to be measured."""
_LONG = 0.1
"""Seconds after which a reading is not repeated."""

_REFUSALS = (PhoneSimError, MalformedPacketError)

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds of the processor and bytes of memory, at a tenth of the limit and at the limit."""

    tenth_seconds: float
    seconds: float
    tenth_memory: int
    memory: int

    @property
    def time_ratio(self) -> float:
        """How many times as long the whole takes as the tenth."""
        return self.seconds / self.tenth_seconds

    @property
    def memory_ratio(self) -> float:
        """How many times as much memory the whole takes as the tenth."""
        return self.memory / max(1, self.tenth_memory)

    @property
    def is_in_proportion(self) -> bool:
        """False for a cost that grows with the square of the size."""
        is_little = self.memory <= _MARGIN * self.tenth_memory + _LITTLE
        return is_little and self.time_ratio <= _MARGIN


def cost_of(reader: Reader) -> Cost:
    """What the reader costs; forks, so call it in a process without threads."""
    tenth, whole = (_in_fork(partial(_at_size, reader, size)) for size in (reader.limit // 10, reader.limit))
    assert tenth[2] == whole[2], "only one of both is refused, and what is refused is not read to its end"
    return Cost(tenth_seconds=tenth[0], seconds=whole[0], tenth_memory=tenth[1], memory=whole[1])


def _at_size(reader: Reader, size: int) -> tuple[float, int, bool]:
    return _in_fork(partial(_measured, reader.read, reader.make(size)))


def _measured(read: Read, data: Any) -> tuple[float, int, bool]:
    """Least seconds of a reading, the bytes that the first one took at most, and whether it is refused."""
    before, started = _peak(), time.process_time()
    try:
        read(data)
        is_refused = False
    except _REFUSALS:
        is_refused = True
    least, memory = time.process_time() - started, _peak() - before
    if least < _LONG:
        least = min(least, _seconds(read, data, 1))
        least = min(least, _seconds(read, data, 1 + int(_ENOUGH / (least + 1e-9))))
    return least, memory, is_refused


def _seconds(read: Read, data: Any, times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        with suppress(*_REFUSALS):
            read(data)
    return (time.process_time() - started) / times


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_fork(work: Callable[[], Given]) -> Given:
    """What a work gives in a process of its own. Raises EOFError when it ends with an error, which it prints."""
    receiver, sender = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            sender.send(work())
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    sender.close()
    try:
        given: Given = receiver.recv()
        return given
    finally:
        os.waitpid(child, 0)


def serve() -> None:
    """Answer each name of a reader on stdin with a line of JSON: its cost, or a text that says why there is none."""
    for line in sys.stdin:
        try:
            answer: object = asdict(cost_of(READERS[line.strip()]))
        except (AssertionError, EOFError) as error:
            answer = f"{error}" or "the reading has failed"
        print(json.dumps(answer), flush=True)


def main(names: list[str]) -> None:
    """Print a line for each reader: seconds and memory for a tenth of the limit and for the limit, and their ratios."""
    print(f"{'reader':<34}{'limit':>10}{'tenth':>10}{'whole':>10}{'ratio':>7}{'memory':>10}{'ratio':>7}")
    for name in names or READERS:
        cost = cost_of(READERS[name])
        print(
            f"{name:<34}{READERS[name].limit:>10}{cost.tenth_seconds:>8.4f} s{cost.seconds:>8.4f} s"
            f"{cost.time_ratio:>7.1f}{cost.memory / 2**20:>7.1f} MB{cost.memory_ratio:>7.1f}",
            flush=True,
        )


if __name__ == "__main__":
    gc.disable()  # the reader is measured, not the collector
    if sys.argv[1:] == [SERVE]:
        serve()
    else:
        main(sys.argv[1:])
