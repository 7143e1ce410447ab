"""The authority's folder: signing key, trust anchor and ledger, made once.

signing_key.pem     the private key, readable by its owner only
trust_anchor.pem    the public half, for the phones (`--trust`)
ledger.sqlite3      orders and redemptions
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import AuthorityError
from phone_sim.licensing.signature import KEY_BITS
from phone_sim.whole_file import write_new, write_whole

KEY_FILE = "signing_key.pem"
ANCHOR_FILE = "trust_anchor.pem"
LEDGER_FILE = "ledger.sqlite3"
_PEM_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseAuthority:
    """An authority at work: what it signs with, and what it writes in."""

    signing_key: SigningKey
    ledger: Ledger


def create_authority(folder: Path) -> None:
    """Make an authority in a folder; its key is made once and never replaced.

    Raises:
        AuthorityError: there is one already, or the folder cannot be written.
    """
    key = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_new(folder / KEY_FILE, key.pem(), mode=0o600)
    except FileExistsError as error:
        raise AuthorityError(f"{folder} has a signing key already, which is never replaced") from error
    except OSError as error:
        raise AuthorityError(f"{folder}: {error.strerror}") from error
    with open_authority(folder):
        pass


@contextmanager
def open_authority(folder: Path) -> Iterator[LicenseAuthority]:
    """The authority in a folder; the public half of its key is written out again if it is not there, or of another.

    Raises:
        AuthorityError: there is none, or a file of it cannot be used.
    """
    try:
        with (folder / KEY_FILE).open("rb") as file:
            key = SigningKey.from_pem(file.read(_PEM_LIMIT), str(folder / KEY_FILE))
        anchor = folder / ANCHOR_FILE
        if not anchor.exists() or anchor.read_bytes() != key.anchor.pem():
            write_whole(anchor, key.anchor.pem())
    except FileNotFoundError as error:
        raise AuthorityError(f"there is no authority in {folder}: phone-sim license init makes one") from error
    except OSError as error:
        raise AuthorityError(f"{folder}: {error.strerror}") from error
    with Ledger(folder / LEDGER_FILE) as ledger:
        yield LicenseAuthority(signing_key=key, ledger=ledger)


def write_files(files: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Write files, by their names, each whole, into a folder that is made if need be, and return where they are.

    Raises:
        AuthorityError: one cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            write_whole(folder / name, data)
    except OSError as error:
        raise AuthorityError(f"{folder}: {error.strerror}") from error
    return tuple(folder / name for name in files)
