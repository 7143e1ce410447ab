"""What a piece of work cost, and how a process that did it tells another one."""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """So many pieces of work took `cpu` seconds of this process, and `wall` seconds of time."""

    count: int
    cpu: float
    wall: float

    def tell(self) -> None:
        """Print it for `ran`."""
        print(json.dumps(asdict(self)))

    @property
    def each(self) -> float:
        """Seconds of CPU of a piece."""
        return self.cpu / self.count

    @property
    def rate(self) -> float:
        """Pieces in a second of time."""
        return self.count / self.wall

    @classmethod
    def of(cls, module: str, *words: object) -> Self:
        """What a module of this package measures in a process of its own."""
        command = [sys.executable, "-m", f"tests.bench.fleet.{module}", *map(str, words)]
        return cls(**json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout))


def cost_of(work: Callable[[], object], count: int) -> Cost:
    """What a work of so many pieces costs."""
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(count=count, cpu=time.process_time() - cpu, wall=time.perf_counter() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the process of the fleet has, `minute` minutes after it began; memory is resident, in bytes."""

    minute: float
    memory: int
    descriptors: int
    threads: int
    greenlets: int
    boots: int
    requests: int
    failures: int
