"""What the boot server's two sides have in common."""

import threading

import pytest

from phone_sim.boot_server.http import HttpBootServer
from phone_sim.boot_server.listening import ListeningServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpBootServer


@pytest.mark.parametrize("kind", [HttpBootServer, TftpBootServer])
def test_interrupted_start_leaves_no_thread(
    kind: type[HttpBootServer | TftpBootServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = ListeningServer.start

    def start_and_interrupt(server: ListeningServer) -> None:
        start(server)
        raise KeyboardInterrupt

    monkeypatch.setattr(ListeningServer, "start", start_and_interrupt)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), kind(MemorySite()):
        pass
    assert threading.active_count() == before
