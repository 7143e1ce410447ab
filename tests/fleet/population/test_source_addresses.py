"""The addresses that phones ask from: which are theirs, and what is said where there are none."""

import json
import subprocess
import sys
from collections import defaultdict
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.population.source_addresses import check_source_addresses
from tests.fleet.running import Running, completed
from tests.real_servers.namespaces import needs_namespaces
from tests.runtime.by_fleet import fleet_http, fleet_tftp
from tests.runtime.phones import PATIENT, fetch

POPULATION = """\
count = 5
sources = ["127.79.0.0/30", "127.80.0.9"]
[boot]
pattern = "rolling"
group = 2
every = 0.2
"""
EXHAUSTED = """\
import json, socket
from pathlib import Path
from tests.fleet.population.test_source_addresses import PATIENT, fetch, fleet_http, fleet_tftp

Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40004")
listening = socket.create_server(("127.0.0.1", 8080))
taken = [socket.create_connection(("127.0.0.1", 8080), source_address=("127.1.0.1", 40000 + n)) for n in range(5)]
datagrams = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(5)]
for number, each in enumerate(datagrams):
    each.bind(("127.1.0.1", 40000 + number))
replies = []
for make, url in ((fleet_http, "http://127.0.0.1:8080/"), (fleet_tftp, "tftp://127.0.0.1/")):
    transport = make(PATIENT, source_address="127.1.0.1")
    replies.append(transport.fetch(fetch(url + "a.cfg")).reason)
    transport.close()
print(json.dumps(replies))
"""


@pytest.mark.slow
@pytest.mark.parametrize("address", ["url", "tftp_url"])
def test_rebooted_phones_ask_from_their_own_addresses(address: str, tmp_path: Path) -> None:
    (file := tmp_path / "phones.toml").write_text(POPULATION)
    with BootServer(FolderSite(tmp_path)) as server:
        command = [sys.executable, "-m", "tests.fleet.storm", getattr(server, address), str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        assert [fate["boots"] for fate in json.loads(ended.stdout)] == [2] * 5
        heard = defaultdict(set)
        for request in server.journal.requests:
            if request.path.startswith("0004f2"):
                heard[request.path[:12]].add(request.client.partition(":")[0])
    addresses = ["127.79.0.1", "127.79.0.2", "127.80.0.9", "127.79.0.1", "127.79.0.2"]
    assert heard == {f"0004f200000{number}": {address} for number, address in enumerate(addresses, 1)}


@pytest.mark.slow
@pytest.mark.parametrize(("block", "address"), [("192.0.2.0/24", "192.0.2."), ("192.0.2.9/32", "192.0.2.9")])
def test_foreign_block_ends_the_run_before_it_begins(block: str, address: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"phones cannot ask from {block}: {address}"):
        check_source_addresses([IPv4Network("127.0.0.0/8"), IPv4Network(block)])
    (file := tmp_path / "phones.toml").write_text(f'sources = ["{block}"]')
    words = ["--server", "http://127.0.0.1:9/", "--population", str(file), "--headless", "--run-time", "60s"]
    ended = completed(Running(*words))
    assert ended.returncode == 2
    assert f"sources: phones cannot ask from {block}: {address}" in ended.stderr
    assert "Linux has all of 127.0.0.0/8; add others by ip address add" in ended.stderr


@pytest.mark.slow
@needs_namespaces
def test_address_without_free_ports_is_named() -> None:
    script = f"ip link set lo up && exec {sys.executable} -c '{EXHAUSTED}'"
    ended = subprocess.run(["unshare", "-n", "sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    words = "no port is free at 127.1.0.1, or it is not an address of this machine"
    assert json.loads(ended.stdout) == [words, words]


@pytest.mark.parametrize("make", [fleet_http, fleet_tftp])
def test_address_of_another_machine_is_named(make: Any) -> None:
    transport = make(PATIENT, source_address="192.0.2.9")
    scheme = "http" if make is fleet_http else "tftp"
    reply = transport.fetch(fetch(f"{scheme}://127.0.0.1:9/a.cfg"))
    transport.close()
    assert reply == TransferFailed(
        FailureKind.UNREACHABLE,
        "no port is free at 192.0.2.9, or it is not an address of this machine",
        unanswered=True,
    )
