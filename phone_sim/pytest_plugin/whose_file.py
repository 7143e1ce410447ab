"""Whether a `*.phone.toml` is a scenario file of phone_sim: other programs may use the name as well.

A scenario file says so by its first key, `phone_sim = 1`. This module does not know what else is in it, and loads
nothing: it is asked in every run of pytest that meets such a file.
"""

import re
from enum import Enum
from pathlib import Path

_HEAD = 64 * 1024
_FIRST_KEY = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*([A-Za-z0-9_-]+)[ \t]*=")
_STEPS = re.compile(r"^\[\[steps\]\]", re.MULTILINE)


class Owner(Enum):
    """Whose file it is, as far as it says."""

    PHONE_SIM = "its first key is phone_sim"
    UNSAID = "it has the title and the steps of a scenario, and does not say so"
    OTHER = "another program's"


def owner(file: Path) -> Owner:
    """Whose file it is; one that cannot be read is another program's."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return Owner.OTHER
    first = _FIRST_KEY.match(head)
    key = "" if first is None else first[1]
    if key == "phone_sim":
        return Owner.PHONE_SIM
    return Owner.UNSAID if key == "title" and _STEPS.search(head) else Owner.OTHER
