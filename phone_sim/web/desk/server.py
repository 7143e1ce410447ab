"""The boot server of a desk, and the authority that fills it.

Either may be somebody's own: a site's folder, the address of another boot server, an authority's folder. What is not
given is made for the desk alone, and goes with it. This module does not know the phones.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from phone_sim.authority.license_authority import create_authority, open_authority, write_files
from phone_sim.boot_server.faults import FaultPlan, FaultRule
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.uploads import UploadRules
from phone_sim.errors import LicenseFileError, MasterConfigurationError, UsageError
from phone_sim.file_modes import PUBLISHED
from phone_sim.firmware import master_config
from phone_sim.licensing.license_file import FILE_ENDING, SITE_FILE, read_all
from phone_sim.licensing.license_key import LicenseType
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import DEFAULT_MAC, MacAddress
from phone_sim.runtime.model_files import load_models
from phone_sim.scenario.story import site_files
from phone_sim.whole_file import write_whole

_FEATURES = (
    "feature.corporateDirectory.enabled",
    "feature.callRecording.enabled",
    "feature.nWayConference.enabled",
    "voice.qualityMonitoring.rtcpxr.enable",
    "voIpProt.H323.enable",
)
_ORDERED_FROM = "the desk"


class DeskServer:
    """A boot server with the activation files of an authority; a context manager.

    `folder` is the site that it serves, made with all features in use where none is given; `url` is its address. With
    the address of another boot server instead, empty where only its phones know it, nothing is served here, and its
    files cannot be changed. `licenses` is the folder for activation files, where the site's master configuration file
    looks for them (B17), None where the boot server is another. `authority` is the folder of the authority, `anchor`
    what phones trust. In a folder that was given, and not made (`is_made`), only what the desk has put there is ever
    changed or taken away.

    Raises:
        AuthorityError: the authority's folder cannot be used.
        UsageError: the site's folder cannot be used.
    """

    def __init__(self, *, folder: Path | None = None, url: str | None = None, authority: Path | None = None) -> None:
        self.faults = FaultPlan()
        self._put_here: set[str] = set()
        with ExitStack() as undo:
            made = Path(undo.enter_context(TemporaryDirectory(prefix="phone-sim-")))
            if authority is None:
                authority = made / "authority"
                create_authority(authority)
            self.authority_folder = authority
            with open_authority(authority) as trusted:
                self.anchor: TrustAnchor = trusted.anchor
            self.is_made = url is None and folder is None
            if url is None and folder is None:
                folder = made / "site"
                _fill(folder)
            self.licenses = None if folder is None else folder / _license_directory(folder)
            self._server: BootServer | None = None
            if folder is not None:
                site = FolderSite(folder, uploads=UploadRules())
                journal = Journal(capacity=0)  # nobody reads it, and a desk may stay for days
                self._server = BootServer(site, tftp_port=None, faults=self.faults, journal=journal)
                self._server.start()
            self._undo = undo.pop_all()
        self.url = self._server.url if self._server is not None else url or ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_ours(self) -> bool:
        """Whether what the boot server answers can be changed here."""
        return self._server is not None

    @property
    def is_up(self) -> bool:
        """Whether the boot server answers; one that is not ours is taken to."""
        return self._server is None or self._server.is_up

    def close(self) -> None:
        """Stop serving, and take away what was made for the desk."""
        if self._server is not None:
            self._server.stop()
        self._undo.close()

    def switch(self, *, up: bool) -> None:
        """Let the boot server give no answer at all, or answer again. Raises UsageError where it is not ours."""
        _, server = self._own()
        if up != server.is_up:
            (server.start if up else server.stop)()

    def set_faults(self, rules: Iterable[str]) -> None:
        """Let these rules, and no others, spoil the answers.

        Raises:
            UsageError: a text is no rule; the rules are as they were. Or the boot server is not ours.
        """
        self._own()
        parsed = [FaultRule.parse(rule) for rule in rules]
        self.faults.clear()
        for rule in parsed:
            self.faults.add(rule)

    def license(self, mac: MacAddress | None, software: str, last_day: date | None = None) -> str:
        """Order, redeem and publish a license for a phone, or without a MAC for the site; returns the license number.

        `software` is a suite, or features by key, with commas. A phone license has no last day (B11).

        Raises:
            UsageError: a license has no such terms, its file is somebody's own, or the boot server is not ours.
        """
        self._check_ours(SITE_FILE if mac is None else f"{mac}{FILE_ENDING}")
        license_type = LicenseType.SITE if mac is None else LicenseType.PHONE
        with open_authority(self.authority_folder) as authority:
            order = authority.order(software, license_type=license_type, expires=last_day)
            serial = authority.redeem(order.number, mac, requester=_ORDERED_FROM)
            self._publish(authority.activation_files([serial]))
        return order.number

    def publish_again(self, mac: MacAddress) -> bool:
        """Publish the activation file of a phone as it was issued; False for a phone that has no license yet.

        Raises:
            UsageError: the file is somebody's own, or the boot server is not ours.
        """
        self._check_ours(f"{mac}{FILE_ENDING}")
        with open_authority(self.authority_folder) as authority:
            if not authority.ledger.redemptions(serial=mac.serial):
                return False
            self._publish(authority.activation_files([mac.serial]))
        return True

    def forge(self, mac: MacAddress) -> str:
        """Change the signature of the license that this phone would be given; returns the file's name.

        Raises:
            UsageError: there is none, its file is somebody's own or no activation file, or the boot server is not ours.
        """
        folder, _ = self._own()
        name = next((one for one in (f"{mac}{FILE_ENDING}", SITE_FILE) if (folder / one).exists()), None)
        if name is None:
            raise UsageError(f"there is no license for {mac} on the boot server that could be forged")
        self._check_ours(name)
        data = (folder / name).read_bytes()
        try:
            signatures = [key.get("Validation", "") for key in read_all(data)]
        except LicenseFileError as error:
            raise UsageError(f"{name} is no activation file: {error}") from error
        for signature in filter(None, signatures):
            # Zeros of the same length in base64: a second forgery does not undo the first.
            length = len(signature.rstrip("="))
            forged = "A" * length + signature[length:]
            data = data.replace(signature.encode(), forged.encode())
        write_whole(folder / name, data, PUBLISHED)
        return name

    def remove_licenses(self) -> tuple[str, ...]:
        """Take the desk's activation files off the boot server; phones keep those in flash (B11). Their names."""
        folder, _ = self._own()
        gone = [file for file in sorted(folder.glob(f"*{FILE_ENDING}")) if self.is_made or file.name in self._put_here]
        for file in gone:
            file.unlink()
        self._put_here.clear()
        return tuple(file.name for file in gone)

    def license_files(self) -> tuple[str, ...]:
        """The names of the activation files on the boot server, where it is ours."""
        return (
            () if self.licenses is None else tuple(sorted(file.name for file in self.licenses.glob(f"*{FILE_ENDING}")))
        )

    def _publish(self, files: Mapping[str, bytes]) -> None:
        folder, _ = self._own()
        write_files(files, folder, PUBLISHED)
        self._put_here |= files.keys()

    def _check_ours(self, name: str) -> None:
        """Refuse to change a file that the desk has not put there."""
        folder, _ = self._own()
        if (folder / name).exists() and not self.is_made and name not in self._put_here:
            raise UsageError(f"{name} on the boot server was not put there by the desk, so it stays as it is")

    def _own(self) -> tuple[Path, BootServer]:
        if self.licenses is None or self._server is None:
            raise UsageError(f"{self.url} is not our boot server: what it answers cannot be changed from here")
        return self.licenses, self._server


def _fill(folder: Path) -> None:
    folder.mkdir()
    for name, data in site_files(*_FEATURES).items():
        (folder / name).write_bytes(data)


def _license_directory(folder: Path) -> str:
    """Where a site's master configuration file has phones look for licenses, below its folder; else the root (B17)."""
    try:
        data = (folder / master_config.DEFAULT_NAME).read_bytes()
        master = master_config.parse(data, model=load_models()[0], mac=DEFAULT_MAC)
    except (OSError, MasterConfigurationError):
        return ""
    inside = [part for part in master.license_directory.split("/") if part not in ("", ".", "..")]
    return "" if "://" in master.license_directory else "/".join(inside)
