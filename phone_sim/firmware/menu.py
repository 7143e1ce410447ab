"""Moving through the menus: which key leads from which state to which, and what the display shows then (B18).

Menu opens the main menu or closes whatever is open; Directories does the same with the directories. Up and Down move,
Select or Right open, Select sets, Left and Delete go back, digits choose, and a soft key does what its label says; that
they are these keys is ours, as are the labels. This module does not know what the pages say, nor who presses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from phone_sim.firmware import screen
from phone_sim.firmware.keypad import DIGITS, SOFT_KEYS, Key, Press
from phone_sim.firmware.layout import Layout
from phone_sim.firmware.menu_pages import (
    Facts,
    ListPage,
    Page,
    SearchPage,
    SwitchPage,
    TextPage,
    directories,
    main_menu,
)
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.text_entry import TextEntry


class Root(Enum):
    """What a menu begins with."""

    MAIN_MENU = "main menu"
    DIRECTORIES = "directories"


@dataclass(frozen=True, slots=True)
class Search:
    """What a user asks of the corporate directory."""

    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a user sets a parameter to."""

    parameter: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Where in the menus a phone is; the default is the idle screen.

    `path` are the entries that were opened, from the root on. `position` is the selected entry of the innermost page,
    or the first row that is shown of a text. `entry` is what is typed there. `action` is what the last key asks the
    phone to do, `results` are the lines of what came of it, None before. A menu and its facts are of one boot.
    """

    root: Root | None = None
    path: tuple[int, ...] = ()
    position: int = 0
    entry: TextEntry = field(default_factory=TextEntry)
    action: Search | Change | None = None
    results: tuple[str, ...] | None = None


CLOSED = Menu()
_ROOTS = MappingProxyType({Root.MAIN_MENU: main_menu, Root.DIRECTORIES: directories})
_PROMPT = "Search: "
# A soft key does what another key does.
_SOFT_KEYS: Mapping[str, Key] = MappingProxyType(
    {"Select": Key.SELECT, "Search": Key.SELECT, "Back": Key.LEFT, "Exit": Key.MENU}
)


def pressed(menu: Menu, press: Press, facts: Facts) -> Menu:
    """Where a key leads."""
    page = _page(menu, facts)
    key = _meaning(press, _labels(menu, page))
    if key is Key.MENU:
        return Menu(root=Root.MAIN_MENU) if menu.root is None else CLOSED
    if key is Key.DIRECTORIES:
        return Menu(root=Root.DIRECTORIES) if menu.root is not Root.DIRECTORIES else CLOSED
    if page is not None and _is_back(menu, key):
        return _back(menu)
    match page:
        case None:
            return CLOSED
        case ListPage():
            return _chosen(menu, page, key)
        case SwitchPage():
            return _switched(menu, page, key)
        case TextPage():
            return _moved(menu, key, last=_last_top(_rows(page, facts.layout), facts.layout))
        case SearchPage():
            return _typed(menu, key)


def after_change(menu: Menu) -> Menu:
    """The menu when the change that it asked for has been made."""
    return replace(menu, action=None)


def with_results(menu: Menu, lines: tuple[str, ...]) -> Menu:
    """The menu with the results of the search that it asked for, which are a text over the page of the search."""
    return replace(menu, action=None, results=lines, position=0)


def frame(menu: Menu, facts: Facts) -> Frame:
    """What the display shows: a page as far as it fits, or the idle screen."""
    page, layout = _page(menu, facts), facts.layout
    match page:
        case None:
            return screen.idle(facts.identity.model)
        case ListPage():
            texts = [one.text for one in page.entries]
            shown = _list_frame(_numbered(texts) if page.numbered else texts, menu.position, layout)
        case SwitchPage():
            shown = _list_frame(_numbered(page.choices), menu.position, layout)
        case TextPage():
            shown = _window(_rows(page, layout), menu.position, layout)
        case SearchPage():
            rows = _typed_rows(menu.entry.text, layout)
            shown = _window(rows, len(rows), layout)
    return replace(shown, title=layout.cut(page.title), soft_keys=_labels(menu, page))


def _page(menu: Menu, facts: Facts) -> Page | None:
    """The innermost page; None when the menu is closed."""
    if menu.root is None:
        return None
    page = _ROOTS[menu.root](facts)
    for index in menu.path:
        if isinstance(page, ListPage):
            page = page.entries[index].page
    if isinstance(page, SearchPage) and menu.results is not None:
        return TextPage(title=page.title, lines=menu.results)
    return page


def _labels(menu: Menu, page: Page | None) -> tuple[str, ...]:
    back = ("Back", "Exit") if menu.path else ("Exit",)
    match page:
        case None:
            return ()
        case ListPage() | SwitchPage():
            return ("Select", *back)
        case SearchPage():
            return ("Search", *back)
        case TextPage():
            return back


def _meaning(press: Press, labels: tuple[str, ...]) -> Press:
    """The key that does what this one does; a soft key without a label stays itself, and does nothing."""
    for soft_key, label in zip(SOFT_KEYS, labels, strict=False):
        if press is soft_key:
            return _SOFT_KEYS[label]
    return press


def _is_back(menu: Menu, key: Press) -> bool:
    """Left goes back, and so does Delete where it has nothing to erase."""
    erases = menu.entry.text and menu.results is None
    return key is Key.LEFT or (key is Key.DELETE and not erases)


def _back(menu: Menu) -> Menu:
    if menu.results is not None:
        return replace(menu, results=None, position=0)
    return Menu(root=menu.root, path=menu.path[:-1], position=menu.path[-1]) if menu.path else CLOSED


def _moved(menu: Menu, key: Press, *, last: int) -> Menu:
    step = {Key.UP: -1, Key.DOWN: 1}.get(key, 0) if isinstance(key, Key) else 0
    return replace(menu, position=min(max(menu.position + step, 0), last))


def _chosen(menu: Menu, page: ListPage, key: Press) -> Menu:
    count = len(page.entries)
    index = menu.position if key is Key.RIGHT else _index(menu, key, count if page.numbered else 0)
    return _moved(menu, key, last=count - 1) if index is None else _opened(menu, page, index)


def _switched(menu: Menu, page: SwitchPage, key: Press) -> Menu:
    count = len(page.choices)
    index = _index(menu, key, count)
    if index is None:
        return _moved(menu, key, last=count - 1)
    return replace(_back(menu), action=Change(page.parameter, str(index)))


def _index(menu: Menu, key: Press, numbered: int) -> int | None:
    """The line that a key chooses, of which so many have a number."""
    if key is Key.SELECT:
        return menu.position
    return DIGITS.index(key) - 1 if isinstance(key, Key) and key in DIGITS[1 : numbered + 1] else None


def _opened(menu: Menu, page: ListPage, index: int) -> Menu:
    inner = page.entries[index].page
    position = int(inner.is_on) if isinstance(inner, SwitchPage) else 0
    return Menu(root=menu.root, path=(*menu.path, index), position=position)


def _typed(menu: Menu, key: Press) -> Menu:
    if key is Key.SELECT:
        return replace(menu, action=Search(menu.entry.text))
    return replace(menu, entry=menu.entry.pressed(key), action=None)


def _numbered(texts: Iterable[str]) -> list[str]:
    return [f"{number}. {text}" for number, text in enumerate(texts, 1)]


def _list_frame(texts: Iterable[str], selected: int, layout: Layout) -> Frame:
    """The screenful of entries with the selected one; no entry is on two of them."""
    lines: list[str] = []
    first = line = 0
    for index, text in enumerate(texts):
        block = layout.block(text)
        if lines and len(lines) + len(block) > layout.rows:
            if index > selected:
                return Frame(lines=tuple(lines), selected=line, above=first > 0, below=True)
            lines, first = [], index
        if index == selected:
            line = len(lines)
        lines += block
    return Frame(lines=tuple(lines), selected=line, above=first > 0)


def _rows(page: TextPage, layout: Layout) -> tuple[str, ...]:
    return tuple(row for line in page.lines for row in layout.wrapped(line))


def _typed_rows(text: str, layout: Layout) -> tuple[str, ...]:
    """The prompt, what is typed, and where the next character goes."""
    shown = f"{_PROMPT}{text}_"
    return tuple(shown[start : start + layout.columns] for start in range(0, len(shown), layout.columns))


def _last_top(rows: tuple[str, ...], layout: Layout) -> int:
    return max(len(rows) - layout.rows, 0)


def _window(rows: tuple[str, ...], top: int, layout: Layout) -> Frame:
    """The rows from the one at `top` on, or as many of the last as fit."""
    top = min(top, _last_top(rows, layout))
    end = top + layout.rows
    return Frame(lines=rows[top:end], above=top > 0, below=end < len(rows))
