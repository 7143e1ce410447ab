"""The site that the fleet's figures are taken on: phones, files of 2 KB, and a real license for each phone.

It is the fixture site, with a comment in each file that fills it up. It does not know who serves it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from phone_sim.authority.signing_key import test_signing_key
from phone_sim.fleet.population.phones import Population
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseType, new_key
from phone_sim.mac_address import MacAddress

FIXTURES = Path(__file__).parents[3] / "fixtures" / "site"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
BITS = (0, 1, 2, 3)
MODELS = {"SPIP_670": 5.0, "SPIP_450": 3.0, "SSIP_6000": 1.0, "VVX_1500": 1.0}
FILE_SIZE = 2048
FIRST_MAC = "0004f2000001"
LOGS = "logs"
_SHARED = ("000000000000.cfg", "features.cfg", "sip-interop.cfg", "site.cfg")


def shared_files() -> dict[str, bytes]:
    """The files that all phones read, each of 2 KB."""
    return {name: _filled((FIXTURES / name).read_bytes()) for name in _SHARED}


def own_files(first: int, count: int) -> Iterator[tuple[str, bytes]]:
    """The files of each phone from number `first` on: its configuration, of 2 KB, and a license that never ends."""
    population = Population(count=first + count)
    macs = [population.phone(number).mac for number in range(first, first + count)]
    grants = dict.fromkeys(BITS, NEVER)
    keys = [new_key(serial=mac.serial, license_type=LicenseType.PHONE, grants=grants) for mac in macs]
    for mac, key in zip(macs, test_signing_key().sign_all(keys), strict=True):
        yield f"phones/{mac}.cfg", own_configuration(mac)
        yield f"licenses/{mac}-license.cfg", write([key])


def own_configuration(mac: MacAddress) -> bytes:
    """The configuration file of a phone, of 2 KB."""
    configuration = (FIXTURES / f"phones/{FIRST_MAC}.cfg").read_bytes()
    return _filled(configuration.replace(b"Desk 1", f"Desk {mac}".encode()))


def write_site(root: Path, count: int) -> None:
    """Put the files of so many phones into a folder."""
    for folder in ("phones", "licenses", LOGS):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for files in (shared_files().items(), own_files(0, count)):
        for path, data in files:
            (root / path).write_bytes(data)


def _filled(data: bytes) -> bytes:
    """The document with a comment at its end that makes it 2 KB long."""
    return data + b"<!--" + b" " * (FILE_SIZE - len(data) - 7) + b"-->"
