"""Desks to test with: on a day of their own, paused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.server import DeskServer
from tests.authority import new_authority
from tests.real_servers.process import wait_until

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE = 60.0


@contextmanager
def desk_server() -> Iterator[DeskServer]:
    """A boot server of a desk, with a new authority."""
    with TemporaryDirectory() as folder:
        new_authority(authority := Path(folder) / "authority")
        with DeskServer(authority=authority) as server:
            yield server


@contextmanager
def desk_at(start: datetime = NOW, speed: float = 0.0) -> Iterator[Desk]:
    """A desk with a boot server and an authority of its own."""
    with desk_server() as server, Desk(server, start=start, speed=speed) as desk:
        yield desk


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes to hold, in so much time that a machine would have to be very busy."""
    return wait_until(condition, PATIENCE)
