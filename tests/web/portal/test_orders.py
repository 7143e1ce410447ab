"""The operator's side: orders are placed, listed, and each shows what was redeemed of it."""

from datetime import date

import pytest
from starlette.testclient import TestClient

from phone_sim.authority.license_number import parse_number
from phone_sim.web.portal.service import PortalService
from tests.authority import phone_order, phones, site_order
from tests.web import MAC, NOBODYS, SERIAL, enter, errors_of, page_of, posted, text_of

USUAL = {"type": "Phone", "software": "LDAP, H323", "version": "3.3.0", "quantity": "3"}
SITE = {"type": "Site", "software": "Productivity Suite", "version": "3.3.0", "quantity": "1"}
JSON = {"Accept": "application/json"}


@pytest.mark.slow
def test_order_is_placed_redeemed_and_listed(client: TestClient) -> None:
    form = page_of(client.get("/portal/orders/new"))
    assert form.xpath("//input[@name='software']/@value") == ["Productivity Suite"]
    placed = posted(client, "/portal/orders", {**USUAL, "upgrade": "yes"})
    number = placed.headers["location"].rpartition("/")[2]
    assert placed.status_code == 303
    assert number == parse_number(number)
    posted(client, "/portal/activate", {"number": number, "serial": MAC, "requester": "me@example.org"})
    page = page_of(client.get(placed.headers["location"]))
    assert "3, of which 1 are redeemed and 2 are left" in text_of(page)
    assert "upgrade" in text_of(page)
    assert [cell.text_content() for cell in page.xpath("//tbody/tr/td")][::2] == [SERIAL, "me@example.org"]
    (row,) = page_of(client.get("/portal/orders")).xpath("//tbody/tr")
    assert [cell.text_content() for cell in row[:7]] == [
        number,
        "Phone",
        "LDAP, H323",
        "3",
        "1",
        "2",
        "does not expire",
    ]


@pytest.mark.slow
def test_json_says_what_the_pages_say(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=2), site_order(date(2030, 12, 31)))
    posted(client, "/portal/activate", {"number": number, "serial": MAC})
    of_site, of_phone = client.get("/portal/orders.json").json()
    assert (of_site["type"], of_site["expires"], of_site["redeemed"], of_site["left"]) == ("Site", "2030-12-31", 0, 1)
    assert (of_phone["number"], of_phone["redeemed"], of_phone["left"]) == (number, 1, 1)
    one = client.get(f"/portal/orders/{number}.json").json()
    assert [each["serial"] for each in one["redemptions"]] == [SERIAL]
    assert client.get(f"/portal/orders/{number.lower()}", headers=JSON).json() == one
    placed = posted(client, "/portal/orders", USUAL, headers=JSON)
    assert (placed.status_code, placed.json()["quantity"]) == (201, 3)
    refused = posted(client, "/portal/orders", {**USUAL, "quantity": "0"}, headers=JSON)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["quantity"])


@pytest.mark.slow
def test_site_gets_its_serial_or_a_new_one(client: TestClient) -> None:
    given = posted(
        client, "/portal/orders", {**SITE, "site_serial": "104500017731", "expires": "2030-01-31"}, headers=JSON
    )
    assert (given.json()["site_serial"], given.json()["expires"]) == ("104500017731", "2030-01-31")
    fresh = posted(client, "/portal/orders", SITE, headers=JSON).json()
    assert len(fresh["site_serial"]) == 12
    assert fresh["site_serial"] in text_of(page_of(client.get(f"/portal/orders/{fresh['number']}")))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, {"software": "Enter a suite", "version": "Enter a software version", "quantity": "not a number"}),
        ({**USUAL, "software": "Office"}, {"software": "Productivity Suite"}),
        ({**USUAL, "version": "new"}, {"version": "two to four numbers"}),
        ({**USUAL, "quantity": "0"}, {"quantity": "1 to 100000"}),
        ({**USUAL, "quantity": "9" * 40}, {"quantity": "not a number of phones"}),
        ({**USUAL, "quantity": "-1"}, {"quantity": "not a number of phones"}),
        ({**USUAL, "expires": "2030-01-01"}, {"expires": "(B11)"}),
        ({**SITE, "expires": "soon"}, {"expires": "such as 2026-12-31"}),
        ({**SITE, "expires": "2400-01-01"}, {"expires": "2007-01-01 to 2186-06-03"}),
        ({**SITE, "quantity": "2"}, {"quantity": "its quantity is 1"}),
        ({**SITE, "site_serial": "12"}, {"site_serial": "it has 12 digits"}),
    ],
)
def test_order_that_cannot_be_had_is_told_so(client: TestClient, typed: dict[str, str], said: dict[str, str]) -> None:
    page = page_of(posted(client, "/portal/orders", typed), 422)
    errors = errors_of(page)
    assert errors.keys() == said.keys()
    assert all(words in errors[name] for name, words in said.items())
    kept = {one.get("name"): one.get("value") for one in page.xpath("//input[@type='text' or @type='date']")}
    assert all(kept[name] == value for name, value in typed.items() if name != "type")
    if "type" in typed:
        assert page.xpath("//input[@type='radio'][@checked]/@value") == [typed["type"]]
    assert client.get("/portal/orders.json").json() == []


@pytest.mark.slow
def test_phone_order_takes_no_serial_of_a_site(client: TestClient) -> None:
    placed = posted(client, "/portal/orders", {**USUAL, "site_serial": "104500017731"}, headers=JSON).json()
    assert placed["site_serial"] is None


@pytest.mark.slow
@pytest.mark.parametrize("number", [NOBODYS, "ABC", "%00", "' OR 1=1 --", "x" * 500])
def test_number_that_nobody_ordered_is_not_found(client: TestClient, number: str) -> None:
    page_of(client.get(f"/portal/orders/{number}"), 404)
    assert "error" in client.get(f"/portal/orders/{number}.json").json()


@pytest.mark.slow
def test_long_lists_come_in_pages(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=150), *(phone_order() for _ in range(110)))
    assert len(page_of(client.get("/portal/orders?page=2")).xpath("//tbody/tr")) == 11
    lines = "".join(f"{number}\t{mac}\n" for mac in phones(120))
    client.post("/portal/batch", files={"file": lines.encode()})
    assert len(page_of(client.get(f"/portal/orders/{number}?page=2")).xpath("//tbody/tr")) == 20
    assert len(client.get("/portal/orders.json").json()) == 111


@pytest.mark.slow
def test_empty_list_says_so(client: TestClient) -> None:
    assert "There are no orders yet." in text_of(page_of(client.get("/portal/orders")))
