"""The control API of a desk, under `/api`: every view as JSON, and all that the page can do.

FastAPI checks what comes in against the types of `phone_sim.web.desk.api_bodies` and describes the whole in
`/api/openapi.json`. What cannot be done is a 409 with the reason, a phone that is not there a 404. This module does not
know who may ask; that is `phone_sim.web.security`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from phone_sim.errors import DeskBusyError, PhoneSimError, UsageError
from phone_sim.fault_catalog.explain import Explanation, explain
from phone_sim.fault_catalog.known_phone import known_phone
from phone_sim.firmware import lifecycle
from phone_sim.firmware.keypad import parse_press
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_models
from phone_sim.web.desk import views
from phone_sim.web.desk.api_bodies import (
    Action,
    Forgery,
    Goal,
    Jump,
    Keys,
    LogEntry,
    NewLicense,
    NewPhone,
    ServerState,
    SpeedBody,
    StoryStep,
)
from phone_sim.web.desk.demonstration import Demonstration
from phone_sim.web.desk.desk import PHONES_LIMIT, Desk
from phone_sim.web.desk.phone import DeskPhone

_MAC = "^[0-9a-f]{12}$"
Mac = Annotated[str, Path(pattern=_MAC, description="MAC address, 12 lower-case digits")]
MacQuery = Annotated[str | None, Query(pattern=_MAC, description="MAC address of the phone whose log has the line")]


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
    _add_phone_views(api, desk)
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
        return [
            {"name": one.name, "token": one.token, "family": one.family, "in_bulletin": one.is_in_bulletin}
            for one in load_models()
        ]

    @api.get("/lifecycle", summary="The states of a phone, and what leads from one to another")
    def get_lifecycle() -> dict[str, Any]:
        rows = [
            {"from": old.value, "event": event.value, "to": new.value}
            for (old, event), new in lifecycle.TRANSITIONS.items()
        ]
        return {"states": [state.value for state in lifecycle.State], "transitions": rows}

    @api.get("/explain", summary="What a line of a log means, and with a phone what lies behind it there")
    def get_line_explanation(line: LogEntry, mac: MacQuery = None) -> dict[str, Any]:
        of_phone = None if mac is None else _explanation(desk, mac)
        return views.line_view(next(iter(explain(line).lines), None), of_phone)

    @api.get("/phones/{mac}/explanation", summary="What is wrong with a phone, why, and what to do")
    def get_explanation(mac: Mac) -> dict[str, Any]:
        return views.explanation_view(_explanation(desk, mac))


def _add_phone_views(api: FastAPI, desk: Desk) -> None:
    @api.get("/phones/{mac}", summary="A phone: display, features, licenses")
    def get_phone(mac: Mac) -> dict[str, Any]:
        phone = _phone(desk, mac)
        return desk.do(lambda: views.phone_view(desk, phone))

    @api.get("/phones/{mac}/parameters", summary="The parameters in force on a phone, and the file that set each")
    def get_parameters(mac: Mac) -> list[dict[str, Any]]:
        phone = _phone(desk, mac)
        return desk.do(lambda: views.parameter_views(phone))

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
            return [desk.put(new.model, mac, new.firmware, boot_rom=new.boot_rom) for _ in range(new.count)]

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

    @api.post("/phones/{mac}/{action}", summary="Power, reboot by hand (B15), check-sync, place or end a call")
    def post_action(mac: Mac, action: Action) -> dict[str, Any]:
        phone = _phone(desk, mac)
        desk.do(lambda: _ACTIONS[action](phone))
        return desk.do(lambda: views.phone_view(desk, phone))


_ACTIONS: dict[Action, Callable[[DeskPhone], None]] = {
    Action.POWER: DeskPhone.switch_power,
    Action.REBOOT: DeskPhone.boot,
    Action.CHECK_SYNC: DeskPhone.check_sync,
    Action.CALL: DeskPhone.start_call,
    Action.HANG_UP: DeskPhone.end_call,
}


def _add_clock(api: FastAPI, desk: Desk) -> None:
    @api.put("/clock", summary="Let time pass faster, slower or not at all")
    def put_clock(speed: SpeedBody) -> dict[str, Any]:
        desk.do(lambda: desk.time.run_at(speed.speed))
        return desk.do(lambda: views.clock_view(desk))

    @api.post("/clock/jump", summary="Let time hurry to a polling time, a poll, an expiry or a date")
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
    if jump.to is Goal.NEXT_POLL:
        return desk.next_poll(mac)
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
        number = desk.do(lambda: desk.license(mac, new.last_day, ", ".join(new.features)))
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
        return desk.do(lambda: views.story_view(demonstration))

    @api.put("/demonstration", summary="Go to a step of the guided demonstration, from its start if need be")
    def put_story(wanted: StoryStep) -> dict[str, Any]:
        def go() -> dict[str, Any]:
            demonstration.go(wanted.model, wanted.step)
            return views.story_view(demonstration)

        return desk.do(go)


def _phone(desk: Desk, mac: str) -> DeskPhone:
    try:
        return desk.phone(MacAddress.parse(mac))
    except UsageError as error:
        raise HTTPException(404, str(error)) from error


def _explanation(desk: Desk, mac: str) -> Explanation:
    """The explanation of a phone's log, with what is known of the phone."""
    phone = _phone(desk, mac)
    known = desk.do(lambda: known_phone(phone, wrote_log=True))
    return explain("\n".join(str(event.values["line"]) for event in phone.events.after(0, "line")), known)


def _refusal(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=409)


def _busy(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=503)


def _wrong_form(_: Request, error: Exception) -> Response:
    """What is wrong, and where, without what was sent: that may hold what no JSON can."""
    wrong = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": [{key: one[key] for key in ("type", "loc", "msg")} for one in wrong]}, 422)
