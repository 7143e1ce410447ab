"""Where a phone's trust anchor comes from: a PEM file that the user names, or the public half of the test pair (D5)."""

from functools import cache
from importlib import resources
from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.licensing.signature import TrustAnchor

_SIZE_LIMIT = 64 * 1024


def load_anchor(path: Path | None = None) -> TrustAnchor:
    """The trust anchor in the file, or without one that of the test pair, which proves nothing.

    Raises:
        UsageError: when the file cannot be read or is not an RSA public key of 2048 bits in PEM form.
    """
    if path is None:
        return _test_anchor()
    try:
        with path.open("rb") as file:
            return TrustAnchor.from_pem(file.read(_SIZE_LIMIT), str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error


@cache
def _test_anchor() -> TrustAnchor:
    pem = resources.files("phone_sim.authority").joinpath("test_pair", "trust_anchor.pem").read_bytes()
    return TrustAnchor.from_pem(pem, "trust_anchor.pem")
