"""The control API of a desk, under `/api`: every view as JSON, and all that the page can do.

FastAPI checks what comes in against the types below and describes the whole in `/api/openapi.json`. What cannot be
done is a 409 with the reason, a phone that is not there a 404. This module does not know who may ask; that is
`phone_sim.web.security`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from phone_sim.casebook.explain import explain
from phone_sim.errors import DeskBusyError, PhoneSimError, UsageError
from phone_sim.firmware import lifecycle
from phone_sim.firmware.keys import parse_press
from phone_sim.firmware.profile import CURRENT
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_models
from phone_sim.web.desk import views
from phone_sim.web.desk.demonstration import MODELS, STEPS, Demonstration
from phone_sim.web.desk.desk import PHONES_LIMIT, Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.desk.time import FASTEST

Mac = Annotated[str, Path(pattern="^[0-9a-f]{12}$", description="MAC address, 12 lower-case digits")]


class Action(Enum):
    """What can be done to a phone."""

    POWER = "power"
    REBOOT = "reboot"
    CALL = "call"
    HANG_UP = "hang-up"


class Goal(Enum):
    """Where the clock can hurry to."""

    POLLING_TIME = "polling-time"
    DAY_BEFORE_EXPIRY = "day-before-expiry"
    EXPIRY = "expiry"
    DATE = "date"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPhone(_Body):
    """A phone to be put on the desk."""

    model: str = Field(default="SPIP_670", max_length=100, description="a name or a token of /api/models")
    mac: str | None = Field(default=None, max_length=17, description="its MAC address; a free one if absent")
    firmware: str = Field(default=CURRENT, max_length=20)
    count: int = Field(default=1, ge=1, le=PHONES_LIMIT, description="how many; several only without mac")
    on: bool = Field(default=False, description="switch them on")


class Speed(_Body):
    """How fast time passes."""

    speed: float = Field(ge=0, le=FASTEST, description="factor of real time; 0 is a pause")


class Jump(_Body):
    """Where time is to hurry to, with all that happens on the way."""

    to: Goal
    mac: str | None = Field(default=None, max_length=17, description="whose polling time or expiry")
    date: datetime | None = Field(default=None, description="the date; UTC without an offset")


class NewLicense(_Body):
    """A license to be ordered, redeemed and put on the boot server; the phone has to be rebooted for it (B15)."""

    mac: str | None = Field(default=None, max_length=17, description="a phone license; a site license if absent")
    last_day: date | None = Field(default=None, description="of a site license; without it there is no end")
    features: list[Annotated[str, Field(pattern="^[A-Za-z0-9]{1,40}$")]] = Field(
        default=[], max_length=20, description="features by key; those that need a license if empty"
    )


class Keys(_Body):
    """Keys to be pressed: by name (`menu`, `soft1`, `5`) or characters that are typed, or a row that is touched."""

    keys: list[Annotated[str, Field(max_length=20)]] = Field(default=[], max_length=100)
    row: int | None = Field(default=None, ge=0, le=100, description="a row of the display, counted from 0")


class Forgery(_Body):
    """Whose license is to be spoiled on the boot server."""

    mac: str = Field(max_length=17)


class StoryStep(_Body):
    """A step of the guided demonstration to go to; it takes everything else off the desk."""

    model: str = Field(max_length=20, description=" or ".join(MODELS))
    step: int = Field(ge=0, lt=len(STEPS))


class ServerState(_Body):
    """How the boot server is to behave; what is absent stays as it is."""

    up: bool | None = None
    faults: list[Annotated[str, Field(max_length=1000)]] | None = Field(
        default=None, max_length=20, description="rules as for phone-sim serve --fault"
    )


def make_api(desk: Desk, demonstration: Demonstration) -> FastAPI:
    """The API of this desk, to be mounted at `/api`."""
    api = FastAPI(
        title="phone_sim",
        version="1",
        summary="Phones on a desk, and what can be done to them.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": "/api"}],
        responses={
            404: {"description": "no such phone"},
            409: {"description": "it cannot be done, and why"},
            503: {"description": "the phones keep the desk busy"},
        },
    )
    api.add_exception_handler(DeskBusyError, _busy)
    api.add_exception_handler(PhoneSimError, _refusal)
    api.add_exception_handler(RequestValidationError, _wrong_form)
    _add_views(api, desk)
    _add_phones(api, desk)
    _add_actions(api, desk)
    _add_clock(api, desk)
    _add_server(api, desk)
    _add_story(api, desk, demonstration)
    return api


def _add_views(api: FastAPI, desk: Desk) -> None:
    @api.get("/desk", summary="The desk: clock, server, phones")
    def get_desk() -> dict[str, Any]:
        return desk.do(lambda: views.desk_view(desk))

    @api.get("/models", summary="The models that can be put on the desk")
    def get_models() -> list[dict[str, Any]]:
        return [{"name": one.name, "token": one.token, "family": one.family} for one in load_models()]

    @api.get("/lifecycle", summary="The states of a phone, and what leads from one to another")
    def get_lifecycle() -> dict[str, Any]:
        rows = [
            {"from": old.value, "event": event.value, "to": new.value}
            for (old, event), new in lifecycle.TRANSITIONS.items()
        ]
        return {"states": [state.value for state in lifecycle.State], "transitions": rows}

    @api.get("/explain", summary="What a line of a log means")
    def get_explanation(line: Annotated[str, Query(max_length=4000)]) -> dict[str, Any]:
        for one in explain(line):
            if one.message is not None and one.explanation is not None:
                causes = [{"what": cause.what, "remedy": cause.remedy} for cause in one.explanation.causes]
                return {"meaning": one.explanation.meaning, "source": one.message.source.value, "causes": causes}
        return {"meaning": "This line is not in the catalogue.", "source": "", "causes": []}

    @api.get("/phones/{mac}", summary="A phone: display, features, licenses")
    def get_phone(mac: Mac) -> dict[str, Any]:
        phone = _phone(desk, mac)
        return desk.do(lambda: views.phone_view(desk, phone))

    @api.get("/phones/{mac}/events", summary="What happened to a phone: log lines, requests, frames, states")
    def get_events(
        mac: Mac,
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        kind: Annotated[str | None, Query(pattern="^(line|request|frame|state)$")] = None,
        search: Annotated[str, Query(max_length=200, description="text that a log line has to have")] = "",
    ) -> dict[str, Any]:
        events = _phone(desk, mac).events
        found = [
            one for one in events.after(after, kind) if search.lower() in str(one.values.get("line", search)).lower()
        ]
        return {"last": events.last, "events": [one.as_json() for one in found[-views.LINES_SHOWN :]]}


def _add_phones(api: FastAPI, desk: Desk) -> None:
    @api.post("/phones", summary="Put phones on the desk", status_code=201)
    def post_phones(new: NewPhone) -> list[dict[str, Any]]:
        if new.mac is not None and new.count > 1:
            raise UsageError("several phones cannot have one MAC address")
        mac = None if new.mac is None else MacAddress.parse(new.mac)

        def put() -> list[DeskPhone]:
            if len(desk.phones) + new.count > PHONES_LIMIT:
                raise UsageError(f"a desk holds {PHONES_LIMIT} phones, there are {len(desk.phones)} on it")
            return [desk.put(new.model, mac, new.firmware) for _ in range(new.count)]

        phones = desk.do(put)
        for phone in phones if new.on else ():
            desk.do(phone.switch_power)
        return desk.do(lambda: [views.tile_view(phone) for phone in phones])

    @api.delete("/phones/{mac}", summary="Take a phone off the desk", status_code=204)
    def delete_phone(mac: Mac) -> None:
        phone = _phone(desk, mac)
        desk.do(lambda: desk.take(phone.mac))


def _add_actions(api: FastAPI, desk: Desk) -> None:
    @api.post("/phones/{mac}/keys", summary="Press keys; a phone that boots or is off does not notice")
    def post_keys(mac: Mac, pressed: Keys) -> dict[str, Any]:
        phone = _phone(desk, mac)
        presses = [parse_press(key) for key in pressed.keys]

        def press() -> dict[str, Any]:
            phone.press(*presses)
            if pressed.row is not None:
                phone.touch(pressed.row)
            return views.tile_view(phone)

        return desk.do(press)

    @api.post("/phones/{mac}/{action}", summary="Power, reboot by hand (B15), place or end a call")
    def post_action(mac: Mac, action: Action) -> dict[str, Any]:
        phone = _phone(desk, mac)
        desk.do(lambda: _ACTIONS[action](phone))
        return desk.do(lambda: views.phone_view(desk, phone))


_ACTIONS: dict[Action, Callable[[DeskPhone], None]] = {
    Action.POWER: DeskPhone.switch_power,
    Action.REBOOT: DeskPhone.reboot,
    Action.CALL: DeskPhone.start_call,
    Action.HANG_UP: DeskPhone.end_call,
}


def _add_clock(api: FastAPI, desk: Desk) -> None:
    @api.put("/clock", summary="Let time pass faster, slower or not at all")
    def put_clock(speed: Speed) -> dict[str, Any]:
        desk.do(lambda: desk.time.run_at(speed.speed))
        return desk.do(lambda: views.clock_view(desk))

    @api.post("/clock/jump", summary="Let time hurry to a polling time, an expiry or a date")
    def post_jump(jump: Jump) -> dict[str, Any]:
        desk.do(lambda: desk.time.go_to(_goal(desk, jump)))
        return desk.do(lambda: views.clock_view(desk))


def _goal(desk: Desk, jump: Jump) -> datetime:
    if jump.to is Goal.DATE:
        if jump.date is None:
            raise UsageError("the date to hurry to is missing")
        try:
            return jump.date.replace(tzinfo=UTC) if jump.date.tzinfo is None else jump.date.astimezone(UTC)
        except OverflowError as error:
            raise UsageError(f"{jump.date.isoformat()} is no time in UTC") from error
    if jump.mac is None:
        raise UsageError(f"whose {jump.to.value}? The MAC address is missing")
    mac = _phone(desk, jump.mac).mac
    if jump.to is Goal.POLLING_TIME:
        return desk.next_polling_time(mac)
    eve, check = desk.expiry_of(mac)
    return max(eve, desk.time.now) if jump.to is Goal.DAY_BEFORE_EXPIRY else check


def _add_server(api: FastAPI, desk: Desk) -> None:
    @api.put("/server", summary="Switch the boot server off or on, and set its faults")
    def put_server(state: ServerState) -> dict[str, Any]:
        def change() -> dict[str, Any]:
            if state.faults is not None:
                desk.server.set_faults(state.faults)
            if state.up is not None:
                desk.server.switch(up=state.up)
            return views.server_view(desk)

        return desk.do(change)

    @api.post("/licenses", summary="Order, redeem and publish a license", status_code=201)
    def post_license(new: NewLicense) -> dict[str, Any]:
        mac = None if new.mac is None else MacAddress.parse(new.mac)
        number = desk.do(lambda: desk.license(mac, new.last_day, ",".join(new.features)))
        return {"number": number, "license_files": list(desk.server.license_files())}

    @api.post("/licenses/forge", summary="Spoil the signature of a phone's license on the boot server")
    def post_forgery(forgery: Forgery) -> dict[str, Any]:
        return {"file": desk.do(lambda: desk.server.forge(MacAddress.parse(forgery.mac)))}

    @api.delete("/licenses", summary="Take all activation files off the boot server; phones keep theirs (B11)")
    def delete_licenses() -> dict[str, Any]:
        return {"removed": list(desk.do(desk.server.remove_licenses))}


def _add_story(api: FastAPI, desk: Desk, demonstration: Demonstration) -> None:
    @api.get("/demonstration", summary="Where the guided demonstration is")
    def get_story() -> dict[str, Any]:
        return desk.do(lambda: _story_view(demonstration))

    @api.put("/demonstration", summary="Go to a step of the guided demonstration, from its start if need be")
    def put_story(wanted: StoryStep) -> dict[str, Any]:
        def go() -> dict[str, Any]:
            demonstration.go(wanted.model, wanted.step)
            return _story_view(demonstration)

        return desk.do(go)


def _story_view(story: Demonstration) -> dict[str, Any]:
    step = STEPS[story.step]
    return {
        "model": story.model,
        "started": story.is_on_stage,
        "step": story.step,
        "last": len(STEPS) - 1,
        "title": step.title,
        "text": step.text,
    }


def _phone(desk: Desk, mac: str) -> DeskPhone:
    try:
        return desk.phone(MacAddress.parse(mac))
    except UsageError as error:
        raise HTTPException(404, str(error)) from error


def _refusal(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=409)


def _busy(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=503)


def _wrong_form(_: Request, error: Exception) -> Response:
    """What is wrong, and where, without what was sent: that may hold what no JSON can."""
    wrong = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": [{key: one[key] for key in ("type", "loc", "msg")} for one in wrong]}, 422)
