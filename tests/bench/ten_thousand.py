"""`python -m tests.bench.ten_thousand`: 10,000 phones boot over HTTP and stay up, and 2,000 over TFTP.

By `phone-sim fleet` itself, against nginx and in.tftpd. In the end every phone has to be up and licensed, nothing may
have failed, and the servers' own logs have to hold just the requests that the fleet has counted. Ends with 1 otherwise.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.fleet.site import write_site
from tests.real_servers.nginx import Nginx
from tests.real_servers.process import wait_until
from tests.real_servers.server import RealServer
from tests.real_servers.tftpd_hpa import TftpdHpa

STAYS = 20
"""Seconds for which all phones are up before the run ends."""
_SECONDS_FOR_LOG = 10

Counts = Counter[tuple[str, bool]]
"""Requests of a server's log, by method and whether the server failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one of the runs goes: `slowest` is the rate of boots that it has time for."""

    name: str
    server: Callable[[Path, Path], RealServer]
    counts: Callable[[Path], Counts]
    phones: int
    slowest: float


def of_nginx(work: Path) -> Counts:
    """The requests of nginx's log; all is well but for an error of the server or a request that it did not like."""
    counts: Counts = Counter()
    with (work / "access.log").open() as log:
        for line in log:
            request, status, _, _ = line.split("\t")
            counts[request.partition(" ")[0], status[0] in "45" and status != "404"] += 1
    return counts


def of_tftpd(work: Path) -> Counts:
    """The requests of in.tftpd's log; it refuses files that are not there with code 1."""
    counts: Counts = Counter()
    with (work / "syslog.log").open() as log:
        for line in log:
            if " from " in line and " filename " in line:
                counts["RRQ" if "RRQ" in line else "WRQ", False] += 1
            elif "sending NAK" in line and "NAK (1," not in line:
                counts["NAK", True] += 1
    return counts


COURSES = {
    "http": Course(name="HTTP, nginx", server=Nginx, counts=of_nginx, phones=10_000, slowest=150),
    "tftp": Course(name="TFTP, in.tftpd", server=TftpdHpa, counts=of_tftpd, phones=2_000, slowest=25),
}


def run(course: Course) -> list[str]:
    """Let it go its course and say what became of it; the result is what is wrong."""
    with TemporaryDirectory() as name:
        root, work = Path(name) / "root", Path(name) / "work"
        write_site(root, course.phones)
        with course.server(root, work) as server:
            seconds = int(STAYS + course.phones / course.slowest)
            words = ["--server", server.url, "--users", f"{course.phones}", "--spawn-rate", "100000", "--headless"]
            words += ["--require-licensed", "--run-time", f"{seconds}s", "--fail-if", "all.failures>0%", "--json"]
            command = [sys.executable, "-m", "phone_sim", "fleet", *words]
            ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            assert ended.stdout, f"the fleet ended with {ended.returncode}"
            found = json.loads(ended.stdout)
            asked = sum(row["count"] for row in found["requests"] if row["method"] != "BOOT")
            wait_until(lambda: sum(course.counts(work).values()) >= asked, _SECONDS_FOR_LOG)
        counts = course.counts(work)
        logs = len(list((root / "logs").iterdir()))
    print(told(course, found, counts), flush=True)
    return wrong(course, found, counts, logs, ended.returncode)


def told(course: Course, found: dict[str, Any], counts: Counts) -> str:
    """What became of the phones."""
    boots = next(row for row in found["requests"] if row["name"] == "boot")
    return (
        f"{course.name}: {found['as_expected']:,} of {course.phones:,} phones up and licensed, "
        f"boots took {boots['p50'] / 1000:.2f} s (p95 {boots['p95'] / 1000:.2f} s, max {boots['max'] / 1000:.2f} s), "
        f"{sum(row['failures'] for row in found['requests'])} failures; in the server's log "
        + ", ".join(f"{count:,} {method}{' failed' if failed else ''}" for (method, failed), count in counts.items())
    )


def wrong(course: Course, found: dict[str, Any], counts: Counts, logs: int, status: int) -> list[str]:
    """What is not as it has to be."""
    asked = sum(row["count"] for row in found["requests"] if row["method"] != "BOOT")
    on = {key: states.get("on", 0) for key, states in found["features"].items()}
    checks = {
        f"states are {found['states']}": found["states"] == {"idle": course.phones},
        f"as expected are {found['as_expected']}": found["as_expected"] == course.phones,
        f"features are on with {on}": sum(count == course.phones for count in on.values()) >= 4,
        f"failures are {found['failures']}": not found["failures"],
        f"the server logged {sum(counts.values())} requests, the fleet counted {asked}": sum(counts.values()) == asked,
        f"the server failed: {dict(counts)}": not any(failed for _, failed in counts),
        f"{logs} logs were uploaded": logs == course.phones,
        f"the fleet ended with {status}": status == 0,
    }
    return [words for words, is_right in checks.items() if not is_right]


def main() -> int:
    """Run both, or the one that is asked for; 1 when something is wrong."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.ten_thousand", description=__doc__)
    asked.add_argument("--only", choices=COURSES, help="only this one")
    only = asked.parse_args().only
    faults = [fault for name, course in COURSES.items() if only in (None, name) for fault in run(course)]
    print("\n".join(f"WRONG: {fault}" for fault in faults) or "all as it has to be")
    return 1 if faults else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end, too
    sys.exit(main())
