"""The authority's signing key: RSA-2048, the private half of a trust anchor (D4, D5).

`test_signing_key` is the well-known test pair that is shipped with this project. Its private half is public, so it
proves nothing; it is for fixtures, tests and demonstrations. This module does not know orders, nor what a phone does
with a key.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import resources
from types import ModuleType

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from phone_sim.errors import UsageError
from phone_sim.licensing.license_key import LicenseKey
from phone_sim.licensing.signature import DIGEST, KEY_BITS, PADDING, TrustAnchor

# A process takes as long to start as a thousand signatures do to make.
_KEYS_WORTH_A_PROCESS = 500
START_METHOD = "fork" if sys.platform == "linux" else "spawn"
"""How processes are started: forked where that is quick and the system's own libraries bear it, else spawned."""


class SigningKey:
    """The private key that license keys are signed with."""

    def __init__(self, private_key: RSAPrivateKey) -> None:
        if private_key.key_size != KEY_BITS:
            raise UsageError(f"the signing key is an RSA key of {private_key.key_size} bits, {KEY_BITS} are needed")
        self._private_key = private_key

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key."""
        return cls(generate_private_key(public_exponent=65537, key_size=KEY_BITS))

    @classmethod
    def from_pem(cls, pem: bytes, source: str) -> "SigningKey":
        """The key in an unencrypted PEM file named `source`. Raises UsageError unless it is RSA of 2048 bits."""
        try:
            key = _loaded(pem)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise UsageError(f"{source} is not an unencrypted private key in PEM form: {error}") from error
        if not isinstance(key, RSAPrivateKey):
            raise UsageError(f"{source} is not an RSA private key")
        return cls(key)

    @property
    def anchor(self) -> TrustAnchor:
        """The public half, for the phone's firmware."""
        return TrustAnchor(self._private_key.public_key())

    def sign(self, key: LicenseKey) -> LicenseKey:
        """The license key with its signature; the same bytes each time."""
        return key.signed(self._private_key.sign(key.signed_bytes(), PADDING, DIGEST))

    def sign_all(self, keys: Sequence[LicenseKey]) -> list[LicenseKey]:
        """The license keys with their signatures, in the same order; many are signed on all cores, in a process without
        other threads.
        """
        workers = min(_cores(), len(keys) // _KEYS_WORTH_A_PROCESS)
        # A fork of a process with several threads can wait for ever for a lock that one of them held.
        if workers < 2 or threading.active_count() > 1:
            return [self.sign(key) for key in keys]
        size = -(-len(keys) // (4 * workers))
        parts = [keys[start : start + size] for start in range(0, len(keys), size)]
        # The library holds the interpreter's lock while it signs, so threads would take turns.
        context = multiprocessing.get_context(START_METHOD)
        with ProcessPoolExecutor(workers, context, initializer=_take_key, initargs=(self.pem(),)) as pool:
            with _without_ctrl_c(), _without_main_module():
                signed = pool.map(_sign_part, parts)
            return [key for part in signed for key in part]

    def pem(self) -> bytes:
        """The private key as an unencrypted PEM file."""
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@lru_cache(maxsize=1)
def _loaded(pem: bytes) -> object:
    """The key in a PEM file. The last one is kept: a portal reads it for each request, and to check it takes 0.1 s."""
    return load_pem_private_key(pem, password=None)


def _cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Start processes that ignore Ctrl+C: it is for the process that they work for, which gets it right after."""
    if sys.platform == "win32":  # no masks: the processes ignore it once they have the key
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Start processes that do not import the main module, which would run a script without a guard once more."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


_worker_key: list[SigningKey] = []


def _take_key(pem: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker_key[:] = [SigningKey.from_pem(pem, "the signing key")]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the one it works for is killed: it would wait for the next part, with the key, for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _sign_part(keys: Sequence[LicenseKey]) -> list[LicenseKey]:
    return [_worker_key[0].sign(key) for key in keys]


@cache
def test_signing_key() -> SigningKey:
    """The private half of the test pair."""
    name = "signing_key.pem"
    pem = resources.files("phone_sim.authority").joinpath("test_pair", name).read_bytes()
    return SigningKey.from_pem(pem, name)
