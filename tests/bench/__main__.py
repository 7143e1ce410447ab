"""`python -m tests.bench`: what the phone costs, each figure beside the least that the same work could cost.

Compared things run in turn, so that a machine whose speed drifts does not favor one of them; the ratio is the median
over the pairs. CPU is the client's own; servers run in a process of their own.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from lxml import etree

from fixtures.make_fixtures import MACS
from phone_sim.authority.signing_key import test_signing_key
from phone_sim.fault_catalog.activation_files import phone_key
from phone_sim.licensing.license_file import read_for_phone, write
from phone_sim.licensing.signature import DIGEST, PADDING
from phone_sim.runtime.transport import Transport, network_transport
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime
from tests.bench.provenance import stages

FIXTURES = Path(__file__).parents[2] / "fixtures"
ANCHOR_FILE = Path(__file__).parents[2] / "phone_sim/authority/test_pair/trust_anchor.pem"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ROUNDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A line of the result: what was measured, and against what."""

    name: str
    value: str
    against: str = ""
    ratio: str = ""


def median_of(work: Callable[[], object], clock: Callable[[], float] = time.process_time, times: int = 1) -> float:
    """Median seconds of one run of the work, over the rounds, each of `times` runs."""
    return statistics.median(seconds_of(work, clock, times) for _ in range(ROUNDS))


def seconds_of(work: Callable[[], object], clock: Callable[[], float], times: int) -> float:
    """Seconds of one run, from `times` runs."""
    began = clock()
    for _ in range(times):
        work()
    return (clock() - began) / times


def compare(work: Callable[[], object], bare: Callable[[], object], times: int) -> tuple[float, float, float]:
    """Median CPU seconds of both, and the median of the ratios of the pairs."""
    work(), bare()
    pairs = [
        (seconds_of(work, time.process_time, times), seconds_of(bare, time.process_time, times)) for _ in range(ROUNDS)
    ]
    ratio = statistics.median(one / other for one, other in pairs)
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs), ratio


def site_files() -> dict[str, bytes]:
    """The fixture site with a license for the phone."""
    site = FIXTURES / "site"
    files = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*.cfg")}
    return files | {f"licenses/{MACS[0]}-license.cfg": write([phone_key(MACS[0])])}


def booted(url: str, transport: Transport) -> VirtualPhone:
    """A phone with blank flash, after its boot."""
    phone = VirtualPhone(url, mac=MACS[0], time=VirtualTime(NOW), transport=transport)
    phone.boot()
    return phone


