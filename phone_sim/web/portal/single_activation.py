"""The activation portal at `/portal` (B8): single activation, and the activation files of a phone or site.

Who is let in is decided by the guard in front of the whole server: whoever has an account on this machine, or, where
the server listens elsewhere, whoever has the token. There is no other distinction: who may activate may see and place
orders, too. Ours: the bulletin's portal has accounts.

After a form has been taken, the answer is the address of another page, so that a reload sends nothing again.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from phone_sim.errors import MacAddressError, RedemptionRefusedError, UsageError
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_features
from phone_sim.web.pages import BLANK, Form, answer, typed_into, wants_json
from phone_sim.web.portal import batch_activation, orders
from phone_sim.web.portal.forms import FormRefused, activation_errors, refusal_report, refused, unusual_prefix
from phone_sim.web.portal.service import Activated, Activation, PortalService

BODY_LIMITS = batch_activation.BODY_LIMITS
"""Paths that take larger bodies than others, in bytes."""


def portal_routes(portal: PortalService) -> list[BaseRoute]:
    """The routes of the portal."""
    pages = _SingleActivation(portal)
    return [
        Route("/portal", pages.home),
        Route("/portal/activate", pages.form, methods=["GET"]),
        Route("/portal/activate", pages.activate, methods=["POST"]),
        Route("/portal/activations/{serial}.json", pages.show),
        Route("/portal/activations/{serial}", pages.show),
        Route("/portal/activations/{serial}/publish", pages.publish, methods=["POST"]),
        Route("/portal/activations/{serial}/{name}", pages.download),
        *batch_activation.routes(portal),
        *orders.routes(portal),
    ]


class _SingleActivation:
    """Single activation: one license number for one phone or site."""

    def __init__(self, portal: PortalService) -> None:
        self._portal = portal

    async def home(self, request: Request) -> Response:
        """Where to begin."""
        return answer(request, "portal.html", {}, report={"activate": "/portal/activate", "batch": "/portal/batch"})

    async def form(self, request: Request) -> Response:
        """The empty form."""
        return answer(
            request,
            "activate.html",
            {"form": BLANK, "asks_confirmation": False},
            report={"fields": ["number", "serial", "requester"]},
        )

    async def activate(self, request: Request) -> Response:
        """Redeem a number for a serial."""
        typed, _ = await typed_into(request)
        errors = activation_errors(typed)
        done = FormRefused(errors=errors) if errors else await run_in_threadpool(self._redeem, typed)
        if isinstance(done, FormRefused):
            values = {"form": Form(typed=typed, errors=done.errors), "asks_confirmation": done.asks_confirmation}
            return answer(request, "activate.html", values, report=refusal_report(done), status=422)
        if wants_json(request):
            activation = await self._activation(done.serial)
            return JSONResponse({"redeemed": done.anew, **_report(activation)}, 200)
        return RedirectResponse(f"/portal/activations/{done.serial}?{'new' if done.anew else 'again'}", 303)

    def _redeem(self, typed: Mapping[str, str]) -> Activated | FormRefused:
        number, serial, requester = typed["number"], typed["serial"], typed.get("requester", "")
        try:
            if not typed.get("confirmed") and self._portal.is_unusual(number, serial):
                begin = MacAddress.parse(serial).digits[:6]
                return unusual_prefix("serial", f"{begin}, with which this address begins, is")
            return self._portal.activate(number, serial, requester, datetime.now(UTC))
        except RedemptionRefusedError as error:
            return refused(error)
        except UsageError as error:
            return FormRefused(errors={"serial": f"{error}."})

    async def show(self, request: Request) -> Response:
        """What a phone or a site has."""
        activation = await self._activation(request.path_params["serial"])
        values = {
            "activation": activation,
            "features": {feature.bit: feature.name for feature in load_features()},
            "query": request.query_params,
        }
        return answer(request, "activation.html", values, report=_report(activation))

    async def download(self, request: Request) -> Response:
        """An activation file, by its name on a boot server (B10)."""
        activation = await self._activation(request.path_params["serial"])
        name = request.path_params["name"]
        if name not in activation.files:
            raise HTTPException(404, f"{activation.serial} has no file of this name.")
        disposition = f'attachment; filename="{name}"'
        return Response(activation.files[name], headers={"Content-Disposition": disposition}, media_type="text/xml")

    async def publish(self, request: Request) -> Response:
        """Put the files of a serial on the boot server, where that failed before."""
        activation = await self._activation(request.path_params["serial"])
        await run_in_threadpool(self._portal.publish, activation.serial)
        if wants_json(request):
            return JSONResponse(_report(await self._activation(activation.serial)))
        return RedirectResponse(f"/portal/activations/{activation.serial}", 303)

    async def _activation(self, serial: str) -> Activation:
        try:
            kept = MacAddress.parse(serial).serial
        except MacAddressError as error:
            raise HTTPException(404, "This is neither a MAC address nor the serial of a site.") from error
        activation = await run_in_threadpool(self._portal.activation, kept)
        if activation is None:
            raise HTTPException(404, f"No license number was redeemed for {kept}.")
        return activation


def _report(activation: Activation) -> dict[str, object]:
    """An activation as JSON gives it."""
    there = activation.on_boot_server
    return {
        "serial": activation.serial,
        "files": {name: f"/portal/activations/{activation.serial}/{name}" for name in activation.files},
        "on_boot_server": None if there is None else sorted(there),
        "licenses": [
            {
                "type": order.license_type.value,
                "software": order.software,
                "version": order.version,
                "expires": order.expires.isoformat() if order.expires is not None else None,
            }
            for order in activation.orders
        ],
    }
