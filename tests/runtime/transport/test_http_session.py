"""HTTP sessions: whose the connections are that are kept alive."""

import os
import subprocess
import sys
from itertools import count

import pytest

from tests.runtime.hostile_http import Conversation, HostileHttpServer, Request, Script

_PARENT_AND_CHILD = """
import os, sys
from phone_sim.runtime.transport import Limits
from phone_sim.runtime.transport.http import HttpTransport
from tests.runtime.phones import PATIENT, fetch

transport = HttpTransport(PATIENT)

def ask(who):
    print(who, transport.fetch(fetch(sys.argv[1] + "a.cfg")).data.decode(), flush=True)

ask("parent")
if (child := os.fork()) == 0:
    ask("child")
    ask("child")
    os._exit(0)
os.waitpid(child, 0)
ask("parent")
"""


def numbering_connections() -> Script:
    """A script that keeps each connection alive, and answers with its number."""
    numbers = count()

    def script(conversation: Conversation, _: Request) -> None:
        body = b"%d" % next(numbers)
        while True:
            conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            conversation.next_request()

    return script


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_child_of_a_fork_does_not_speak_on_its_parents_connections() -> None:
    with HostileHttpServer(numbering_connections()) as server:
        done = subprocess.run(
            [sys.executable, "-c", _PARENT_AND_CHILD, server.url],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stdout.splitlines() == ["parent 0", "child 1", "child 1", "parent 0"]
