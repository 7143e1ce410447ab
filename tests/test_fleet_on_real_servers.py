"""The transports of a fleet at real boot servers: the same replies as a single phone's."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from phone_sim.firmware.effects import Fetched, NotFound, Uploaded
from phone_sim.runtime.transport import Transport, network_transport
from tests.real_servers.by_kind import address_of, certificates_for, server_by_kind, takes_logs
from tests.runtime.by_fleet import fleet_transport
from tests.runtime.phones import PATIENT, fetch, upload, within

pytestmark = pytest.mark.real

KINDS = [
    "nginx",
    "nginx-basic",
    "nginx-tls",
    "nginx-mtls",
    "apache-digest",
    "lighttpd",
    "lighttpd-digest",
    "tftpd-hpa",
    "atftpd",
    "dnsmasq",
]
MAC = "0004f2000001"
FILE = Random(5).randbytes(100_000)


def holds(path: Path, data: bytes) -> bool:
    """Whether a file comes to hold the data: atftpd says that it has it before it has written it."""
    for _ in range(100):
        if path.read_bytes() == data:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_fleet_gets_the_replies_of_a_single_phone(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "site"
    (root / "logs").mkdir(parents=True)
    for folder in (root, root / "logs"):
        folder.chmod(0o777)
    for name, data in (("a.cfg", FILE), ("empty.cfg", b""), ("logs/app.log", b"")):
        (root / name).write_bytes(data)
        (root / name).chmod(0o666)
    certificates = certificates_for(kind, tmp_path / "ca")

    def replies(make: Callable[..., Transport], url: str) -> list[object]:
        transport = make(
            limits=PATIENT,
            ca_file=certificates.ca_file if certificates else None,
            client_cert=certificates.for_phone(MAC) if certificates else None,
        )
        stack.callback(transport.close)
        asked = [fetch(url + name) for name in ("a.cfg", "none.cfg", "empty.cfg", "a.cfg")]
        told: list[object] = list(within(lambda: [transport.fetch(request) for request in asked]))
        if takes_logs(kind):
            (root / "logs/app.log").write_bytes(b"before")
            told.append(within(lambda: transport.upload(upload(f"{url}logs/app.log", FILE[:70_000]))))
            told.append(holds(root / "logs/app.log", FILE[:70_000]))
        return told

    with ExitStack() as stack:
        server = stack.enter_context(server_by_kind(kind, root, tmp_path / "work", certificates))
        of_fleet = replies(fleet_transport, address_of(kind, server))
        assert of_fleet == replies(network_transport, address_of(kind, server))
    assert of_fleet[0] == of_fleet[3] == Fetched(FILE)
    assert isinstance(of_fleet[1], NotFound)
    assert of_fleet[2] == Fetched(b"")
    assert of_fleet[4:] == ([Uploaded(), True] if takes_logs(kind) else [])
