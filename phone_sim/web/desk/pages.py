"""The pages of the desk: all phones, one phone, the guided demonstration, and a phone's life as one file.

Pages are drawn once by the server and kept up to date by the scripts in `static`; what they show is what `/api` gives.
"""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import MacAddressError, UsageError
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_models
from phone_sim.web.desk import views
from phone_sim.web.desk.demonstration import MACS, MODELS, STEPS, Demonstration
from phone_sim.web.desk.desk import PHONES_LIMIT, Desk
from phone_sim.web.desk.life_file import recording_of
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.faces.drawing import draw
from phone_sim.web.faces.face import face_of
from phone_sim.web.pages import answer, problem, typed_into


def desk_routes(desk: Desk, demonstration: Demonstration) -> list[BaseRoute]:
    """The pages of this desk."""

    async def show_desk(request: Request) -> Response:
        report = await run_in_threadpool(lambda: desk.do(lambda: views.desk_view(desk)))
        faces = {model.token: draw(face_of(model), interactive=False) for model in load_models()}
        values = {"models": load_models(), "selected": DEFAULT_MODEL, "faces": faces, "limit": PHONES_LIMIT}
        return answer(request, "desk.html", values, report=report)

    async def show_phone(request: Request) -> Response:
        return await _phone_page(request, desk, _phone(desk, request), {"story": None, "step": 0})

    async def show_recording(request: Request) -> Response:
        phone = _phone(desk, request)
        page = await run_in_threadpool(lambda: desk.do(lambda: recording_of(desk, phone)))
        disposition = f'attachment; filename="{phone.mac}.html"'
        return HTMLResponse(page, headers={"Content-Disposition": disposition})

    async def show_story(request: Request) -> Response:
        model = _model(request)
        if demonstration.model != model or not demonstration.is_under_way:
            report = {"model": model, "started": False}
            values = {"model": model, "models": MODELS, "steps": STEPS, "phones": len(desk.phones)}
            step = _step(request.query_params.get("step", ""))
            return answer(request, "story.html", values | {"step": step}, report=report)
        values = {"story": MODELS.items(), "step": demonstration.step, "steps": STEPS}
        return await _phone_page(request, desk, desk.phone(MACS[model]), values)

    async def start_story(request: Request) -> Response:
        model = _model(request)
        typed, _ = await typed_into(request)
        step = _step(typed.get("step", ""))
        try:
            await run_in_threadpool(lambda: desk.do(lambda: demonstration.go(model, step)))
        except UsageError as error:
            return problem(request, 409, "The demonstration cannot be given", f"{error}.")
        return RedirectResponse(f"/demonstration/{model}", 303)

    return [
        Route("/", show_desk),
        Route("/phones/{mac}", show_phone),
        Route("/phones/{mac}/recording.html", show_recording),
        Route("/demonstration/{model}", show_story),
        Route("/demonstration/{model}", start_story, methods=["POST"]),
    ]


async def _phone_page(request: Request, desk: Desk, phone: DeskPhone, values: dict[str, Any]) -> Response:
    model = phone.identity.model
    report = await run_in_threadpool(lambda: desk.do(lambda: views.phone_view(desk, phone)))
    values |= {"mac": phone.mac, "model": model, "face": draw(face_of(model))}
    return answer(request, "phone.html", values, report=report)


def _model(request: Request) -> str:
    model = str(request.path_params["model"])
    if model not in MODELS:
        raise HTTPException(404)
    return model


def _step(text: str) -> int:
    """The step of the story that an address or a form names, the first one where it names none."""
    return int(text) if text in map(str, range(len(STEPS))) else 0


def _phone(desk: Desk, request: Request) -> DeskPhone:
    try:
        return desk.phone(MacAddress.parse(request.path_params["mac"]))
    except (MacAddressError, UsageError) as error:
        raise HTTPException(404, f"{error}.") from error
