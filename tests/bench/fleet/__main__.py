"""`python -m tests.bench.fleet`: what a fleet costs, beside the least that the same work could cost.

Phones boot against nginx and in.tftpd on loopback, each with a license of its own; each side of a comparison is a
process of its own. In full it takes about a quarter of an hour and should have the machine for itself: ratios of CPU
bear a busy machine, those of time (c and h) do not.
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.fleet.figure import FILE, HEADS, Figure, as_json, changes
from tests.bench.fleet.sides import NO_WRK, idle, over_http, over_tftp, polls, two_workers, years
from tests.bench.fleet.site import write_site
from tests.real_servers.nginx import Nginx
from tests.real_servers.tftpd_hpa import TftpdHpa

COUNTS = (100, 1_000, 10_000, 50_000)
QUICK = (100, 1_000)
_ROUNDS = {100: 5, 1_000: 5, 10_000: 3}
_WORKERS_ROUNDS = 5
_WORKERS_PHONES = 2_000


def figures(counts: Iterable[int], root: Path, work: Path, kinds: str) -> Iterator[Figure]:
    """All figures of these kinds, as they are measured."""
    if {"a", "b", "c", "h"} & set(kinds):
        with Nginx(root, work / "nginx") as server:
            for count in counts if {"a", "b", "c"} & set(kinds) else ():
                yield from over_http(server.url, count, _ROUNDS.get(count, 1))
            if "h" in kinds:
                yield from two_workers(server.url, root, min(_WORKERS_PHONES, max(counts)), _WORKERS_ROUNDS)
    if "d" in kinds:
        with TftpdHpa(root, work / "tftpd") as server:
            for count in [each for each in counts if each <= 10_000]:
                yield from over_tftp(server.url, count, _ROUNDS[count])
    for count in counts:
        if "e" in kinds:
            yield from idle(root, count)
        if "f" in kinds:
            yield from years(root, count)
        if "i" in kinds:
            yield from polls(root, count)


def main() -> None:
    """Measure, and say or write what was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.fleet", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="only 100 and 1,000 phones")
    asked.add_argument("--json", action="store_true", help="print the figures as JSON")
    asked.add_argument("--write", action="store_true", help=f"write them to {FILE}, which the README's table is of")
    asked.add_argument("--only", default="abcdefghi", metavar="KINDS", help="only figures of these letters, as 'ab'")
    words = asked.parse_args()
    counts = QUICK if words.quick else COUNTS
    talk = sys.stderr if words.json else sys.stdout
    if shutil.which("wrk") is None and "c" in words.only:
        print(NO_WRK, file=sys.stderr)
    print(f"load of the machine: {os.getloadavg()[0]:.2f}", file=talk)
    print("| " + " | ".join(HEADS) + " |", file=talk)
    found: list[Figure] = []
    with TemporaryDirectory() as name:
        root = Path(name) / "root"
        write_site(root, max(counts))
        for figure in figures(counts, root, Path(name), words.only):
            found.append(figure)
            print("| " + " | ".join(figure.cells) + " |", file=talk, flush=True)
    if "g" in words.only:
        for change in changes(found):
            found.append(change)
            print("| " + " | ".join(change.cells) + " |", file=talk)
    if words.json:
        print(as_json(found), end="")
    if words.write:
        FILE.write_text(as_json(found))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end, too
    main()
