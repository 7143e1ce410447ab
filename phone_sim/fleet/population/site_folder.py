"""The boot server's folder of a population: its files, folders for logs, and the activation files of licensed phones.

Existing files stay as they are. One that is just as it would be written counts as written, so that a run that was
interrupted can be repeated; a folder with another one is refused before anything is ordered. The activation files are
where the master configuration file says (B17). This module does not know how licenses are made.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from phone_sim.boot_server.site import locate
from phone_sim.errors import AuthorityError, MasterConfigurationError, UsageError
from phone_sim.file_modes import PUBLISHED, make_folder
from phone_sim.firmware import master_config
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.fleet.population.bulk_licenses import BulkLicenses
from phone_sim.fleet.population.phones import PlannedPhone
from phone_sim.fleet.population.population_file import FleetFile
from phone_sim.runtime.model_files import load_model
from phone_sim.whole_file import holds, remove_leftovers, write_new

_AT_ONCE = 4000
_BOOT_SERVER = BootServerAddress(root="http://boot.example/")


class SiteFolder:
    """The folder of a boot server, created if needed.

    `on_done` is called with a number of phones whenever their activation files are there.
    """

    def __init__(
        self, fleet_file: FleetFile, folder: Path, on_done: Callable[[int], object] = lambda _count: None
    ) -> None:
        self._fleet_file = fleet_file
        self._folder = folder
        self._on_done = on_done

    def check(self, licenses: BulkLicenses) -> int:
        """Refuse a folder with other files than those of the population; the number of activation files it has.

        Raises:
            UsageError: there are others; the message names one and says how many there are.
            AuthorityError: a file cannot be read, or the ledger.
        """
        others = [name for name, data in self._fleet_file.files.items() if self._holds_other(name, data)]
        names = self._license_names(licenses.licensed)
        there = {number: name for number, name in names.items() if os.path.lexists(self._folder / name)}
        unlicensed = licenses.unlicensed() & there.keys()
        others += [there.pop(number) for number in sorted(unlicensed)]
        for numbers in _portions(there):
            files = zip(numbers, licenses.files(numbers), strict=True)
            others += [there[number] for number, data in files if self._holds_other(there[number], data)]
            self._on_done(len(numbers))
        if others:
            more = f" and {len(others) - 1} more are" if len(others) > 1 else " is"
            raise UsageError(
                f"{self._folder}: {others[0]}{more} there already with other contents, and nothing is written over; "
                "name another folder, or take them away"
            )
        return len(there)

    def write(self, licenses: BulkLicenses) -> int:
        """Write the files that are missing, activation files in portions; the number of activation files of all phones.

        Raises:
            AuthorityError: a file cannot be written.
        """
        names = self._license_names(licenses.licensed)
        missing = {number: name for number, name in names.items() if not os.path.lexists(self._folder / name)}
        try:
            self._make_folders({*self._fleet_file.files, *names.values()})
            for name, data in self._fleet_file.files.items():
                if not os.path.lexists(self._folder / name):
                    self._write_new(name, data)
            for numbers in _portions(missing):
                for number, data in zip(numbers, licenses.files(numbers), strict=True):
                    self._write_new(missing[number], data)
                self._on_done(len(numbers))
        except OSError as error:
            raise AuthorityError(f"{error.filename or self._folder}: {error.strerror}") from error
        return len(names)

    def _holds_other(self, name: str, data: bytes) -> bool:
        """Whether something else than this file is in its place."""
        path = self._folder / name
        try:
            return os.path.lexists(path) and not holds(path, data)
        except OSError as error:
            raise AuthorityError(f"{path}: {error.strerror}") from error

    def _make_folders(self, names: Iterable[str]) -> None:
        """Create the folders of these files, without what an interrupted run left in them, and those for logs."""
        make_folder(self._folder, PUBLISHED)
        for folder in {name.rpartition("/")[0] for name in names}:
            make_folder(self._folder / folder, PUBLISHED)
            remove_leftovers(self._folder / folder)
        for folder in self._upload_folders():
            make_folder(self._folder / folder, PUBLISHED)

    def _license_names(self, numbers: Iterable[int]) -> dict[int, str]:
        """The activation files by the numbers of their phones, without those on another server or among the files."""
        names = ((number, self._license_name(number)) for number in numbers)
        return {number: name for number, name in names if name is not None}

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
        # Not forced to the disk, which would take minutes: the authority can make the files again.
        write_new(self._folder / name, data, PUBLISHED, is_forced=False)


def _portions(phones: Iterable[int]) -> Iterator[list[int]]:
    numbers = list(phones)
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _place(directory: str, name: str) -> str | None:
    """The path of a file of a directory below the root of the boot server; None if it is on another server."""
    location = _BOOT_SERVER.locate(directory, name)
    if location is None or not location.url.startswith(_BOOT_SERVER.root):
        return None
    path = unquote(urlsplit(location.url).path).lstrip("/")
    return None if locate(path) is None else path
