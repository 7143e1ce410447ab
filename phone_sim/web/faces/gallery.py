"""The faces of all models on one page, for looking at them.

Everything the page needs is in what `gallery` returns, to be served from one origin under
`script-src 'self'; style-src 'self'`.
"""

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from json import dumps

from phone_sim.models import Model
from phone_sim.web.faces.drawing import draw
from phone_sim.web.faces.face import Face, face_of

STATIC = (
    "face.css",
    "face.js",
    "frame.js",
    "frame_queue.js",
    "gallery.css",
    "gallery.js",
    "keys.js",
    "screen.js",
    "writing.js",
)

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Faces</title>
<link rel="icon" href="data:,"/>
<link rel="stylesheet" href="face.css"/>
<link rel="stylesheet" href="gallery.css"/>
<script type="module" src="gallery.js"></script>
</head>
<body>
<h1>Faces</h1>
<main>
{figures}
</main>
</body>
</html>
"""

_MENU = ("1. Platform", "2. Network", "3. Lines", "4. Diagnostics", "5. Licenses", "6. Phone", "7. Application")
_SOFT_KEYS = ("Back", "Exit", "Select")


def gallery(models: Iterable[Model]) -> Mapping[str, bytes]:
    """The files of the gallery by name; `index.html` is the page. The first model has the keyboard."""
    faces = [face_of(model) for model in models]
    figures = "\n".join(_figure(face, keyboard=index == 0) for index, face in enumerate(faces))
    static = files("phone_sim.web.faces") / "static"
    return {"index.html": _PAGE.format(figures=figures).encode()} | {
        name: (static / name).read_bytes() for name in STATIC
    }


def sample_frame(face: Face) -> dict[str, object]:
    """A menu that fills the screen, as `static/face.js` shows it."""
    lines = _MENU[: face.layout.rows]
    return {
        "title": "Status",
        "lines": lines,
        "selected": min(4, len(lines) - 1),
        "soft_keys": _SOFT_KEYS,
        "above": False,
        "below": len(lines) < len(_MENU),
    }


def _figure(face: Face, *, keyboard: bool) -> str:
    frame = escape(dumps(sample_frame(face)))
    mark = ' data-keyboard=""' if keyboard else ""
    return (
        f'<figure data-frame="{frame}"{mark}>\n{draw(face)}\n'
        f"<figcaption>{escape(face.name)}</figcaption><output></output>\n</figure>"
    )
