"""Pages from templates, and their twins in JSON; what is typed into forms; lists in parts. It knows no page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.templating import Jinja2Templates

from phone_sim.printable import printable

FIELD_LIMIT = 200
"""Most characters of a field; ours. What is longer is cut, and then not what was meant."""
_ROWS = 100
_FIELDS = 20
_PART_BYTES = 4096
_FOLDER = Path(__file__).parent

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it was sent: what was typed into each field, and what is wrong with it, by the names of the fields."""

    typed: Mapping[str, str]
    errors: Mapping[str, str]


BLANK = Form(typed={}, errors={})


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOfRows(Generic[Row]):
    """A part of a long list: its rows, which part it is, of how many."""

    rows: Sequence[Row]
    place: int
    count: int


def _time(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _templates() -> Jinja2Templates:
    loader = FileSystemLoader(_FOLDER / "templates")
    # One that is not given is a mistake here, and no empty text.
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters["time"] = _time
    return Jinja2Templates(env=env)


_TEMPLATES = _templates()


def answer(request: Request, template: str, values: Mapping[str, Any], *, report: Any, status: int = 200) -> Response:
    """A page with these values, or for a program the report in JSON."""
    if wants_json(request):
        return JSONResponse(report, status, headers={"Vary": "Accept"})
    return _TEMPLATES.TemplateResponse(request, template, dict(values), status_code=status, headers={"Vary": "Accept"})


def page(template: str, values: Mapping[str, Any]) -> str:
    """A page that is no answer to a request."""
    return str(_TEMPLATES.get_template(template).render(values))


def problem(request: Request, status: int, title: str, text: str) -> Response:
    """A page that says what went wrong."""
    return answer(request, "problem.html", {"title": title, "text": text}, report={"error": text}, status=status)


def wants_json(request: Request) -> bool:
    """Whether a program asks: for a path that ends in `.json`, or by its Accept header."""
    accepted = request.headers.get("accept", "")
    return request.url.path.endswith(".json") or ("application/json" in accepted and "text/html" not in accepted)


async def typed_into(request: Request, *, files: int = 0) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """What is in the fields of a form, each one printable line without blanks around it, and in its files."""
    async with request.form(max_files=files, max_fields=_FIELDS, max_part_size=_PART_BYTES) as form:
        texts = {name: _one_line(value) for name, value in form.multi_items() if isinstance(value, str)}
        contents = {name: await value.read() for name, value in form.multi_items() if isinstance(value, UploadFile)}
    return texts, contents


def _one_line(text: str) -> str:
    return printable(text.strip()[:FIELD_LIMIT])


def whole_number(text: str) -> int | None:
    """The number in a path or a query, of up to eight digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def part_of(request: Request, rows: Sequence[Row]) -> PageOfRows[Row]:
    """The part of a list that `?page=` asks for, the first one without it."""
    count = max(1, -(-len(rows) // _ROWS))
    asked = request.query_params.get("page", "1")
    place = min(count, max(1, whole_number(asked) or 1))
    return PageOfRows(rows=rows[(place - 1) * _ROWS : place * _ROWS], place=place, count=count)
