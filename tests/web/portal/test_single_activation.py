"""Single activation in the portal: from the license number to the phone that has the feature on."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from phone_sim.authority.license_authority import ANCHOR_FILE
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.features import Enabled
from phone_sim.licensing.license_file import read_all
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.web.portal.service import PortalService
from tests.authority import phone_order, site_order
from tests.make import SITE_FILE, SITE_SERIAL
from tests.runtime.phones import CONFIGURATION
from tests.web import MAC, NOBODYS, SERIAL, browser, enter, errors_of, page_of, posted, redemptions, site_files, text_of

OWN = f"{MAC}-license.cfg"


@pytest.mark.slow
@pytest.mark.parametrize("of_site", [False, True])
def test_downloaded_file_licenses_a_phone(client: TestClient, portal: PortalService, *, of_site: bool) -> None:
    number = enter(portal, site_order() if of_site else phone_order())
    serial, name = (SITE_SERIAL, SITE_FILE) if of_site else (SERIAL, OWN)
    sent = posted(client, "/portal/activate", {"number": number, "serial": serial})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/portal/activations/{serial}?new")
    page = page_of(client.get(sent.headers["location"]))
    assert "The license number is redeemed." in text_of(page)
    (link,) = page.xpath("//a[@download]/@href")
    downloaded = client.get(link)
    assert downloaded.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert downloaded.content == site_files(portal.boot_server or Path())[name]
    with (
        BootServer(MemorySite({**CONFIGURATION, name: downloaded.content})) as server,
        VirtualPhone(server.url, mac=MAC, trust=portal.authority_folder / ANCHOR_FILE) as phone,
    ):
        phone.boot()
        assert isinstance(phone.feature("LDAP"), Enabled)


@pytest.mark.slow
def test_mac_is_read_in_any_form(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=3))
    for place, typed in enumerate((" 0004F2000001 ", "00:04:f2:00:00:02", "0004.f200.0003"), 1):
        sent = posted(client, "/portal/activate", {"number": f"{number[:7]}-{number[7:]}".lower(), "serial": typed})
        assert sent.headers["location"].startswith(f"/portal/activations/0004F200000{place}")
    assert [serial for _, serial in redemptions(portal)] == ["0004F2000001", "0004F2000002", "0004F2000003"]


@pytest.mark.parametrize(
    ("number", "serial", "said"),
    [
        ("", "", {"number": "Enter the license number", "serial": "Enter the MAC address"}),
        ("ABC", MAC, {"number": "14 letters and digits"}),
        ("ABCDEFGHIJKLMN", "4f2000001", {"number": "was mistyped", "serial": "as in 0004f2000001"}),
        (None, "4f2000001", {"serial": "enter its leading zeros, as in 0004f2000001"}),
        (None, "printer", {"serial": "12 hexadecimal digits are expected"}),
        (None, "000000000000", {"serial": "stands for all phones"}),
        (NOBODYS, MAC, {"number": "There is no order with this license number."}),
    ],
)
def test_wrong_field_is_told_so_and_kept(
    client: TestClient, portal: PortalService, number: str | None, serial: str, said: dict[str, str]
) -> None:
    order = enter(portal, phone_order())
    typed = {"number": order if number is None else number, "serial": serial, "requester": "me & <you>"}
    page = page_of(posted(client, "/portal/activate", typed), 422)
    errors = errors_of(page)
    assert errors.keys() == said.keys()
    assert all(words in errors[name] for name, words in said.items())
    assert {one.get("name"): one.get("value") for one in page.xpath("//input")} == typed
    assert page.xpath("//*[@autofocus]/@id") == ["summary"]
    assert redemptions(portal) == []
    assert site_files(portal.boot_server or Path()) == {}


@pytest.mark.slow
def test_number_of_others_is_told_why_it_is_refused(client: TestClient, portal: PortalService) -> None:
    single, double, of_site = phone_order(), phone_order(quantity=1), site_order()
    two = replace(phone_order(quantity=2))
    enter(portal, single, double, of_site, two)
    for number, serials in ((single.number, ["0004f2000008"]), (two.number, ["0004f2000008", "0004f2000009"])):
        for serial in serials:
            assert posted(client, "/portal/activate", {"number": number, "serial": serial}).status_code == 303

    def said(number: str, serial: str) -> dict[str, str]:
        return errors_of(page_of(posted(client, "/portal/activate", {"number": number, "serial": serial}), 422))

    assert "redeemed already, for another phone" in said(single.number, MAC)["number"]
    assert "As many phones are activated" in said(two.number, MAC)["number"]
    assert "with another serial" in said(of_site.number, "123456789012")["serial"]
    assert "is not a site serial" in said(of_site.number, MAC)["serial"]


@pytest.mark.slow
def test_same_form_again_redeems_nothing_and_offers_the_file(client: TestClient, portal: PortalService) -> None:
    typed = {"number": enter(portal, phone_order(quantity=5)), "serial": MAC}
    first = posted(client, "/portal/activate", typed)
    again = posted(client, "/portal/activate", typed)
    assert (again.status_code, again.headers["location"]) == (303, f"/portal/activations/{SERIAL}?again")
    assert len(redemptions(portal)) == 1
    page = page_of(client.get(again.headers["location"]))
    assert "was redeemed for this serial before, so nothing was redeemed now" in text_of(page)
    path = f"/portal/activations/{SERIAL}/{OWN}"
    assert page.xpath("//a[@download]/@href") == [path]
    assert client.get(path).content == client.get(path).content
    for _ in range(3):
        page_of(client.get(first.headers["location"]))
    assert len(redemptions(portal)) == 1


@pytest.mark.slow
def test_new_file_holds_the_previous_keys(client: TestClient, portal: PortalService) -> None:
    for order in (phone_order(), phone_order(7)):
        posted(client, "/portal/activate", {"number": enter(portal, order), "serial": MAC})
    page = page_of(client.get(f"/portal/activations/{MAC}"))
    assert "H.323 Protocol" in text_of(page)
    assert "Corporate Directory" in text_of(page)
    assert len(read_all(client.get(f"/portal/activations/{MAC}/{OWN}").content)) == 2


@pytest.mark.slow
def test_boot_server_that_cannot_be_written_costs_no_license(client: TestClient, portal: PortalService) -> None:
    assert portal.boot_server is not None
    portal.boot_server.write_text("a file in the place of the folder")
    sent = posted(client, "/portal/activate", {"number": enter(portal, phone_order()), "serial": MAC})
    page = page_of(client.get(sent.headers["location"]))
    assert "The license number is redeemed." in text_of(page)
    assert "It is not on the boot server yet." in text_of(page)
    (action,) = page.xpath("//form/@action")
    assert "cannot be used" in text_of(page_of(posted(client, action, {}), 503))
    portal.boot_server.unlink()
    assert posted(client, action, {}).headers["location"] == f"/portal/activations/{SERIAL}"
    page = page_of(client.get(f"/portal/activations/{SERIAL}"))
    assert "It is on the boot server." in text_of(page)
    assert page.xpath("//form") == []
    assert site_files(portal.boot_server).keys() == {OWN}


@pytest.mark.slow
def test_without_boot_server_nothing_is_said_of_one(portal: PortalService) -> None:
    alone = replace(portal, boot_server=None)
    with browser(alone) as client:
        sent = posted(client, "/portal/activate", {"number": enter(alone, phone_order()), "serial": MAC})
        page = page_of(client.get(sent.headers["location"]))
    assert "on the boot server" not in re.sub(r"Put it on .*?\.", "", text_of(page))
    assert page.xpath("//form") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        f"/portal/activations/{MAC}",
        f"/portal/activations/{MAC}.json",
        f"/portal/activations/{MAC}/{OWN}",
        "/portal/activations/printer",
        "/portal/nothing",
        "/static/nothing.css",
        "/static/../portal.py",
        "/static/%2e%2e/security.py",
    ],
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.slow
def test_file_of_another_name_is_not_found(client: TestClient, portal: PortalService) -> None:
    posted(client, "/portal/activate", {"number": enter(portal, phone_order()), "serial": MAC})
    for name in (SITE_FILE, "0004f2000002-license.cfg", "..%2f..%2fsigning_key.pem"):
        page_of(client.get(f"/portal/activations/{SERIAL}/{name}"), 404)


@pytest.mark.slow
def test_program_gets_json(client: TestClient, portal: PortalService) -> None:
    typed = {"number": enter(portal, phone_order()), "serial": MAC}
    accept = {"Accept": "application/json"}
    refused = posted(client, "/portal/activate", {**typed, "serial": "4f2"}, headers=accept)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["serial"])
    done = posted(client, "/portal/activate", typed, headers=accept).json()
    assert done["redeemed"] is True
    assert done["files"] == {OWN: f"/portal/activations/{SERIAL}/{OWN}"}
    assert done["on_boot_server"] == [OWN]
    assert [one["software"] for one in done["licenses"]] == ["Productivity Suite"]
    again = posted(client, "/portal/activate", typed, headers=accept).json()
    assert again == {**done, "redeemed": False}
    shown = client.get(f"/portal/activations/{SERIAL}.json").json()
    assert shown == {name: value for name, value in done.items() if name != "redeemed"}
    assert client.get("/portal/activations/0004f2000002", headers=accept).json() == {
        "error": "No license number was redeemed for 0004F2000002."
    }


@pytest.mark.slow
def test_authority_that_is_gone_is_said_on_the_page(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order())
    (portal.authority_folder / "signing_key.pem").unlink()
    page = page_of(posted(client, "/portal/activate", {"number": number, "serial": MAC}), 503)
    assert "restore signing_key.pem" in text_of(page)


@pytest.mark.slow
@pytest.mark.parametrize("serial", ["ffffffffffff", "01:00:5e:00:00:01", "3333.0000.0001"])
def test_address_of_a_group_is_refused(client: TestClient, portal: PortalService, serial: str) -> None:
    typed = {"number": enter(portal, phone_order()), "serial": serial, "confirmed": "yes"}
    page = page_of(posted(client, "/portal/activate", typed), 422)
    assert "is a broadcast or multicast address, which no phone has" in errors_of(page)["serial"]
    assert redemptions(portal) == []


@pytest.mark.slow
def test_address_that_does_not_begin_as_those_of_the_phones_is_to_be_confirmed(
    client: TestClient, portal: PortalService
) -> None:
    typed = {"number": enter(portal, phone_order()), "serial": "001122334455"}
    page = page_of(posted(client, "/portal/activate", typed), 422)
    assert errors_of(page)["serial"].startswith("001122, with which this address begins, is not one of these phones'")
    assert page.xpath("//input[@type='checkbox']/@name") == ["confirmed"]
    assert redemptions(portal) == []
    as_json = client.post("/portal/activate", data=typed, headers={"Accept": "application/json"})
    assert (as_json.status_code, as_json.json()["confirm_with"]) == (422, "confirmed")
    assert posted(client, "/portal/activate", {**typed, "confirmed": "yes"}).status_code == 303
    assert redemptions(portal) == [(typed["number"], "001122334455")]
    assert posted(client, "/portal/activate", typed).status_code == 303  # it is that phone's already


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["0004f2", "64167f", "482567"])
def test_addresses_of_the_phones_need_no_confirmation(client: TestClient, portal: PortalService, prefix: str) -> None:
    typed = {"number": enter(portal, phone_order()), "serial": f"{prefix}000001"}
    assert posted(client, "/portal/activate", typed).status_code == 303


@pytest.mark.slow
def test_serial_of_a_site_is_not_an_address(client: TestClient, portal: PortalService) -> None:
    typed = {"number": enter(portal, site_order()), "serial": SITE_SERIAL}
    assert posted(client, "/portal/activate", typed).status_code == 303


def test_empty_form_asks_for_no_confirmation(client: TestClient) -> None:
    assert page_of(client.get("/portal/activate")).xpath("//input/@name") == ["number", "serial", "requester"]
