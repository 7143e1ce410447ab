"""Makes the SVG of a face, to be put into a page as it is.

There is no id, style or script in it, so a page may have any number of them under `style-src 'self'`. This module does
not know what is on the screen: `static/face.js` puts it there.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from phone_sim.web.faces.face import KEY_LABELS, Face


def draw(face: Face, *, title: str = "", interactive: bool = True) -> Markup:
    """The SVG element of a face.

    `title` is what it is called, by default the name of the model. Without `interactive` it is a picture: its keys
    cannot be focused, which is what a page with many faces wants.
    """
    template = _templates().get_template(face.template)
    svg = template.render(face=face, title=title or face.name, interactive=interactive, labels=KEY_LABELS)
    return Markup(svg)  # noqa: S704 - the template escapes what it is given  # nosec B704


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("phone_sim.web.faces"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
