"""Reads activation files from disk or memory, and checks them for a phone, without a boot server.

This module does not know how a phone gets its file, nor what it logs about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import LicenseFileError, UsageError
from phone_sim.firmware.features import FeatureSet, Gate
from phone_sim.firmware.profile import CURRENT, profile_for
from phone_sim.licensing.key_check import KeyCheck, check_key
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.licensing.license_file import SIZE_LIMIT, read_all
from phone_sim.licensing.license_key import LicenseKey, Malformed, read_key
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.licensing.verdict import Expired, Valid
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.trust_file import load_anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationFileCheck:
    """What the phone with this MAC makes of an activation file: its keys in order, and each feature if configured."""

    mac: MacAddress
    keys: tuple[KeyCheck, ...]
    features: tuple[Gate, ...]

    @property
    def is_valid(self) -> bool:
        """True when at least one key is valid for the phone."""
        return any(key.is_valid for key in self.keys)


def read_activation_file(file: Path | str | bytes) -> tuple[LicenseKey | Malformed, ...]:
    """All license keys of an activation file, for whichever phones; `file` is its path, or its bytes.

    Nothing is verified.

    Raises:
        UsageError: the path is not that of a file that can be read.
        LicenseFileError: it is not an activation file.
    """
    return tuple(read_key(element) for element in read_elements(file))


def check_activation_file(
    file: Path | str | bytes,
    *,
    mac: MacAddress | str,
    model: Model | str = DEFAULT_MODEL,
    firmware: str = CURRENT,
    trust: TrustAnchor | Path | str | None = None,
    on: date | None = None,
) -> ActivationFileCheck:
    """Check an activation file as a phone does; `file` is its path, or its bytes.

    `on` is the phone's local date, today by default. `trust` is the public key that license keys are verified with, or
    its PEM file; without one it is that of the test pair (D5).

    Raises:
        UsageError: an argument that cannot be used; the message names it.
        LicenseFileError: it is not an activation file.
    """
    address = mac if isinstance(mac, MacAddress) else MacAddress.parse(mac)
    anchor = trust if isinstance(trust, TrustAnchor) else load_anchor(None if trust is None else Path(trust))
    today = on or date.today()  # noqa: DTZ011 - where the user is, the phone is
    features = load_features()
    feature_set = FeatureSet(
        model=model if isinstance(model, Model) else load_model(model),
        profile=profile_for(firmware),
        features=features,
        wanted=frozenset(feature.key for feature in features),
    )
    elements = read_elements(file)
    keys = tuple(check_key(one, serial=address.serial, anchor=anchor, today=today) for one in elements)
    ring = KeyRing(one.verdict.key for one in keys if isinstance(one.verdict, Valid | Expired))
    return ActivationFileCheck(mac=address, keys=keys, features=feature_set.gates(ring, today))


def read_elements(file: Path | str | bytes) -> tuple[Mapping[str, str], ...]:
    """The attributes of every key of an activation file.

    Raises:
        UsageError: the path is not that of a file that can be read.
        LicenseFileError: it is not an activation file.
    """
    if isinstance(file, bytes):
        return read_all(file)
    path = Path(file)
    if not path.is_file():
        # To open a pipe is to wait for somebody to write to it.
        raise UsageError(f"{path} is not a regular file")
    try:
        with path.open("rb") as reader:
            data = reader.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return read_all(data)
    except LicenseFileError as error:
        raise LicenseFileError(f"{path}: {error.reason}", error.line) from error
