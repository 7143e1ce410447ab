"""The control API: every view and all that can be done, over HTTP; and no input makes a server error."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from phone_sim.firmware import lifecycle
from phone_sim.web.desk.api import make_api
from phone_sim.web.desk.demonstration import Demonstration
from phone_sim.web.desk.desk import Desk
from tests.sample_log import SAMPLE_LOG
from tests.web.desks import desk_at, eventually


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desk_at() as desk:
        yield desk


@pytest.fixture
def api(desk: Desk) -> Iterator[TestClient]:
    with TestClient(make_api(desk, Demonstration(desk)), raise_server_exceptions=False) as client:
        yield client


def put(api: TestClient, **values: Any) -> str:
    answer = api.post("/phones", json={"on": True, **values})
    assert answer.status_code == 201
    return str(answer.json()[0]["mac"])


def parameters(api: TestClient, mac: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/phones/{mac}/parameters").json()
    return found


def on(api: TestClient, mac: str) -> list[str]:
    return [one["key"] for one in api.get(f"/phones/{mac}").json()["features"] if one["on"]]


@pytest.mark.slow
def test_phone_is_put_licensed_and_rebooted(api: TestClient) -> None:
    mac = put(api, model="VVX_1500", mac="00:04:F2:00:15:00")
    assert mac == "0004f2001500"
    assert api.get(f"/phones/{mac}").json()["features_unlicensed"] == 1
    assert api.post("/licenses", json={"mac": mac}).status_code == 201
    assert "H323" not in on(api, mac)
    assert api.post(f"/phones/{mac}/reboot").json()["state"] == "idle"
    assert "H323" in on(api, mac)
    licenses = api.get(f"/phones/{mac}").json()["licenses"]
    assert [(one["feature"], one["expiry"], one["days_left"]) for one in licenses] == [
        ("H.323 Protocol", "never", None)
    ]


def test_phone_can_start_with_its_boot_rom(api: TestClient) -> None:
    mac = put(api, boot_rom=True)
    texts = [one.get("line", "") for one in events(api, mac)]
    assert any("boot ROM 4.2.3.0003 started" in text for text in texts)
    assert not any("boot ROM" in one.get("line", "") for one in events(api, put(api)))


def events(api: TestClient, mac: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/phones/{mac}/events").json()["events"]
    return found


def test_parameters_have_their_place_and_what_they_mask(api: TestClient, desk: Desk) -> None:
    mac = put(api, mac="0004f2000001")
    (switch,) = [one for one in parameters(api, mac) if one["name"] == "feature.corporateDirectory.enabled"]
    assert (switch["value"], switch["source"], switch["masked"]) == ("1", "features.cfg, line 2", "")
    override = "<web feature.corporateDirectory.enabled='0' dir.corp.password='s3cret'/>"
    assert requests.put(f"{desk.server.url}{mac}-web.cfg", data=override, timeout=60).status_code == 201
    api.post(f"/phones/{mac}/reboot")
    found = {one["name"]: one for one in parameters(api, mac)}
    assert found["feature.corporateDirectory.enabled"] == {
        "name": "feature.corporateDirectory.enabled",
        "value": "0",
        "source": f"{mac}-web.cfg, line 1",
        "masked": "features.cfg, line 2: 1",
        "is_rejected": False,
    }
    assert found["dir.corp.password"]["value"] == "****"
    api.post(f"/phones/{mac}/power")
    assert parameters(api, mac) == []


@pytest.mark.slow
def test_call_is_placed_and_ended(api: TestClient) -> None:
    mac = put(api)
    assert api.post(f"/phones/{mac}/call").json()["state"] == "in call"
    assert api.post(f"/phones/{mac}/hang-up").json()["state"] == "idle"
    refused = api.post(f"/phones/{mac}/hang-up")
    assert refused.status_code == 409
    assert "no call" in refused.json()["detail"]


@pytest.mark.slow
def test_power_takes_everything_but_flash(api: TestClient) -> None:
    mac = put(api)
    api.post("/licenses", json={"mac": mac})
    api.post(f"/phones/{mac}/reboot")
    assert api.post(f"/phones/{mac}/power").json() | {"frame": None} == api.get(f"/phones/{mac}").json()
    assert api.get(f"/phones/{mac}").json()["state"] == "off"
    api.delete("/licenses")
    api.post(f"/phones/{mac}/power")
    assert "LDAP" in on(api, mac)


def test_phone_license_with_a_last_day_is_refused(api: TestClient) -> None:
    refused = api.post("/licenses", json={"mac": put(api), "last_day": "2026-12-31"})
    assert (refused.status_code, "never expires (B11)" in refused.json()["detail"]) == (409, True)
    assert api.get("/desk").json()["server"]["license_files"] == []


@pytest.mark.slow
def test_several_phones_are_put_at_once_or_none(api: TestClient) -> None:
    assert len(api.post("/phones", json={"count": 48, "model": "SSIP_6000"}).json()) == 48
    refused = api.post("/phones", json={"count": 3})
    assert refused.status_code == 409
    assert len(api.get("/desk").json()["phones"]) == 48
    assert api.post("/phones", json={"count": 2, "mac": "0004f2000001"}).status_code == 409


@pytest.mark.slow
def test_log_can_be_followed_and_searched(api: TestClient) -> None:
    mac = put(api)
    everything = api.get(f"/phones/{mac}/events").json()
    assert everything["last"] == len(everything["events"])
    found = api.get(f"/phones/{mac}/events", params={"kind": "line", "search": "NOT LICENSED"}).json()["events"]
    assert found
    assert all("Not Licensed" in one["line"] for one in found)
    assert api.get(f"/phones/{mac}/events", params={"after": everything["last"]}).json()["events"] == []


@pytest.mark.slow
def test_clock_hurries_to_a_polling_time_and_past_an_expiry(api: TestClient, desk: Desk) -> None:
    mac = put(api)
    api.post("/licenses", json={"last_day": "2026-03-04"})
    api.post(f"/phones/{mac}/reboot")
    check = api.get(f"/phones/{mac}").json()["next_check"]
    assert api.post("/clock/jump", json={"to": "polling-time", "mac": mac}).json()["goal"] in (check, None)
    assert eventually(lambda: desk.time.goal is None)
    assert api.get("/desk").json()["clock"]["now"] == check
    api.post("/clock/jump", json={"to": "expiry", "mac": mac})
    assert eventually(lambda: desk.time.goal is None)
    api.put("/clock", json={"speed": 60})
    assert eventually(lambda: api.get(f"/phones/{mac}").json()["reboots"] == 2)
    assert on(api, mac) == []
    refused = api.post("/clock/jump", json={"to": "day-before-expiry", "mac": mac})
    assert (refused.status_code, "no license in use that ends" in refused.text) == (409, True)
    assert api.post("/clock/jump", json={"to": "date", "date": "1999-01-01T00:00"}).status_code == 409
    assert api.post("/clock/jump", json={"to": "date"}).status_code == 409


@pytest.mark.slow
def test_check_sync_reboots_a_phone_whose_files_have_changed(api: TestClient, desk: Desk) -> None:
    mac = put(api, mac="0004f2000001")
    assert api.post(f"/phones/{mac}/check-sync").json()["reboots"] == 0
    override = "<a lcl.datetime.time.24HourClock='1'/>"
    assert requests.put(f"{desk.server.url}{mac}-web.cfg", data=override, timeout=60).status_code == 201
    found = api.post(f"/phones/{mac}/check-sync").json()
    assert (found["state"], found["reboot_reasons"]) == ("idle", ["check-sync"])
    api.post(f"/phones/{mac}/power")
    assert api.post(f"/phones/{mac}/check-sync").json()["state"] == "off"


@pytest.mark.slow
def test_clock_hurries_to_a_poll_that_finds_a_changed_file(api: TestClient, desk: Desk) -> None:
    mac = put(api, mac="0004f2000001")
    refused = api.post("/clock/jump", json={"to": "next-poll", "mac": mac})
    assert (refused.status_code, "prov.polling.enabled" in refused.text) == (409, True)
    for name, parameter in (("phone", "prov.polling.enabled"), ("web", "lcl.datetime.time.24HourClock")):
        override = f"<a {parameter}='1'/>"
        assert requests.put(f"{desk.server.url}{mac}-{name}.cfg", data=override, timeout=60).status_code == 201
        if name == "phone":
            api.post(f"/phones/{mac}/reboot")
    poll = api.get(f"/phones/{mac}").json()["next_poll"]
    assert api.post("/clock/jump", json={"to": "next-poll", "mac": mac}).json()["goal"] in (poll, None)
    assert eventually(lambda: desk.time.goal is None)
    assert api.get("/desk").json()["clock"]["now"] == poll
    assert api.get(f"/phones/{mac}").json()["reboot_reasons"][1:] == ["the configuration has changed (prov.polling)"]


@pytest.mark.slow
def test_every_line_of_the_sample_log_is_explained(api: TestClient) -> None:
    for line in SAMPLE_LOG.splitlines():
        found = api.get("/explain", params={"line": line}).json()
        assert found["source"] == "bulletin"
        assert found["meaning"]
    assert api.get("/explain", params={"line": "nothing"}).json()["source"] == ""


def test_phone_is_explained_by_what_is_known_of_it(api: TestClient) -> None:
    mac = put(api, mac="0004f2000077")
    found = api.get(f"/phones/{mac}/explanation").json()
    assert found["state"].startswith("Off for lack of a license: ")
    assert [cause["name"] for cause in found["causes"]] == ["no-license-file", "not-on-this-model"]
    assert found["causes"][0]["details"][-1] == f"{mac}-license.cfg (the phone's license file): HTTP 404."
    query = {"kind": "line", "search": "LDAP is not available"}
    (off,) = api.get(f"/phones/{mac}/events", params=query).json()["events"]
    line = {"line": off["line"]}
    assert len(api.get("/explain", params=line).json()["causes"]) == 5
    assert api.get("/explain", params=line | {"mac": mac}).json()["causes"] == found["causes"][:1]
    assert api.get("/explain", params=line | {"mac": "0004f2ffffff"}).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "limit"), [("x" * 2001, "at most 2000 characters"), ("0101070000|lic |4|03|\n" * 17, "more than 16 lines")]
)
def test_no_more_than_a_line_is_explained(api: TestClient, line: str, limit: str) -> None:
    answer = api.get("/explain", params={"line": line})
    assert answer.status_code == 422
    assert limit in answer.json()["detail"][0]["msg"]


@pytest.mark.slow
def test_lifecycle_is_the_whole_table(api: TestClient) -> None:
    life = api.get("/lifecycle").json()
    assert life["states"] == [state.value for state in lifecycle.State]
    assert len(life["transitions"]) == len(lifecycle.TRANSITIONS)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/phones/0004f2ffffff", "/phones/0004f2ffffff/events"])
def test_phone_that_is_not_there_is_not_found(api: TestClient, path: str) -> None:
    assert api.get(path).status_code == 404
    assert api.delete("/phones/0004f2ffffff").status_code == 404
    assert api.post("/phones/0004f2ffffff/call").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/clock", {"speed": -1}),
        ("PUT", "/clock", {"speed": 86401}),
        ("POST", "/phones", {"model": "SPIP_670", "more": 1}),
        ("POST", "/phones", {"count": 0}),
        ("POST", "/licenses", {"features": ["a,b"]}),
        ("PUT", "/server", {"faults": ["x" * 1001]}),
        ("POST", "/clock/jump", {"to": "nowhere"}),
    ],
)
def test_input_of_the_wrong_form_is_refused(api: TestClient, method: str, path: str, body: dict[str, Any]) -> None:
    answer = api.request(method, path, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/clock", '{"speed": NaN}'),
        ("PUT", "/clock", '{"speed": 1e400}'),
        ("POST", "/phones", '{"model": "\\ud800"}'),
        ("POST", "/phones/0004f2000001/keys", '{"keys": ["\\udfff"]}'),
    ],
)
def test_input_that_no_json_can_hold_is_refused(api: TestClient, method: str, path: str, body: str) -> None:
    answer = api.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_date_beyond_all_calendars_is_refused(api: TestClient, date: str) -> None:
    answer = api.post("/clock/jump", json={"to": "date", "date": date})
    assert answer.status_code == 409
    assert "no time in UTC" in answer.json()["detail"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_input_makes_a_server_error(desk: Desk, mode: GenerationMode) -> None:
    api = make_api(desk, Demonstration(desk))
    with TestClient(api) as client:
        put(client, mac="0004f2000001")
    schema = schemathesis.openapi.from_asgi("/openapi.json", api)
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(operations) >= 15

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of([one.as_strategy(generation_mode=mode) for one in operations]))
    def ask(case: Case[Any]) -> None:
        answer = case.call()
        assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)

    ask()
