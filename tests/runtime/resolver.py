"""The system's resolver in the hands of a test: it takes its time, fails, or says that every name is this machine."""

import _socket
import socket
import threading
from typing import Any

import pytest

from tests.runtime.phones import BOUND


class Resolver:
    """A resolver that answers when it may, or not while the test runs; `asked` counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.may_answer = threading.Event()
        self.fails = False
        self._real = _socket.getaddrinfo
        # Below the module that programs use: gevent goes there at once.
        monkeypatch.setattr(_socket, "getaddrinfo", self)

    def __call__(self, _: object, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        self.may_answer.wait(BOUND)
        if self.fails:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._real("127.0.0.1", *args, **kwargs)
