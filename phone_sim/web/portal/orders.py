"""The operator's side of the portal: orders, what was redeemed of each, and a form to place one (B5).

License numbers are shown here, and whoever has one can redeem it: these pages are as open as the whole server, which
is to say to who has an account on this machine or, where the server listens elsewhere, to who has the token.
"""

from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from phone_sim.authority.order_report import order_report
from phone_sim.authority.orders import QUANTITY_LIMIT
from phone_sim.errors import UsageError
from phone_sim.runtime.model_files import load_features
from phone_sim.web.pages import Form, answer, part_of, typed_into, wants_json
from phone_sim.web.portal.forms import FormRefused, read_order
from phone_sim.web.portal.service import PortalService

_USUAL = {"type": "Phone", "software": "Productivity Suite", "version": "3.3.0", "quantity": "1"}


def routes(portal: PortalService) -> list[BaseRoute]:
    """The routes of the operator's side."""
    pages = _Orders(portal)
    return [
        Route("/portal/orders.json", pages.list, methods=["GET"]),
        Route("/portal/orders", pages.list, methods=["GET"]),
        Route("/portal/orders", pages.place, methods=["POST"]),
        Route("/portal/orders/new", pages.form),
        Route("/portal/orders/{number}.json", pages.show),
        Route("/portal/orders/{number}", pages.show),
    ]


class _Orders:
    """The orders of the authority."""

    def __init__(self, portal: PortalService) -> None:
        self._portal = portal

    async def list(self, request: Request) -> Response:
        """All orders, the newest first."""
        orders = await run_in_threadpool(self._portal.orders)
        report = [
            {**order_report(order, ()), "redeemed": redeemed, "left": order.quantity - redeemed}
            for order, redeemed in orders
        ]
        for one in report:
            del one["redemptions"]
        return answer(request, "orders.html", {"part": part_of(request, orders)}, report=report)

    async def form(self, request: Request) -> Response:
        """The form, as an order mostly is."""
        return self._form(request, Form(typed=_USUAL, errors={}), 200)

    async def place(self, request: Request) -> Response:
        """Enter an order, and show its license number."""
        typed, _ = await typed_into(request)
        order = read_order(typed, load_features(), datetime.now(UTC))
        if isinstance(order, FormRefused):
            return self._form(request, Form(typed=typed, errors=order.errors), 422)
        await run_in_threadpool(self._portal.place, order)
        if wants_json(request):
            return JSONResponse(order_report(order, ()), 201)
        return RedirectResponse(f"/portal/orders/{order.number}", 303)

    async def show(self, request: Request) -> Response:
        """What a license number stands for, and what was redeemed of it."""
        try:
            found = await run_in_threadpool(self._portal.order, request.path_params["number"])
        except UsageError as error:
            raise HTTPException(404, "This is not a license number, or it was mistyped.") from error
        if found is None:
            raise HTTPException(404, "There is no order with this license number.")
        order, redemptions = found
        values = {"order": order, "redeemed": len(redemptions), "part": part_of(request, redemptions)}
        return answer(request, "order.html", values, report=order_report(order, redemptions))

    def _form(self, request: Request, form: Form, status: int) -> Response:
        features = load_features()
        suites = sorted({feature.suite for feature in features if feature.suite})
        values = {"form": form, "features": features, "suites": suites, "most": QUANTITY_LIMIT}
        report = {"errors": dict(form.errors)} if form.errors else {"fields": [*_USUAL, "expires", "upgrade"]}
        return answer(request, "order_form.html", values, report=report, status=status)
