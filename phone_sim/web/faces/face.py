"""Which drawing a model gets: its silhouette, its keys, and where on the drawing its screen is.

The families look as is generally known; which keys a model has, their places and all proportions are ours, and no
drawing claims to be exact. Everything follows from what a model file says, so that a new model is a new file here too.
This module does not know how a face is drawn, nor what its keys do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from phone_sim.firmware.layout import Layout, layout_of
from phone_sim.models import Display, Model

KEY_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "menu": "Menu",
        "directories": "Directories",
        "up": "Up",
        "down": "Down",
        "left": "Left",
        "right": "Right",
        "select": "Select",
        "delete": "Delete",
        **{f"soft{number}": f"Soft key {number}" for number in range(1, 5)},
        **{digit: digit for digit in "0123456789"},
        "star": "Star",
        "pound": "Pound",
    }
)
"""The keys that a face may have, as in its `data-key`, and what they are called aloud."""

DIAL_PAD = frozenset([*"0123456789", "star", "pound"])


class Silhouette(Enum):
    """The drawings; the value is the name of the template."""

    DESK_SMALL = "desk_small.svg"
    DESK_MIDDLE = "desk_middle.svg"
    DESK_LARGE = "desk_large.svg"
    STAR = "star.svg"
    TOUCH = "touch.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """A rectangle in the units of a drawing."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The drawing of a model.

    `width` and `height` are those of the drawing, in its own units; `screen` lies in it, with the proportions of
    `display`, and shows the text that fits into `layout`. `keys` are names of `KEY_LABELS`, `line_keys` is how many of
    the line keys are drawn. On a `touch` screen rows can be touched, and so can the soft keys, which are on it.
    """

    name: str
    silhouette: Silhouette
    width: int
    height: int
    screen: Rectangle
    display: Display
    layout: Layout
    keys: frozenset[str]
    soft_keys: int
    line_keys: int

    @property
    def template(self) -> str:
        """The name of the template."""
        return self.silhouette.value

    @property
    def touch(self) -> bool:
        """True when the screen can be touched."""
        return self.silhouette is Silhouette.TOUCH


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A drawing before it is a model's; the screen goes into `window`, as large as fits, on its lower edge."""

    width: int
    height: int
    window: Rectangle
    line_keys: int


_PLANS = {
    Silhouette.DESK_SMALL: _Drawing(
        width=320, height=330, window=Rectangle(x=128, y=38, width=164, height=60), line_keys=2
    ),
    Silhouette.DESK_MIDDLE: _Drawing(
        width=400, height=360, window=Rectangle(x=160, y=36, width=200, height=91), line_keys=3
    ),
    Silhouette.DESK_LARGE: _Drawing(
        width=520, height=420, window=Rectangle(x=192, y=34, width=244, height=122), line_keys=6
    ),
    Silhouette.STAR: _Drawing(width=460, height=460, window=Rectangle(x=146, y=177, width=168, height=84), line_keys=0),
    Silhouette.TOUCH: _Drawing(
        width=620, height=470, window=Rectangle(x=146, y=58, width=430, height=258), line_keys=0
    ),
}

# Narrower displays than these, in pixels, are those of the small and of the middle desk phones.
_SMALL = 120
_MIDDLE = 300
# Lower displays than this are those of conference phones with two arrow keys and three soft keys.
_LOW = 100


def face_of(model: Model) -> Face:
    """The face of a model."""
    silhouette = _silhouette(model)
    plan = _PLANS[silhouette]
    soft_keys = 3 if silhouette is Silhouette.DESK_SMALL or _is_simple_star(model) else 4
    return Face(
        name=model.name,
        silhouette=silhouette,
        width=plan.width,
        height=plan.height,
        screen=_fitted(model.display, plan.window),
        display=model.display,
        layout=layout_of(model.display),
        keys=_keys(model, silhouette) | {f"soft{number}" for number in range(1, soft_keys + 1)},
        soft_keys=soft_keys,
        line_keys=min(model.lines, plan.line_keys),
    )


def _silhouette(model: Model) -> Silhouette:
    if model.family == "SoundStation IP":
        return Silhouette.STAR
    if model.family == "VVX":
        return Silhouette.TOUCH
    if model.display.width < _SMALL:
        return Silhouette.DESK_SMALL
    return Silhouette.DESK_MIDDLE if model.display.width < _MIDDLE else Silhouette.DESK_LARGE


def _is_simple_star(model: Model) -> bool:
    return _silhouette(model) is Silhouette.STAR and model.display.height < _LOW


def _keys(model: Model, silhouette: Silhouette) -> frozenset[str]:
    """The keys but for the soft keys: the simplest phones have no keys to delete and for directories."""
    if _is_simple_star(model):
        return DIAL_PAD | {"menu", "up", "down", "select"}
    arrows = DIAL_PAD | {"menu", "up", "down", "left", "right", "select"}
    return arrows if silhouette in (Silhouette.DESK_SMALL, Silhouette.STAR) else arrows | {"directories", "delete"}


def _fitted(display: Display, window: Rectangle) -> Rectangle:
    scale = min(window.width / display.width, window.height / display.height)
    width, height = display.width * scale, display.height * scale
    return Rectangle(x=window.x + (window.width - width) / 2, y=window.bottom - height, width=width, height=height)
