"""What is read from outside costs no more than in proportion to its size, however it is made, up to the size limit.

One reading at the limit is held against one at a tenth of it: in time of the processor, and in the peak of memory of
the process. In proportion it costs ten times as much; up to twenty where a table no longer fits into the processor's
caches; a hundred times where the cost grows with the square. Time of the processor depends little on what else runs,
and what is asserted is far from both.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.readers import SERVE, Cost
from tests.readers import READERS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
ATTEMPTS = 4
"""How often a cost is measured that is out of proportion: other processes make some of them larger."""

Measure = Callable[[str], Cost]


@pytest.fixture(scope="module")
def measure() -> Iterator[Measure]:
    """Measures a reader, in processes that are forked from one without threads."""
    command = [sys.executable, "-m", "tests.bench.readers", SERVE]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        to_server, from_server = server.stdin, server.stdout

        def measured(name: str) -> Cost:
            to_server.write(f"{name}\n")
            to_server.flush()
            answer = json.loads(from_server.readline())
            assert isinstance(answer, dict), answer
            return Cost(**answer)

        yield measured
        to_server.close()


@pytest.mark.parametrize("name", READERS)
def test_cost_at_the_limit_is_in_proportion(name: str, measure: Measure) -> None:
    costs: list[Cost] = []
    while len(costs) < ATTEMPTS:
        costs.append(measure(name))
        if costs[-1].is_in_proportion:
            return
    raise AssertionError(f"{costs}")


SQUARES = """
from dataclasses import replace
from tests.bench.readers import Reader, cost_of
slow = cost_of(Reader(2000, "a".__mul__, lambda text: sum(one == other for one in text for other in text)))
large = cost_of(Reader(40_000, int, lambda size: b"x" * (size * size // 20)))
print(replace(slow, memory=0).is_in_proportion)
print(replace(large, seconds=0.0).is_in_proportion)
"""


def test_time_and_memory_that_grow_with_the_square_are_noticed() -> None:
    ended = subprocess.run([sys.executable, "-c", SQUARES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == "False\nFalse\n"
