"""The check of one site under way: phones are looked at one by one, and each file that they read is looked into once.

It does not know how a finding is shown, nor where the files are kept.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import accumulate
from typing import Protocol, TypeAlias

from phone_sim.boot_server.site import Found, Missing, ReadAnswer, locate
from phone_sim.errors import MasterConfigurationError
from phone_sim.findings.contact_directories import check_contact_directory
from phone_sim.findings.documents import shown
from phone_sim.findings.finding import Finding, Place
from phone_sim.findings.in_force import check_in_force
from phone_sim.findings.license_files import check_license_name
from phone_sim.findings.master_files import check_master_file, list_line, listed_names
from phone_sim.findings.offline_boot import ADDRESS, OfflineBoot, boot_offline
from phone_sim.findings.parameter_files import check_parameter_file
from phone_sim.findings.parameter_names import KnownNames
from phone_sim.findings.site_phones import mac_in, phones_of
from phone_sim.findings.site_rules import LIST, MISSING, NO_MASTER, NOT_READABLE, OWN_MISSING, UNUSED, UPPER_CASE
from phone_sim.findings.subject import Subject
from phone_sim.findings.tally import Tally
from phone_sim.firmware import master_config
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.firmware.parameters.layers import LayerKind
from phone_sim.licensing.license_file import FILE_ENDING, SITE_FILE
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.identity import make_identity

_KEPT = 64
_KEPT_SIZE = 1024 * 1024
_GLOBS_LIMIT = 256
"""The most names of CONFIG_FILES with a placeholder that files are held against (our choice): sites have a few."""
DIRECTORY_ENDING = "-directory.xml"
CALL_LISTS_ENDING = "-calls.xml"
"""What the name of a contact directory ends with."""
_DEPENDS = re.compile(rb"\[PHONE_(?!MAC_ADDRESS\])")

Check: TypeAlias = Callable[[str, bytes], tuple[Finding, ...]]


class ListedSite(Protocol):
    """The files of a boot server, which can be listed, too."""

    def names(self) -> Iterable[str]:
        """The path of each file."""
        ...

    def read(self, path: str) -> ReadAnswer:
        """Look up a path."""
        ...


class SiteCheck:
    """What is found of a site so far.

    `names` are those of its files. `stranger` is a phone that has no file of its own, so that files by its name are not
    missed.
    """

    def __init__(self, site: ListedSite, names: Collection[str], subject: Subject, stranger: MacAddress) -> None:
        self._site = site
        self._by_letters = {name.casefold(): name for name in names}
        self._subject = subject
        self._stranger = stranger
        # Where there is a master configuration file for all, phones without files of their own can come, too.
        self._phones = () if DEFAULT_NAME in names else phones_of(names)
        self._tally = Tally()
        self._shared: dict[str, ReadAnswer] = {}
        self._own: dict[str, ReadAnswer] = {}
        self._groups: dict[bytes, list[tuple[Model, ...]]] = {}
        self._read_paths: set[str] = set()
        self._checked: set[tuple[str, Check]] = set()
        self._asked: set[tuple[str, str]] = set()
        self._expected: set[str] = set()
        self._listed: set[str] = set()
        self._elsewhere: set[str] = set()
        identity = make_identity(
            ADDRESS, model=subject.models[0], mac=stranger, firmware=subject.profile.version, trust=subject.anchor
        )
        self._identity = replace(identity, dictionary=subject.known.dictionary)

    @property
    def files_read(self) -> int:
        """The number of files that were looked into."""
        return len(self._read_paths)

    @property
    def files_elsewhere(self) -> int:
        """The number of files on other servers, which were not asked."""
        return len(self._elsewhere)

    def findings(self, phones: int) -> Iterator[Finding]:
        """All that was found; what is not of all of the phones says so."""
        return self._tally.findings(phones, len(self._subject.models))

    def look_at_phone(self, mac: MacAddress) -> None:
        """Let the phone read its configuration, once for all models to which the master says the same."""
        self._own.clear()
        first = boot_offline(replace(self._identity, mac=mac), self._read)
        master = master_of(first)
        for models in [self._subject.models] if master is None else self._alike(master[1]):
            is_first = models[0] is self._identity.model
            boot = first if is_first else boot_offline(replace(first.identity, model=models[0]), self._read)
            self._look_at_boot(boot, master, models)
        if master is not None:
            self._listed |= listed_names(master[1])

    def look_at_boot(self, boot: OfflineBoot) -> None:
        """Look at the configuration that a phone of the subject's model has read already."""
        self._look_at_boot(boot, master_of(boot), (boot.identity.model,))

    def _look_at_boot(self, boot: OfflineBoot, master: tuple[str, bytes] | None, models: tuple[Model, ...]) -> None:
        chosen = models if self._subject.are_chosen else ()
        for finding in (*self._files_of(boot, master), *check_in_force(boot, chosen)):
            self._tally.add_for(finding, boot.identity.mac, models)
        self._elsewhere.update(boot.elsewhere)
        self._expect(boot)

    def _files_of(self, boot: OfflineBoot, master: tuple[str, bytes] | None) -> Iterator[Finding]:
        """What is wrong with what a phone asks for; what is wrong in a file is noted beside."""
        configuration = boot.configuration
        for name in boot.masters:
            self._look_into(name, boot.answers.get(name), self._check_master)
        if configuration.problem and master is None:
            there = next((name for name in boot.masters if isinstance(boot.answers.get(name), Found)), DEFAULT_NAME)
            message = "phones have no configuration: there is no master configuration file that they can use"
            yield Finding(rule=NO_MASTER, place=Place(file=there), message=message)
        for source in configuration.parameters.sources:
            path = boot.path_of(source) if source is not None else ""
            if source is not None and source.kind is LayerKind.INSTEAD_OF_MASTER:
                for finding in self._check_parameters(path, _data(boot.answers.get(path))):
                    self._tally.add(finding)
        for name in configuration.master.config_files:
            yield from self._check_listed(boot, name, master)
        for suffix in boot.identity.profile.override_files:
            path = boot.path(configuration.master.overrides_directory, f"{boot.identity.mac}-{suffix}") or ""
            self._look_into(path, boot.answers.get(path), self._check_override)
        for problem in configuration.master.problems:
            yield Finding(rule=LIST, place=list_place(boot, master), message=f"CONFIG_FILES: {shown(problem, 200)}")

    def _check_listed(self, boot: OfflineBoot, name: str, master: tuple[str, bytes] | None) -> Iterator[Finding]:
        path = boot.path("", name) or ""
        answer = boot.answers.get(path)
        if not isinstance(answer, Missing):
            self._look_into(path, answer, self._check_parameters)
            return
        model, mac = boot.identity.model, boot.identity.mac
        is_own = mac.digits in name
        is_of_model = not self._subject.are_chosen and (model.suffix in name or model.part_number in name)
        if is_own and mac == self._stranger:
            return
        message = f"{shown(name)} is not there"
        rule = OWN_MISSING if is_own or is_of_model else MISSING
        other = self._by_letters.get(path.casefold())
        remedy = f"The site has {shown(other)}: the case of letters matters." if other is not None else ""
        yield Finding(rule=rule, place=list_place(boot, master), message=message, remedy=remedy)

    def look_at_others(self, names: Iterable[str]) -> None:
        """Look at the files that no phone has read while it was configured."""
        exact = {name for name in self._listed if "*" not in name}
        globs = sorted(name for name in self._listed if "*" in name)[:_GLOBS_LIMIT]
        for path in names:
            mac = mac_in(path)
            if mac != mac.lower() and phones_of([path]):
                self._tally.add(
                    Finding(rule=UPPER_CASE, place=Place(file=path), message=f"phones ask for {mac.lower()}")
                )
            elif self._is_unused(path, exact, globs):
                unused = Finding(rule=UNUSED, place=Place(file=path), message="no phone asks for this file")
                self._tally.add(check_license_name(path) or unused)

    def _is_unused(self, path: str, exact: set[str], globs: list[str]) -> bool:
        if not path.endswith((".cfg", DIRECTORY_ENDING)) or path in self._read_paths or path in self._expected:
            return False
        if path in exact or any(fnmatchcase(path, glob) for glob in globs):
            return False
        # Other makers' phones have files of that name, too, in forms of their own.
        return _data(self._site.read(path)).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")

    def _expect(self, boot: OfflineBoot) -> None:
        """Look into the files that the phone asks for later on, if it does."""
        master, mac = boot.configuration.master, boot.identity.mac
        files: tuple[tuple[str, str, Check], ...] = (
            (master.license_directory, SITE_FILE, self._check_license),
            (master.license_directory, f"{mac}{FILE_ENDING}", self._check_license),
            (master.contacts_directory, f"{mac}{DIRECTORY_ENDING}", check_contact_directory),
            (master.contacts_directory, f"000000000000{DIRECTORY_ENDING}", check_contact_directory),
        )
        for folder, name, check in files:
            if (folder, name) in self._asked:
                continue
            self._asked.add((folder, name))
            if (path := boot.path(folder, name)) is not None:
                self._expected.add(path)
                self._look_into(path, self._read(path), check)

    def _look_into(self, path: str, answer: ReadAnswer | None, check: Check) -> None:
        """Check what is in a file, unless that is done."""
        if answer is None or isinstance(answer, Missing) or (path, check) in self._checked:
            return
        self._checked.add((path, check))
        self._read_paths.add(path)
        if isinstance(answer, Found):
            for finding in check(path, answer.data):
                self._tally.add(finding)
        else:
            message = f"the boot server does not give the file: {shown(answer.reason, 200)}"
            self._tally.add(Finding(rule=NOT_READABLE, place=Place(file=path), message=message))

    def _check_master(self, path: str, data: bytes) -> tuple[Finding, ...]:
        return _placed(path, _master_findings(data, self._subject.suffixes))

    def _check_parameters(self, path: str, data: bytes) -> tuple[Finding, ...]:
        return _placed(path, _parameter_findings(data, self._subject.known, is_override=False))

    def _check_override(self, path: str, data: bytes) -> tuple[Finding, ...]:
        return _placed(path, _parameter_findings(data, self._subject.known, is_override=True))

    def _check_license(self, path: str, data: bytes) -> tuple[Finding, ...]:
        return self._subject.check_license(path, data, self._phones)

    def _alike(self, data: bytes) -> list[tuple[Model, ...]]:
        """The models, those together to which the master configuration file says the same."""
        models = self._subject.models
        # Most files name no model, and the phones of a site are many.
        if not _DEPENDS.search(data) and not any(model.suffix.encode() in data for model in models):
            return [models]
        if (kept := self._groups.get(data)) is not None:
            return kept
        groups: dict[object, list[Model]] = {}
        for model in models:
            groups.setdefault(master_config.parse(data, model=model, mac=self._stranger), []).append(model)
        if len(self._groups) == _KEPT:
            self._groups.clear()
        return self._groups.setdefault(data, [tuple(group) for group in groups.values()])

    def _read(self, path: str) -> ReadAnswer:
        """A file of the site. What many phones read is kept, and what one phone reads until the next one comes."""
        if (kept := self._shared.get(path) or self._own.get(path)) is not None:
            return kept
        answer = self._site.read(path) if self._may_be_there(path) else Missing()
        is_kept = not mac_in(path) and len(self._shared) < _KEPT and len(_data(answer)) <= _KEPT_SIZE
        (self._shared if is_kept else self._own)[path] = answer
        return answer

    def _may_be_there(self, path: str) -> bool:
        """False for what is not listed, nor below a link, so that no disk is asked for it."""
        if (segments := locate(path)) is None:
            return True
        names = accumulate((segment.casefold() for segment in segments), "{}/{}".format)
        return any(name in self._by_letters for name in names)


@lru_cache(maxsize=_KEPT)  # many files have the same contents
def _parameter_findings(data: bytes, known: KnownNames, *, is_override: bool) -> tuple[Finding, ...]:
    return check_parameter_file("", data, known, is_override=is_override)


@lru_cache(maxsize=_KEPT)
def _master_findings(data: bytes, suffixes: frozenset[str]) -> tuple[Finding, ...]:
    return check_master_file("", data, suffixes)


def _placed(path: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(replace(one, place=replace(one.place, file=path)) for one in findings)


def _data(answer: ReadAnswer | None) -> bytes:
    return answer.data if isinstance(answer, Found) else b""


def master_of(boot: OfflineBoot) -> tuple[str, bytes] | None:
    """Name and contents of the master configuration file that the phone goes by."""
    for name in boot.masters:
        data = _data(boot.answers.get(name))
        try:
            master_config.attribute_names(data)
        except MasterConfigurationError:
            continue
        return name, data
    return None


def list_place(boot: OfflineBoot, master: tuple[str, bytes] | None) -> Place:
    """Where the list stands from which the phone has the names of its configuration files."""
    if master is None:
        return Place(file=DEFAULT_NAME)
    return Place(file=master[0], line=list_line(master[1], boot.identity.model))
