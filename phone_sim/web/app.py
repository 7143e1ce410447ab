"""The application: routes behind the guard, and errors as pages. What a page is about is its own module's business."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from phone_sim.errors import AuthorityError, DeskBusyError, UsageError
from phone_sim.web.desk.api import make_api
from phone_sim.web.desk.demonstration import Demonstration
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.pages import desk_routes
from phone_sim.web.pages import problem
from phone_sim.web.portal.service import PortalService
from phone_sim.web.portal.single_activation import BODY_LIMITS, portal_routes
from phone_sim.web.scenario_pages import Scenarios, scenario_routes
from phone_sim.web.security import Guard
from phone_sim.web.stream import event_route
from phone_sim.web_access import Access, RequestBounds

_STATIC = Path(__file__).parent / "static"
_FACES = Path(__file__).parent / "faces" / "static"


def make_app(
    *,
    access: Access,
    portal: PortalService,
    desk: Desk,
    scenarios: Scenarios | None = None,
    bounds: RequestBounds | None = None,
) -> Starlette:
    """The web server's application.

    Everything in it is behind one guard: further routes and mounted applications belong into the list below, never
    beside it. `access` says who is let in, `portal` is the authority that the portal works for, `scenarios` are those
    that can be run, and `bounds` are the limits of requests; a room whose pages take larger bodies adds them to
    `larger_bodies`.
    """
    demonstration = Demonstration(desk)
    routes: list[BaseRoute] = [
        *desk_routes(desk, demonstration),
        event_route(desk, demonstration),
        Mount("/api", make_api(desk, demonstration)),
        *scenario_routes(scenarios if scenarios is not None else Scenarios(())),
        *portal_routes(portal),
        Mount("/static", StaticFiles(directory=_STATIC)),
        Mount("/faces", StaticFiles(directory=_FACES)),
    ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(
                Guard, access=access, bounds=bounds if bounds is not None else RequestBounds(larger_bodies=BODY_LIMITS)
            )
        ],
        exception_handlers={
            HTTPException: _http_problem,
            AuthorityError: _authority_problem,
            DeskBusyError: _busy_problem,
            UsageError: _usage_problem,
        },
    )


async def _http_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    title = {404: "Not found", 405: "Not possible here"}.get(error.status_code, "Not understood")
    text = "There is no such page." if error.detail == "Not Found" else error.detail
    answer = problem(request, error.status_code, title, text)
    answer.headers.update(error.headers or {})
    return answer


async def _authority_problem(request: Request, error: Exception) -> Response:
    return problem(request, 503, "The license authority cannot be used", f"{error}.")


async def _busy_problem(request: Request, error: Exception) -> Response:
    return problem(request, 503, "The desk is busy", f"{error}.")


async def _usage_problem(request: Request, error: Exception) -> Response:
    return problem(request, 503, "That cannot be done now", f"{error}.")
