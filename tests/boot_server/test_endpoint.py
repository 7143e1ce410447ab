"""What the boot server's two sides have in common."""

import threading

import pytest

from phone_sim.boot_server.endpoint import Endpoint
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpEndpoint


@pytest.mark.parametrize("kind", [HttpEndpoint, TftpEndpoint])
def test_interrupted_start_leaves_no_thread(
    kind: type[HttpEndpoint | TftpEndpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Endpoint.start

    def start_and_interrupt(server: Endpoint) -> None:
        start(server)
        raise KeyboardInterrupt

    monkeypatch.setattr(Endpoint, "start", start_and_interrupt)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), kind(MemorySite()):
        pass
    assert threading.active_count() == before
