"""A phone's life as one HTML file that needs nothing else: the drawn phone, its display and its log, to be kept or
sent along.

The events are in the file as JSON; a script in it plays them. Opened from a disk no policy of ours holds, so all text
goes in as text, never as markup.
"""

import json
import re
from pathlib import Path
from typing import Any

from phone_sim.web.desk import views
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.faces.drawing import draw
from phone_sim.web.faces.face import face_of
from phone_sim.web.pages import page

_PLAYER = Path(__file__).parents[1] / "static"
_FACES = Path(__file__).parents[1] / "faces" / "static"
_MODULES = ("frame.js", "writing.js", "screen.js")
"""What puts a frame on a face, each after what it imports."""


def recording_of(desk: Desk, phone: DeskPhone) -> str:
    """The file: the last events of the phone, and its state, features and licenses now. For the desk's thread."""
    recording = {"phone": views.phone_view(desk, phone), "events": [one.as_json() for one in phone.events.after(0)]}
    style = (_FACES / "face.css").read_text("utf-8") + (_PLAYER / "recording.css").read_text("utf-8")
    script = (_PLAYER / "recording.js").read_text("utf-8")
    values = {
        "name": phone.identity.model.name,
        "mac": phone.mac,
        "face": draw(face_of(phone.identity.model), interactive=False),
        "style": style,
        "script": _modules() + script,
        "data": _in_script(recording),
    }
    return page("recording.html", values)


def _modules() -> str:
    """The modules as one script: a file that was opened from a disk can import nothing."""
    texts = ((_FACES / name).read_text("utf-8") for name in _MODULES)
    return "".join(re.sub(r"^import .*\n|^export ", "", text, flags=re.MULTILINE) for text in texts)


def _in_script(value: Any) -> str:
    """A value as JSON that cannot end the script element that it is in."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