@contextmanager
def served(files: dict[str, bytes]) -> Iterator[str]:
    """The files on a boot server in a process of its own."""
    with TemporaryDirectory() as name:
        for path, data in files.items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_bytes(data)
        command = [sys.executable, "-m", "phone_sim", "serve", name, "--http", "0", "--quiet"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                yield server.stdout.readline().split()[-1]
            finally:
                server.terminate()


def cold_start() -> Figure:
    command = [sys.executable, "-m", "phone_sim", "--help"]
    bare = [sys.executable, "-c", "pass"]
    seconds = median_of(lambda: subprocess.run(command, check=True, capture_output=True), time.perf_counter)
    python = median_of(lambda: subprocess.run(bare, check=True, capture_output=True), time.perf_counter)
    return Figure(name="cold start of phone-sim --help", value=f"{seconds:.3f} s", against=f"Python {python:.3f} s")


def boot_in_memory() -> Figure:
    files = site_files()
    seconds = median_of(lambda: booted("http://boot.example/", serve(dict(files))), times=20)
    return Figure(name="CPU per boot, memory transport", value=f"{1e6 * seconds:.0f} us")


def boot_over_http() -> Iterator[Figure]:
    with served(site_files()) as url:
        transport = network_transport()
        exchanges = [(one.method, one.request) for one in booted(url, transport).requests]
        for name, trust_env in (("a requests session as it comes", True), ("one with trust_env off", False)):
            session = requests.Session()
            session.trust_env = trust_env

            def bare(session: requests.Session = session) -> None:
                for method, request in exchanges:
                    session.request(method, request.location.url, data=getattr(request, "body", None)).content  # noqa: B018

            ours, theirs, ratio = compare(lambda: booted(url, transport), bare, times=10)
            yield Figure(
                name=f"CPU per boot, HTTP ({len(exchanges)} requests)",
                value=f"{1e6 * ours:.0f} us",
                against=f"the same requests by {name}: {1e6 * theirs:.0f} us",
                ratio=f"{ratio:.2f}",
            )
        transport.close()


def verification() -> Figure:
    anchor, key = load_anchor(), phone_key(MACS[0])
    public = load_pem_public_key(ANCHOR_FILE.read_bytes())
    assert isinstance(public, RSAPublicKey)
    signed = key.signed_bytes()
    ours, theirs, ratio = compare(
        lambda: anchor.verifies(key),
        lambda: public.verify(key.validation, signed, PADDING, DIGEST),
        times=500,
    )
    against = f"cryptography alone: {1e6 * theirs:.1f} us"
    return Figure(name="verification of a key", value=f"{1e6 * ours:.1f} us", against=against, ratio=f"{ratio:.2f}")


def big_file() -> Figure:
    key = phone_key(MACS[0])
    data = write([key, *(replace(key, serial=f"0004F3{number:06X}") for number in range(9_999))])
    ours, theirs, ratio = compare(lambda: read_for_phone(data, key.serial), lambda: etree.fromstring(data), times=3)
    against = f"lxml parse alone: {1e3 * theirs:.1f} ms"
    return Figure(name="look-up among 10,000 keys", value=f"{1e3 * ours:.1f} ms", against=against, ratio=f"{ratio:.2f}")


def provenance() -> Iterator[Figure]:
    for name, work, bare, times in stages():
        ours, theirs, ratio = compare(work, bare, times)
        against = f"without knowing file and line: {1e6 * theirs:.0f} us"
        yield Figure(name=name, value=f"{1e6 * ours:.0f} us", against=against, ratio=f"{ratio:.2f}")


def signing() -> Figure:
    """10,000 keys as the authority issues them, on all cores, against the same number of bare signatures on one."""
    authority = test_signing_key()
    private = load_pem_private_key(authority.pem(), None)
    assert isinstance(private, RSAPrivateKey)
    key, count = phone_key(MACS[0]), 10_000
    signed = key.signed_bytes()
    pairs = [
        (
            seconds_of(lambda: authority.sign_all([key] * count), time.perf_counter, 1),
            seconds_of(lambda: private.sign(signed, PADDING, DIGEST), time.perf_counter, count),
        )
        for _ in range(3)
    ]
    ours, theirs = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
    ratio = statistics.median(mine / (bare * count) for mine, bare in pairs)
    return Figure(
        name="issuing 10,000 keys, all cores",
        value=f"{count / ours:,.0f} /s",
        against=f"bare RSA signing on one core: {1 / theirs:,.0f} /s",
        ratio=f"{ratio:.2f}",
    )


def virtual_days() -> Figure:
    phone = booted("http://boot.example/", serve(site_files()))
    days = 3650
    seconds = seconds_of(lambda: phone.time.run(timedelta(days=days)), time.perf_counter, 1)
    return Figure(name="virtual days per second, one phone", value=f"{days / seconds:,.0f}")


def figures() -> Iterator[Figure]:
    """All figures, as they are measured."""
    yield cold_start()
    yield boot_in_memory()
    yield from boot_over_http()
    yield verification()
    yield big_file()
    yield from provenance()
    yield signing()
    yield virtual_days()


def table(measured: Iterable[Figure]) -> None:
    """Print the figures, each as soon as it is there."""
    print(f"| {'figure':<44} | {'measured':>10} | {'against':<66} | ratio |")
    print(f"| {'-' * 44} | {'-' * 9}: | {'-' * 66} | ----: |")
    for figure in measured:
        print(f"| {figure.name:<44} | {figure.value:>10} | {figure.against:<66} | {figure.ratio:>5} |", flush=True)


if __name__ == "__main__":
    table(figures())
