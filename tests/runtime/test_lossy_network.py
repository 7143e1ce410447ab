"""A phone boots over TFTP from the embedded server through a real network that loses packets.

Two network namespaces with a cable between them; each drops one of twenty UDP packets that come in. The server and the
phone run as programs of their own. Only root can make namespaces.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from phone_sim.licensing.license_file import write
from tests.make import MAC, configured, master, signed_key

_SECONDS = 120
_LOSS = """\
table inet loss {
  chain inward {
    type filter hook input priority 0; policy accept;
    meta l4proto udp numgen random mod 100 < 5 counter drop
  }
}
"""
PADDING = "".join(f"<filler{number} a{number}='{'x' * 200}'/>" for number in range(250))

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("ip", "nft"))), reason="needs root, ip and nft"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """The names of the two namespaces, and the address of the server's."""

    server: str
    phone: str
    address: str = "10.77.0.1"

    def lost(self, namespace: str) -> int:
        """How many packets were dropped on their way in."""
        listing = json.loads(run("ip", "netns", "exec", namespace, "nft", "-j", "list", "ruleset"))
        rules = [entry["rule"]["expr"] for entry in listing["nftables"] if "rule" in entry]
        return int(next(part["counter"]["packets"] for rule in rules for part in rule if "counter" in part))


def run(*command: str, text: str | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable(server=f"psim{os.getpid()}s", phone=f"psim{os.getpid()}p")
    with ExitStack() as undo:
        for namespace in (cable.server, cable.phone):
            try:
                run("ip", "netns", "add", namespace)
            except AssertionError as error:
                pytest.skip(f"no namespace can be made: {error}")
            undo.callback(run, "ip", "netns", "del", namespace)
        # The cable goes with its ends: made inside a namespace, no trace of it is ever outside.
        run(
            "ip",
            "-n",
            cable.server,
            "link",
            "add",
            "cable",
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            cable.phone,
        )
        for namespace, address in ((cable.server, cable.address), (cable.phone, "10.77.0.2")):
            run("ip", "-n", namespace, "addr", "add", f"{address}/24", "dev", "cable")
            run("ip", "-n", namespace, "link", "set", "cable", "up")
            run("ip", "netns", "exec", namespace, "nft", "-f", "-", text=_LOSS)
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
        ["ip", "netns", "exec", cable.server, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        over = threading.Timer(_SECONDS, server.kill)
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
    lost = 0
    for _ in range(4):  # that nothing is lost is possible, but not four times
        report = json.loads(run("ip", "netns", "exec", cable.phone, *boot, "--require-licensed", "--timeout", "2"))
        fetched = {one["url"].rpartition("/")[2]: one["bytes"] for one in report["requests"] if one["method"] == "RRQ"}
        assert fetched["filler.cfg"] == len(f"<filler>{PADDING}</filler>")
        assert any(feature["key"] == "LDAP" and feature["on"] for feature in report["features"])
        lost = min(cable.lost(cable.server), cable.lost(cable.phone))
        if lost:
            break
    assert lost > 0
