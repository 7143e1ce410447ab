"""`python -m tests.bench.check [PHONES]`: `phone-sim check` of a site with files for many phones, 10,000 by default.

Each phone has a configuration file and a license of its own, and all read the files of the site. The command runs as
a user runs it, in a process of its own, and its time of the processor is measured.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.__main__ import Figure, table
from tests.bench.fleet.site import write_site

PHONES = 10_000
AIM = 30.0
"""Seconds of one core for 10,000 phones."""


def checked(root: Path, phones: int) -> Figure:
    """The figure for the site in a folder."""
    before, began = _used(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "phone_sim", "check", root], check=True, capture_output=True, text=True
    )
    elapsed = time.perf_counter() - began
    assert f"{phones + 1} phones" in done.stderr, done.stderr
    cpu = _used() - before
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Figure(
        name=f"check of a site of {phones:,} phones",
        value=f"{cpu:.1f} s",
        against=f"aim: {AIM * phones / PHONES:g} s; {elapsed:.1f} s by the clock, {memory:.0f} MB",
        ratio=f"{cpu / (AIM * phones / PHONES):.2f}",
    )


def _used() -> float:
    """Seconds of the processor that the processes before this moment took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else PHONES
        write_site(Path(name), count)
        table([checked(Path(name), count)])
