"""Two network namespaces with a cable between them: a network of the test's own. Only root can make it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

SECONDS = 120
"""No command in a namespace takes longer."""

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("ip", "nft"))), reason="needs root, ip and nft"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """The names of the two namespaces and their addresses; the interface of each is called `cable`."""

    server: str
    phone: str
    address: str = "10.77.0.1"
    phone_address: str = "10.77.0.2"
    interface: str = "cable"

    def within(self, namespace: str, *command: str) -> list[str]:
        """The command that runs a command in one of the namespaces."""
        return ["ip", "netns", "exec", namespace, *command]


def run(*command: str, text: str | None = None) -> str:
    """What a command prints; a failure of the test when it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def cable_between() -> Iterator[Cable]:
    """The network, for as long as it is used; the test is skipped where none can be made."""
    cable = Cable(server=f"psim{os.getpid()}s", phone=f"psim{os.getpid()}p")
    with ExitStack() as undo:
        for namespace in (cable.server, cable.phone):
            try:
                run("ip", "netns", "add", namespace)
            except AssertionError as error:
                pytest.skip(f"no namespace can be made: {error}")
            undo.callback(run, "ip", "netns", "del", namespace)
        # The cable goes with its ends: made inside a namespace, no trace of it is ever outside.
        ends = ("link", "add", cable.interface, "type", "veth", "peer", "name", cable.interface)
        run("ip", "-n", cable.server, *ends, "netns", cable.phone)
        for namespace, address in ((cable.server, cable.address), (cable.phone, cable.phone_address)):
            run("ip", "-n", namespace, "addr", "add", f"{address}/24", "dev", cable.interface)
            run("ip", "-n", namespace, "link", "set", cable.interface, "up")
        yield cable
