"""What a piece of work cost, and how the process that did it tells that to another one."""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

_READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """So many pieces of work took `cpu` seconds of their process or processes, and `wall` seconds of time."""

    count: int
    cpu: float
    wall: float

    @property
    def each(self) -> float:
        """Seconds of CPU of a piece."""
        return self.cpu / self.count

    @property
    def rate(self) -> float:
        """Pieces in a second of time."""
        return self.count / self.wall


def cost_of(work: Callable[[], object], count: int) -> Cost:
    """What a work of so many pieces costs."""
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(count=count, cpu=time.process_time() - cpu, wall=time.perf_counter() - began)


def tell_when_asked(work: Callable[[], object], count: int) -> None:
    """Say that the work can begin, wait until it is to, and print what it cost."""
    print(_READY, flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(cost_of(work, count))), flush=True)


def ran(*commands: Sequence[object]) -> Cost:
    """What modules of this package cost that do their work at the same time, each in a process of its own.

    The work of all begins when all are ready.
    """
    words = [[sys.executable, "-m", *map(str, command)] for command in commands]
    processes = [subprocess.Popen(each, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for each in words]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == _READY, f"{words} did not begin"
        began = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        told = [Cost(**json.loads(process.stdout.readline())) for process in processes if process.stdout is not None]
        wall = time.perf_counter() - began
    finally:
        for process in processes:
            process.terminate()
            process.communicate()
    return Cost(count=sum(each.count for each in told), cpu=sum(each.cpu for each in told), wall=wall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the process of the fleet has, `minute` minutes after it began; memory is resident, in bytes."""

    minute: float
    memory: int
    open_files: int
    threads: int
    greenlets: int
    boots: int
    requests: int
    failures: int
