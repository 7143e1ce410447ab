"""`python -m tests.bench.soak --minutes 20`: a fleet at steady load against nginx, to see whether anything grows.

All phones boot, and from then on one after the other is rebooted at a steady rate; each boot uploads its log. Once a
minute, at a moment at which no phone is busy, the fleet's process says what it has. Ends with 1 when something grows.

The first half of the time is left out of what is said in the end: logs grow until they are as long as they may be, and
Locust's statistics with each response time that they have not seen before, of which there are some 300 for a name.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory

from tests.bench.fleet.measured import Sample
from tests.bench.fleet.site import write_site
from tests.real_servers.nginx import Nginx

LOG_LIMIT = b'<log log.render.file.upload.append.sizeLimit="8" '
"""A phone keeps what the boot server has of its log: so small, it has its full length after a few reboots."""
WARM_UP = 1 / 2
"""The share of the time that is left out of the slope."""
GROWTH = 0.001
"""Growth of memory in a minute, as a share of it, that is still called flat."""


def slope(samples: Sequence[Sample], name: str) -> float:
    """By how much something grows in a minute."""
    return float(linear_regression([each.minute for each in samples], [getattr(each, name) for each in samples]).slope)


def watched(command: list[str]) -> list[Sample]:
    """The samples of the process, each said as it comes."""
    samples = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                one = Sample(**json.loads(line))
                samples.append(one)
                print(
                    f"minute {one.minute:5.1f}: {one.memory / 1e6:.2f} MB, {one.open_files} open files, "
                    f"{one.threads} threads, {one.greenlets} greenlets; {one.boots} boots, {one.requests} requests, "
                    f"{one.failures} failures",
                    flush=True,
                )
        finally:
            process.terminate()
    return samples


def verdict(samples: Sequence[Sample]) -> tuple[str, bool]:
    """What grows after the warm-up, in words; and whether nothing does."""
    settled = [each for each in samples if each.minute > WARM_UP * samples[-1].minute]
    growth = {name: slope(settled, name) for name in ("memory", "open_files", "threads", "greenlets")}
    share = growth["memory"] / settled[0].memory
    counts_are_flat = all(getattr(settled[-1], name) <= getattr(settled[0], name) for name in list(growth)[1:])
    is_flat = share <= GROWTH and counts_are_flat and not samples[-1].failures
    words = ", ".join(f"{name} {value:+.2f}" for name, value in list(growth.items())[1:])
    return (
        f"from minute {settled[0].minute:.0f} to {settled[-1].minute:.0f}, a minute: memory "
        f"{growth['memory'] / 1000:+.1f} kB ({share:+.3%}), {words}; {'flat' if is_flat else 'NOT FLAT'}"
    ), is_flat


def main() -> int:
    """Soak, say what grew; 1 when something did."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=int, default=20, choices=range(4, 1441), metavar="4..1440")
    asked.add_argument("--phones", type=int, default=300)
    asked.add_argument("--rate", type=float, default=30, help="reboots a second")
    words = asked.parse_args()
    with TemporaryDirectory() as name:
        root = Path(name) / "root"
        write_site(root, words.phones)
        settings = root / "site.cfg"
        settings.write_bytes(settings.read_bytes().replace(b"<log ", LOG_LIMIT))
        with Nginx(root, Path(name) / "work") as server:
            load = map(str, (server.url, words.phones, words.rate, words.minutes))
            samples = watched([sys.executable, "-m", "tests.bench.fleet.steady", *load])
    said, is_flat = verdict(samples)
    print(said)
    return 0 if is_flat else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end, too
    sys.exit(main())
