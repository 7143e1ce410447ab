"""Pages of single phones beside Locust's: `/phones/<MAC>`, the same as JSON, and `/phones/<MAC>/log` as plain text.

A phone logs words of servers: they are escaped, and the pages run no script. This module does not know in which process
a phone runs.
"""

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, jsonify, redirect, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from phone_sim.errors import MacAddressError, PhoneSimError
from phone_sim.fleet.protocol.phone_details import PhoneDetails, PhoneDetailsError
from phone_sim.mac_address import MacAddress

_FOLDER = Path(__file__).parent / "pages"
_JSON = ".json"
_SHOWN_OF_AN_ADDRESS = 40
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_FILES = {"page.css": "text/css", "page.js": "text/javascript"}
_IN_THE_HEAD = b'<link rel="stylesheet" href="./phones/page.css"><script type="module" src="./phones/page.js"></script>'


class PhonePages:
    """Adds the pages to an application; `details` returns the details of a phone, and may raise PhoneDetailsError."""

    def __init__(self, app: Flask, details: Callable[[MacAddress], PhoneDetails]) -> None:
        self._details = details
        self._template = Environment(
            loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        ).get_template("phone.html")
        app.add_url_rule("/phones/find", "phone_sim_find", self._find)
        app.add_url_rule("/phones/<name>", "phone_sim_phone", self._phone)
        app.add_url_rule("/phones/<name>/log", "phone_sim_log", self._log)
        for name, kind in _FILES.items():
            body = (_FOLDER / name).read_bytes()
            app.add_url_rule(f"/phones/{name}", name, lambda body=body, kind=kind: Response(body, content_type=kind))

    def _find(self) -> Response:
        """Redirect the form to the phone's page."""
        try:
            mac = _mac(request.args.get("mac", "").strip())
        except MacAddressError as error:
            return self._page(None, f"{error}", 400)
        return redirect(f"/phones/{mac}")  # type: ignore[return-value]

    def _phone(self, name: str) -> Response:
        wanted = request.accept_mimetypes.best_match(("text/html", "application/json"))
        is_json = name.endswith(_JSON) or wanted == "application/json"
        details, problem, status = self._ask(name.removesuffix(_JSON))
        if not is_json:
            return self._page(details, problem, status)
        response = jsonify({"error": problem} if details is None else details.result())
        return _guarded(response, status)

    def _log(self, name: str) -> Response:
        details, problem, status = self._ask(name)
        if details is not None and details.is_off:
            problem, status = f"{details.mac} is not switched on yet: it has no log", 404
        text = f"{problem}\n" if problem or details is None else details.log
        return _guarded(Response(text, content_type="text/plain; charset=utf-8"), status)

    def _ask(self, name: str) -> tuple[PhoneDetails | None, str, int]:
        """The details of a phone, or None with the reason; and the HTTP status."""
        try:
            return self._details(_mac(name)), "", 200
        except PhoneSimError as error:
            return None, f"{error}", error.status if isinstance(error, PhoneDetailsError) else 400

    def _page(self, phone: PhoneDetails | None, problem: str, status: int) -> Response:
        return _guarded(Response(self._template.render(phone=phone, problem=problem)), status)


def with_phones(page: bytes) -> bytes:
    """Locust's page with the style and script of its tab for phones."""
    return page.replace(b"</head>", _IN_THE_HEAD + b"</head>", 1)


def _mac(text: str) -> MacAddress:
    return MacAddress.parse(text if len(text) <= _SHOWN_OF_AN_ADDRESS else f"{text[:_SHOWN_OF_AN_ADDRESS]}...")


def _guarded(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers.update(_HEADERS)
    return response
