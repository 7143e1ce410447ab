"""A phone's life as one HTML file that needs nothing else: what is on its page, to be kept or sent along.

The events are in the file as JSON; a script in it plays them. Opened from a disk no policy of ours holds, so all text
goes in as text, never as markup.
"""

import json
from pathlib import Path
from typing import Any

from phone_sim.web.desk import views
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.pages import page

_PLAYER = Path(__file__).parent / "static"


def recording_of(desk: Desk, phone: DeskPhone) -> str:
    """The file: the last events of the phone, and its state, features and licenses now. For the desk's thread."""
    recording = {"phone": views.phone_view(desk, phone), "events": [one.as_json() for one in phone.events.after(0)]}
    style = (_PLAYER / "recording.css").read_text("utf-8")
    script = (_PLAYER / "recording.js").read_text("utf-8")
    values = {
        "name": phone.identity.model.name,
        "mac": phone.mac,
        "style": style,
        "script": script,
        "data": _in_script(recording),
    }
    return page("recording.html", values)


def _in_script(value: Any) -> str:
    """A value as JSON that cannot end the script element that it is in."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
