"""A phone boots over TFTP from the embedded server through a real network that loses packets.

Two network namespaces with a cable between them; each drops every twentieth UDP packet that comes in. The server and
the phone run as programs of their own. Only root can make namespaces.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from phone_sim.licensing.license_file import write
from tests.make import MAC, configured, master, signed_key
from tests.real_servers.namespaces import SECONDS, Cable, cable_between, needs_namespaces, run

_LOSS = """\
table inet loss {
  chain inward {
    type filter hook input priority 0; policy accept;
    meta l4proto udp numgen inc mod 20 < 1 counter drop
  }
}
"""
PADDING = "".join(f"<filler{number} a{number}='{'x' * 200}'/>" for number in range(250))

pytestmark = [needs_namespaces, pytest.mark.slow]


def lost(cable: Cable, namespace: str) -> int:
    """How many packets were dropped on their way in."""
    listing = json.loads(run(*cable.within(namespace, "nft", "-j", "list", "ruleset")))
    rules = [entry["rule"]["expr"] for entry in listing["nftables"] if "rule" in entry]
    return int(next(part["counter"]["packets"] for rule in rules for part in rule if "counter" in part))


@pytest.fixture
def cable() -> Iterator[Cable]:
    with cable_between() as cable:
        for namespace in (cable.server, cable.phone):
            run(*cable.within(namespace, "nft", "-f", "-"), text=_LOSS)
        yield cable


@pytest.fixture
def serving(cable: Cable, tmp_path: Path) -> Iterator[str]:
    site = tmp_path / "site"
    files = {
        "000000000000.cfg": master(
            CONFIG_FILES="features.cfg, filler.cfg", LICENSE_DIRECTORY="", LOG_FILE_DIRECTORY=""
        ),
        "features.cfg": configured("LDAP"),
        "filler.cfg": f"<filler>{PADDING}</filler>".encode(),
        f"{MAC}-license.cfg": write([signed_key()]),
    }
    site.mkdir()
    for name, data in files.items():
        (site / name).write_bytes(data)
    command = [sys.executable, "-m", "phone_sim", "serve", str(site), "--host", cable.address, "--tftp", "0", "--quiet"]
    with subprocess.Popen(
        cable.within(cable.server, *command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        over = threading.Timer(SECONDS, server.kill)
        over.start()
        try:
            assert server.stdout is not None
            line = next((line for line in server.stdout if "tftp://" in line), "")
            yield f"tftp://{line.partition('tftp://')[2].split()[0]}"
        finally:
            over.cancel()
            server.terminate()


def test_a_phone_boots_through_loss(cable: Cable, serving: str) -> None:
    boot = [sys.executable, "-m", "phone_sim", "boot", "--server", serving, "--mac", MAC.digits, "--json"]
    dropped = 0
    for _ in range(4):  # that nothing is lost is possible, but not four times
        report = json.loads(run(*cable.within(cable.phone, *boot, "--require-licensed", "--timeout", "2")))
        fetched = {one["url"].rpartition("/")[2]: one["bytes"] for one in report["requests"] if one["method"] == "RRQ"}
        assert fetched["filler.cfg"] == len(f"<filler>{PADDING}</filler>")
        assert any(feature["key"] == "LDAP" and feature["on"] for feature in report["features"])
        dropped = min(lost(cable, cable.server), lost(cable, cable.phone))
        if dropped:
            break
    assert dropped > 0
