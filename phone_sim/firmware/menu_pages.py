"""The pages of the menus, as a tree of values: what each says, and what can be opened from it (B18).

The bulletin has the path Menu > Status > Licenses and `No license installed.`; the other titles and names are the
dictionaries' (field notes 7), but for `Model`, `Line N`, `Feature`, `License type`, `Serial`, `Name`, `Contact`,
`No contacts.`, what is below `Settings` and the whole layout, which are our choice. What the phone has nothing to show
for has no page. This module does not know keys, nor how much of a page fits on the display.
"""

from dataclasses import dataclass
from datetime import date

from phone_sim.firmware.boot import InService
from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.features import Gate
from phone_sim.firmware.layout import Layout, layout_of
from phone_sim.firmware.messages import UNKNOWN
from phone_sim.firmware.parameters.reader import ParameterReader
from phone_sim.firmware.screen import LICENSES, NO_LICENSE, license_state
from phone_sim.firmware.session import Identity
from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.license_key import LicenseKey
from phone_sim.models import Feature

NO_CONTACTS = "No contacts."
CORPORATE_DIRECTORY = "Corporate Directory"
_CORPORATE_DIRECTORY_KEY = "LDAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the pages are made from: the phone, what it has booted into, and the local date (None is an unset clock)."""

    identity: Identity
    service: InService
    today: date | None

    @property
    def layout(self) -> Layout:
        """What fits on the display of the model."""
        return layout_of(self.identity.model.display)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPage:
    """Lines to read."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A field for what to search for."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPage:
    """A choice between off and on of a parameter, by what these are called; `is_on` is how it is now."""

    title: str
    parameter: str
    choices: tuple[str, str]
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A line that opens a page."""

    text: str
    page: "Page"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """Entries to choose from, at least one; where they are `numbered`, digits choose too."""

    title: str
    entries: tuple[MenuEntry, ...]
    numbered: bool = True


Page = TextPage | SearchPage | SwitchPage | ListPage

# What a user may set: title, parameter, and what off and on are called. A firmware without the parameter lacks it.
_OFF_ON = ("Off", "On")
_SETTINGS = (
    ("Time Format", "lcl.datetime.time.24HourClock", ("12-hour", "24-hour")),
    ("Call Waiting", "call.callWaiting.enable", _OFF_ON),
    (CORPORATE_DIRECTORY, "feature.corporateDirectory.enabled", _OFF_ON),
)


def main_menu(facts: Facts) -> Page:
    """What the Menu key opens."""
    return _menu("Main Menu", _status(facts), directories(facts), _settings(facts))


def directories(facts: Facts) -> Page:
    """What the Directories key opens: the contact directory, and the corporate directory when its gate is open."""
    pages = [_contacts(facts)]
    if any(_opens_corporate_directory(gate) for gate in facts.service.gates):
        pages.append(SearchPage(title=CORPORATE_DIRECTORY))
    return _menu("Directories", *pages)


def _menu(title: str, *pages: Page) -> Page:
    return ListPage(title=title, entries=tuple(MenuEntry(text=page.title, page=page) for page in pages))


def _opens_corporate_directory(gate: Gate) -> bool:
    return gate.feature.key == _CORPORATE_DIRECTORY_KEY and gate.is_enabled


def _status(facts: Facts) -> Page:
    return _menu("Status", _menu("Platform", _phone(facts)), _network(facts), _lines(facts), _licenses(facts))


def _settings(facts: Facts) -> Page:
    """What a user may set, each with how it is now."""
    dictionary = facts.identity.dictionary
    reader = ParameterReader(facts.service.configuration.parameters, dictionary)
    pages = [
        SwitchPage(title=title, parameter=parameter, choices=choices, is_on=reader.is_on(parameter))
        for title, parameter, choices in _SETTINGS
        if dictionary.find(parameter) is not None
    ]
    entries = (MenuEntry(text=f"{page.title}: {page.choices[page.is_on]}", page=page) for page in pages)
    return ListPage(title="Settings", entries=tuple(entries))


def _phone(facts: Facts) -> Page:
    identity = facts.identity
    return TextPage(
        title="Phone",
        lines=(
            f"Model: {identity.model.name}",
            f"P/N: {identity.model.part_number}",
            f"MAC: {identity.mac}",
            f"App. Version: {identity.profile.version}",
        ),
    )


def _network(facts: Facts) -> Page:
    """The boot server that the phone goes by, without user and password."""
    server = facts.service.session.server
    return TextPage(title="Network", lines=(f"Boot Server: {server.root if server is not None else ''}",))


def _lines(facts: Facts) -> Page:
    """How many lines the model has, and those that `reg.N.label` or `reg.N.address` name."""
    parameters = facts.service.configuration.parameters
    lines = [f"Lines: {facts.identity.model.lines}"]
    for number in range(1, facts.identity.model.lines + 1):
        label, address = (parameters.get(f"reg.{number}.{name}")[:255] for name in ("label", "address"))
        if label or address:
            both = label and address and label != address
            lines.append(f"Line {number}: {f'{label} ({address})' if both else label or address}")
    return TextPage(title="Lines", lines=tuple(lines))


def _licenses(facts: Facts) -> Page:
    """Each license on the phone, with its validity and expiry (B18)."""
    ring = facts.service.ring
    features = {feature.bit: feature for feature in facts.identity.features}
    # The key that gives a bit the expiry that counts.
    keys = {grant.bit: key for key in ring.keys for grant in key.grants if grant.expiry == ring.grants[grant.bit]}
    entries = tuple(_license(facts, features.get(bit), keys[bit], expiry) for bit, expiry in ring.grants.items())
    return _list_of(LICENSES, entries, NO_LICENSE)


def _license(facts: Facts, feature: Feature | None, key: LicenseKey, expiry: Expiry) -> MenuEntry:
    name = feature.display_name if feature is not None else UNKNOWN
    listed = feature.short_name if feature is not None and facts.layout.is_small else name
    state = license_state(expiry, facts.today)
    lines = (f"Feature: {name}", state, f"License type: {key.type.value}", f"Serial: {key.serial}")
    return MenuEntry(text=f"{listed}: {state}", page=TextPage(title=listed, lines=lines))


def _contacts(facts: Facts) -> Page:
    return _list_of("Contact Directory", tuple(map(_contact, facts.service.contacts)), NO_CONTACTS)


def _contact(contact: Contact) -> MenuEntry:
    lines = (f"Name: {contact.name}", f"Contact: {contact.number}")
    return MenuEntry(text=contact.name, page=TextPage(title=contact.name, lines=lines))


def _list_of(title: str, entries: tuple[MenuEntry, ...], none: str) -> Page:
    """A page of what there is, or a word that there is none."""
    return ListPage(title=title, entries=entries, numbered=False) if entries else TextPage(title=title, lines=(none,))
