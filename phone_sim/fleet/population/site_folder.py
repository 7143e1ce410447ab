"""The boot server's folder of a population: its files, folders for logs, and the activation files of licensed phones.

Existing files stay as they are: a folder that has one of the files is refused before anything is ordered. The
activation files are where the master configuration file says (B17). This module does not know how licenses are made.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from phone_sim.boot_server.site import locate
from phone_sim.errors import AuthorityError, MasterConfigurationError, UsageError
from phone_sim.firmware import master_config
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.fleet.population.bulk_licenses import BulkLicenses
from phone_sim.fleet.population.phones import PlannedPhone
from phone_sim.fleet.population.population_file import FleetFile
from phone_sim.runtime.model_files import load_model
from phone_sim.whole_file import write_new

_AT_ONCE = 4000
_BOOT_SERVER = BootServerAddress(root="http://boot.example/")


class SiteFolder:
    """The folder of a boot server, created if needed."""

    def __init__(self, fleet_file: FleetFile, folder: Path) -> None:
        self._fleet_file = fleet_file
        self._folder = folder

    def check_free(self) -> None:
        """Refuse a folder that already has a file of the population. Raises UsageError, which names the first."""
        found = self._fleet_file
        phones = [
            number for number in range(found.population.count) if any(one.is_of(number) for one in found.licenses)
        ]
        names = (*found.files, *filter(None, map(self._license_name, phones)))
        there = [name for name in names if os.path.lexists(self._folder / name)]
        if there:
            more = f" and {len(there) - 1} more are" if len(there) > 1 else " is"
            raise UsageError(
                f"{self._folder}: {there[0]}{more} there already, and nothing is written over; "
                "name another folder, or take them away"
            )

    def write(self, licenses: BulkLicenses, on_written: Callable[[int], object] = lambda _count: None) -> int:
        """Write the files, and the activation files in portions, and return the number of activation files.

        `on_written` is called with the number of phones of each portion.

        Raises:
            AuthorityError: a file cannot be written.
        """
        written = 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name, data in self._fleet_file.files.items():
                self._write_new(name, data)
            for name in self._upload_folders():
                (self._folder / name).mkdir(parents=True, exist_ok=True)
            for start in range(0, len(licenses.licensed), _AT_ONCE):
                numbers = licenses.licensed[start : start + _AT_ONCE]
                written += self._write_licenses(numbers, licenses)
                on_written(len(numbers))
        except OSError as error:
            raise AuthorityError(f"{error.filename or self._folder}: {error.strerror}") from error
        return written

    def _write_licenses(self, numbers: Iterable[int], licenses: BulkLicenses) -> int:
        places = [(number, name) for number in numbers if (name := self._license_name(number)) is not None]
        for (_, name), data in zip(places, licenses.files([number for number, _ in places]), strict=True):
            self._write_new(name, data)
        return len(places)

    def _license_name(self, number: int) -> str | None:
        """Where a phone looks for its activation file; None if that is on another server, or among the files."""
        phone = self._fleet_file.population.phone(number)
        path = _place(self._master(phone).license_directory, f"{phone.mac}-license.cfg")
        return None if path is None or path in self._fleet_file.files else path

    def _upload_folders(self) -> set[str]:
        """The folders for the phones' logs: most servers do not create one for an upload."""
        phones = map(self._fleet_file.population.phone, range(self._fleet_file.population.count))
        places = (_place(self._master(phone).log_file_directory, f"{phone.mac}-app.log") for phone in phones)
        return {place.rpartition("/")[0] for place in places if place is not None}

    def _master(self, phone: PlannedPhone) -> MasterConfiguration:
        """The master configuration file of a phone; an empty one if it cannot be read."""
        files = self._fleet_file.files
        data = files.get(f"{phone.mac}.cfg") or files.get(master_config.DEFAULT_NAME, b"")
        try:
            return master_config.parse(data, model=load_model(phone.model), mac=phone.mac)
        except MasterConfigurationError:
            return MasterConfiguration()

    def _write_new(self, name: str, data: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not forced to the disk, which would take minutes: the authority can make the files again.
        write_new(path, data, is_forced=False)


def _place(directory: str, name: str) -> str | None:
    """The path of a file of a directory below the root of the boot server; None if it is on another server."""
    location = _BOOT_SERVER.locate(directory, name)
    if location is None or not location.url.startswith(_BOOT_SERVER.root):
        return None
    path = unquote(urlsplit(location.url).path).lstrip("/")
    return None if locate(path) is None else path
