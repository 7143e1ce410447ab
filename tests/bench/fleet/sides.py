"""The figures (a) to (f), (h) and (i) of a fleet: which sides are compared, in turn, and what is made of their costs.

Each side runs in a process of its own. Sides take turns, so that a machine whose speed drifts favors none of them; a
ratio is the median of those of the rounds.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.bench.fleet.figure import Figure
from tests.bench.fleet.measured import Cost, ran

REQUESTS = 13
"""Requests of a boot on this site; `wrk` makes the same ones."""
LOCUST_LIMIT = 2_000
BARE_LIMIT = 10_000
"""Most phones of the sides that only go round a loop: what one of them costs does not depend on how many there are."""
TFTP_LIMIT = 10_000
"""Most files over TFTP: in.tftpd makes a process for each."""
NO_WRK = "wrk is not installed, so there is nothing to compare with: apt-get install wrk"
_HERE = "tests.bench.fleet."
_WRK_SECONDS = 3

Side = Callable[[], float]


def in_turn(rounds: int, *sides: Side) -> list[list[float]]:
    """What each side gives in each round."""
    found = [[side() for side in sides] for _ in range(rounds)]
    return [[each[place] for each in found] for place in range(len(sides))]


def boots_of(side: str, url: str, first: int, count: int) -> tuple[object, ...]:
    """The command of a side that boots phones over HTTP."""
    return f"{_HERE}over_http", side, url, first, count


def over_http(url: str, count: int, rounds: int) -> Iterator[Figure]:
    """(a), (b) and (c) with so many phones."""
    speeds: list[Cost] = []

    def fleet() -> float:
        speeds.append(ran(boots_of("fleet", url, 0, count)))
        return speeds[-1].each

    ours, locust, bare = in_turn(
        rounds,
        fleet,
        lambda: ran((f"{_HERE}by_locust", url, 0, min(count, LOCUST_LIMIT))).each,
        lambda: ran(boots_of("bare", url, 0, min(count, BARE_LIMIT))).each,
    )
    each = median(ours)
    yield Figure(
        kind="a",
        name="boots per second of CPU",
        phones=count,
        number=median(other / mine for mine, other in zip(ours, locust, strict=True)),
        value=f"{1 / each:,.0f} /s",
        against=f"Locust's FastHttpUser, the same requests, lxml, cryptography: {1 / median(locust):,.0f} /s",
        aim=3,
    )
    yield Figure(
        kind="b",
        name="CPU of a boot",
        phones=count,
        number=median(mine / other for mine, other in zip(ours, bare, strict=True)),
        value=f"{1e6 * each:,.0f} us",
        against=f"the same {REQUESTS} requests on bare sockets of gevent: {1e6 * median(bare):,.0f} us",
        aim=2,
        more_is_better=False,
    )
    if shutil.which("wrk"):
        most = median(in_turn(rounds, lambda: wrk(url) / REQUESTS)[0])
        rate = median(cost.rate for cost in speeds)
        yield Figure(
            kind="c",
            name="boots per second, one process and nginx",
            phones=count,
            number=rate / most,
            value=f"{rate:,.0f} /s",
            against=f"requests of wrk / {REQUESTS}: {most:,.0f} /s",
        )


def wrk(url: str) -> float:
    """Requests a second of wrk, which makes those of a boot again and again."""
    script = Path(__file__).with_name("boot.lua")
    command = ["wrk", "-t1", "-c100", f"-d{_WRK_SECONDS}s", "-s", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s*([0-9.]+)", said)
    assert found is not None, said
    return float(found.group(1))


def over_tftp(url: str, count: int, rounds: int) -> Iterator[Figure]:
    """(d) with so many files."""
    files = min(count, TFTP_LIMIT)
    ours, bare = in_turn(
        rounds, *(lambda side=side: ran((f"{_HERE}over_tftp", side, url, files)).each for side in ("fleet", "bare"))
    )
    yield Figure(
        kind="d",
        name="CPU of a file of 2 KB over TFTP",
        phones=files,
        number=median(mine / other for mine, other in zip(ours, bare, strict=True)),
        value=f"{1e6 * median(ours):,.0f} us",
        against=f"the barest loop on sockets of gevent: {1e6 * median(bare):,.0f} us",
        aim=1.5,
        more_is_better=False,
    )


def idle(root: Path, count: int) -> Iterator[Figure]:
    """(e) with so many phones; without sockets."""
    size = _in_memory("idle", count, root)["bytes"]
    yield Figure(
        kind="e",
        name="memory of an idle phone, in KB",
        phones=count,
        number=size / 1024,
        value=f"{size:,.0f} bytes",
        aim=4 if count >= 50_000 else None,
        more_is_better=False,
    )


def years(root: Path, count: int) -> Iterator[Figure]:
    """(f) with so many phones, in three ways."""
    found = _in_memory("years", count, root)
    ways = {
        "ten_years": (
            "phone-days per second, ten years",
            f"{found['reboots']:,.0f} reboots, idle days reckoned",
            500_000,
        ),
        "a_year_with_boots": ("phone-days per second, one year", "the same, with the first boot of each", None),
        "one_by_one": ("phone-days per second, one by one", "each daily check performed", None),
    }
    for key, (name, words, aim) in ways.items():
        yield Figure(
            kind="f", name=name, phones=count, number=found[key], value=f"{found[key]:,.0f} /s", against=words, aim=aim
        )


def polls(root: Path, count: int) -> Iterator[Figure]:
    """(i) with so many phones."""
    found = _in_memory("polls", count, root)
    yield Figure(
        kind="i",
        name="a day of prov.polling, in days of the license check",
        phones=count,
        number=found["poll"] / found["check"],
        value=f"{1e6 * found['poll']:,.0f} us a phone",
        against=f"each daily check performed: {1e6 * found['check']:,.0f} us a phone",
        aim=1,
        more_is_better=False,
    )


def two_workers(url: str, root: Path, count: int, rounds: int) -> Iterator[Figure]:
    """(h): two processes with half of the phones each, against one with all; over HTTP, and without a server."""
    half = count // 2

    def alone(*command: object) -> Side:
        return lambda: ran(command).rate

    def both(command: Callable[[int], tuple[object, ...]]) -> Side:
        return lambda: ran(command(0), command(half)).rate

    def memory(first: int, of: int) -> tuple[object, ...]:
        return f"{_HERE}in_memory", "boots", first, of, root

    pairs = {
        "no server": (alone(*memory(0, count)), both(lambda first: memory(first, half)), 1.8),
        "nginx on the same two cores": (
            alone(*boots_of("fleet", url, 0, count)),
            both(lambda first: boots_of("fleet", url, first, half)),
            None,
        ),
    }
    for name, (one, two, aim) in pairs.items():
        single, double = in_turn(rounds, one, two)
        yield Figure(
            kind="h",
            name=f"boots per second of two processes, {name}",
            phones=count,
            number=median(more / less for less, more in zip(single, double, strict=True)),
            value=f"{median(double):,.0f} /s",
            against=f"one process: {median(single):,.0f} /s",
            aim=aim,
        )


def _in_memory(what: str, count: int, root: Path) -> dict[str, float]:
    command = [sys.executable, "-m", f"{_HERE}in_memory", what, "0", str(count), str(root)]
    found: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return found
