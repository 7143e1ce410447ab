"""The desk, its phones and the portal, as somebody works with them in a browser."""

import re
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Locator, expect

from tests.real_servers.process import wait_until
from tests.web.chromium import Visit, Visitor
from tests.web.desks import PATIENCE
from tests.web.foreign_page import ForeignPage
from tests.web.running import ServedDesk, ask

pytestmark = pytest.mark.real

DIRECTORY = "Corporate Directory"
LAST_DAY = date(2026, 3, 5)


def opened(visit: Visit, served_desk: ServedDesk, model: str = "SPIP_670") -> tuple[Visitor, str]:
    """The page of a phone that was just switched on, and its MAC address."""
    (mac,) = served_desk.put(model)
    visitor = visit(f"/phones/{mac}")
    expect(visitor.page.locator("#state")).to_have_text("idle")
    return visitor, mac


def display(visitor: Visitor) -> Locator:
    return visitor.page.locator("#display-text")


def licensed(visitor: Visitor, kind: str = "phone") -> None:
    """Install a license from the page of a phone, and reboot it."""
    visitor.page.locator("#kind").select_option(kind)
    if kind == "site":
        visitor.page.locator("#last-day").fill(LAST_DAY.isoformat())
    visitor.button("Install").click()
    expect(visitor.page.locator("#server")).to_contain_text("-license.cfg")
    visitor.button("Reboot").click()
    is_on(visitor)


def is_on(visitor: Visitor, on: str = "on") -> None:
    """The corporate directory is on, or off."""
    expect(visitor.row("features", DIRECTORY).locator("td").nth(1)).to_have_text(on)


def test_foreign_page_changes_and_reads_nothing(chrome: Browser, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    reads = ["/", f"/phones/{mac}", "/portal", "/api/phones", "/api/openapi.json", "/static/desk.css"]
    changes: list[tuple[str, dict[str, str]]] = [(f"/api/phones/{mac}/reboot", {})]
    port, phone = urlsplit(served_desk.url).port or 0, f"/api/phones/{mac}"
    before = ask(port, "GET", phone)
    with ForeignPage() as foreign:
        assert foreign.attack(chrome, served_desk.url, reads, changes) == []
    assert (before[0], ask(port, "GET", phone)) == (200, before)


def test_keyboard_leads_to_the_licenses(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    for key, title in (
        ("m", "Main Menu"),
        ("1", "Status"),
        ("4", "No license installed."),
        ("Backspace", "> 4. Licenses"),
    ):
        visitor.page.keyboard.press(key)
        expect(display(visitor)).to_contain_text(title)
    visitor.page.get_by_label("Type on the keyboard").uncheck()
    expect(visitor.page).to_have_url(re.compile("keyboard=off"))
    visitor.page.keyboard.press("m")
    visitor.press("left")
    expect(display(visitor)).to_contain_text("Main Menu")


@pytest.mark.parametrize("model", ["SPIP_330", "SPIP_650", "SSIP_6000"])
def test_keys_lead_to_the_licenses(visit: Visit, served_desk: ServedDesk, model: str) -> None:
    visitor, _ = opened(visit, served_desk, model)
    licensed(visitor)
    for keys, shown in (
        (["menu"], "Main Menu"),
        (["select"], "Status"),
        (["down", "down", "down"], "> 4. Licenses"),
        (["soft1"], "Licenses\n"),
    ):
        visitor.press(*keys)
        expect(display(visitor)).to_contain_text(shown)
    first = display(visitor).text_content()
    visitor.press("down")
    expect(display(visitor)).not_to_have_text(first or "")
    expect(display(visitor)).to_contain_text("> ")


def test_touch_leads_to_the_licenses(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("VVX_1500")
    visitor = visit(f"/phones/{mac}", has_touch=True)
    visitor.page.locator('[data-key="menu"]').tap()
    for row in ("Status", "Licenses"):
        visitor.page.locator("svg.face .row", has_text=row).tap()
    expect(display(visitor)).to_contain_text("No license installed.")
    visitor.page.locator('svg.face [data-key="soft1"].on-screen').tap()
    expect(display(visitor)).to_contain_text("> 4. Licenses")


def test_directory_is_listed_once_it_is_licensed(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    visitor.page.keyboard.press("d")
    expect(display(visitor)).to_contain_text("Contact Directory")
    expect(display(visitor)).not_to_contain_text(DIRECTORY)
    licensed(visitor)
    visitor.press("directories")
    expect(display(visitor)).to_contain_text(DIRECTORY)


def test_number_from_the_portal_licenses_a_phone(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, mac = opened(visit, served_desk)
    is_on(visitor, "off")
    page = visit("/portal/orders/new").page
    page.get_by_role("button", name="Order").click()
    number = page.locator("h1 .code").text_content() or ""
    page.get_by_role("navigation").get_by_role("link", name="Single activation").click()
    page.get_by_label("License number").fill(number)
    page.get_by_label("Serial number").fill(mac)
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("status")).to_have_text("The license number is redeemed.")
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download {mac}-license.cfg").click()
    assert "<licenseKey" in Path(download.value.path()).read_text()
    publish = page.get_by_role("button", name="Put it on the boot server")
    if publish.is_visible():
        publish.click()
    expect(page.get_by_text("It is on the boot server.")).to_be_visible()
    visitor.button("Reboot").click()
    is_on(visitor)


def test_clock_goes_where_it_is_sent(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    licensed(visitor, "site")
    now = visitor.page.locator("#clock time")
    for button, time in (
        ("To the polling time", "2026-03-02 19:00:00 UTC"),
        ("To the day before expiry", "2026-03-04 05:00:00 UTC"),
        ("Past the expiry", "2026-03-05 19:00:00 UTC"),
    ):
        visitor.button(button).click()
        expect(now).to_have_text(time)
    expect(visitor.page.locator("#reboots")).to_contain_text("reboots: 1")
    visitor.page.locator("#date").fill("2026-03-06T12:00")
    visitor.button("Go").click()
    expect(now).to_have_text("2026-03-06 12:00:00 UTC")
    expect(visitor.page.locator("#reboots")).to_contain_text("a license has expired")
    is_on(visitor, "off")


def test_changed_files_are_found_by_check_sync_and_by_the_next_poll(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, mac = opened(visit, served_desk)
    jump, reboots = visitor.button("To the poll of the files"), visitor.page.locator("#reboots")
    expect(jump).to_be_hidden()

    def override(name: str, parameter: str) -> None:
        url = f"{served_desk.desk.server.url}{mac}-{name}.cfg"
        assert requests.put(url, data=f"<own {parameter}='1'/>", timeout=PATIENCE).ok

    override("phone", "prov.polling.enabled")
    visitor.button("Check-sync").click()
    expect(reboots).to_have_text("reboots: 1, the last: check-sync")
    override("web", "lcl.datetime.time.24HourClock")
    jump.click()
    expect(reboots).to_have_text("reboots: 2, the last: the configuration has changed (prov.polling)")


@pytest.mark.parametrize("speed", [1, 60, 3600, 86400])
def test_clock_passes_and_pauses(visit: Visit, served_desk: ServedDesk, speed: int) -> None:
    visitor, _ = opened(visit, served_desk)
    before = served_desk.desk.time.now
    visitor.page.locator(f'input[name="speed"][value="{speed}"]').check()
    now = visitor.page.locator("#clock time")
    expect(now).not_to_have_text(f"{before:%Y-%m-%d %H:%M:%S} UTC")
    assert served_desk.desk.time.speed == speed
    visitor.page.get_by_label("pause").check()
    assert wait_until(lambda: served_desk.desk.time.speed == 0, PATIENCE)
    expect(now).to_have_text(f"{served_desk.desk.do(lambda: served_desk.desk.time.now):%Y-%m-%d %H:%M:%S} UTC")
    assert served_desk.desk.time.now > before


def test_faults_of_the_server_come_and_go(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    visitor.button("Install").click()
    server = served_desk.desk.server
    for box, said in (("503 for licenses", "HTTP 503"), ("is up", "No configuration from the boot server")):
        fault = visitor.page.get_by_label(box)
        fault.click()
        assert wait_until(lambda: server.faults.rules != () or not server.is_up, PATIENCE)
        visitor.button("Reboot").click()
        expect(visitor.page.locator("#log")).to_contain_text(said)
        is_on(visitor, "off")
        fault.click()
        expect(fault).to_be_checked(checked=box == "is up")
        assert wait_until(lambda: server.faults.rules == () and server.is_up, PATIENCE)
    visitor.button("Reboot").click()
    is_on(visitor)


def test_each_fault_can_be_chosen(visit: Visit, served_desk: ServedDesk) -> None:
    visitor = visit("/")
    served_desk.desk.do(lambda: served_desk.desk.server.set_faults(["404 file=*.xml"]))
    expect(visitor.page.locator("#server")).to_contain_text("Further faults: 404 file=*.xml")
    boxes = visitor.page.locator("[data-rule]")
    for box in boxes.all():
        box.check()
    chosen = {str(box.get_attribute("data-rule")) for box in boxes.all()}
    assert wait_until(
        lambda: {str(rule) for rule in served_desk.desk.server.faults.rules} == {"404 file=*.xml", *chosen}, PATIENCE
    )
    for box in boxes.all():
        expect(box).to_be_checked()


def test_forged_license_is_refused_and_removed(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, mac = opened(visit, served_desk)
    files = visitor.page.locator("[data-files]")
    visitor.button("Install").click()
    expect(files).to_have_text(f"{mac}-license.cfg")
    visitor.button("Forge it").click()
    visitor.button("Reboot").click()
    expect(visitor.page.locator("#log")).to_contain_text("Key signature is not valid")
    is_on(visitor, "off")
    visitor.button("Remove all from the server").click()
    expect(files).to_have_text("no activation file")


def test_call_is_placed_and_ended(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    state, end = visitor.page.locator("#state"), visitor.button("End a call")
    expect(end).to_be_disabled()
    visitor.button("Place a call").click()
    expect(state).to_have_text("in call")
    end.click()
    expect(state).to_have_text("idle")
    visitor.button("Pull the plug").click()
    expect(display(visitor)).to_have_text("The display is off.")
    visitor.button("Power on").click()
    expect(state).to_have_text("idle")
    expect(display(visitor)).to_have_text("SoundPoint IP 670")


def test_what_cannot_be_done_is_said(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    visitor.button("Past the expiry").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("has no license in use that ends")
    visitor.page.locator("#last-day").fill(LAST_DAY.isoformat())  # beside "for the phone, for ever"
    visitor.button("Install").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("phone license never expires (B11)")
    # The browser notes each answer that is an error.
    assert [text for text in visitor.complaints if "409" not in text] == []
    visitor.complaints.clear()
    visitor.button("Reboot").click()
    expect(visitor.page.get_by_role("alert")).to_have_text("")


def test_parameters_are_shown_with_the_file_that_set_them(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, mac = opened(visit, served_desk)
    page = visitor.page
    name = "feature.corporateDirectory.enabled"
    page.get_by_text("Parameters in force, and the file that set each").click()
    switch = page.locator("#parameters tr", has_text=name)
    expect(switch).to_contain_text("features.cfg, line 2")
    address = f"{served_desk.desk.server.url}{mac}-web.cfg"
    assert requests.put(address, data=f"<web {name}='0'/>", timeout=PATIENCE).ok
    visitor.button("Reboot").click()
    expect(switch).to_contain_text(f"{mac}-web.cfg, line 1")
    expect(switch).to_contain_text("features.cfg, line 2: 1")
    expect(visitor.row("features", "Corporate Directory")).to_contain_text(f"{name} is 0 in {mac}-web.cfg, line 1")


def test_log_is_searched_and_explained(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, _ = opened(visit, served_desk)
    page = visitor.page
    page.locator("#level").select_option("4")
    page.locator("#component").select_option("ldap")
    page.locator("#search").fill("LICENSED")
    expect(page.locator("#log li:not([hidden])")).to_have_count(1)
    (line,) = visitor.lines()
    assert line.endswith("ldap: Not Licensed")
    page.locator("#log li:not([hidden]) .line").click()
    expect(page.locator(".why")).to_contain_text("A line of the bulletin.")
    expect(page).to_have_url(re.compile(r"(?=.*level=4)(?=.*component=ldap)(?=.*search=LICENSED)(?=.*line=\d+)"))
    page.reload()
    expect(page.locator(".why")).to_contain_text("A line of the bulletin.")
    assert visitor.lines() == [line]
    page.locator("#log li:not([hidden]) .line").click()
    expect(page.locator(".why")).to_have_count(0)
    page.locator("#search").fill("")
    page.locator("#component").select_option("")
    page.locator("#level").select_option("")
    expect(page).to_have_url(re.compile(r"/phones/[0-9a-f]{12}$"))
    assert len(visitor.lines()) > 10
    page.get_by_text("What is wrong, and what to do").click()
    expect(page.locator("#explanation")).to_contain_text("Off for lack of a license: ")
    expect(page.locator("#causes li").first).to_contain_text("-license.cfg (the phone's license file): HTTP 404.")


def test_phones_are_put_and_taken_away(visit: Visit, served_desk: ServedDesk) -> None:
    visitor = visit("/")
    page, tiles = visitor.page, visitor.page.locator(".tile")
    for model, count in (("VVX_1500", "1"), ("SPIP_320", "3")):
        page.locator("#model").select_option(model)
        page.locator("#count").fill(count)
        visitor.button("Put").click()
        expect(tiles.filter(has_text=re.compile("VVX|IP 320")).last).to_be_visible()
        expect(tiles).to_have_count(len(served_desk.desk.phones))
    expect(page.locator("#phones")).to_have_text("4")
    page.locator("#day").fill(LAST_DAY.isoformat())
    visitor.button("Install").click()
    expect(page.locator("#server")).to_contain_text("000000000000-license.cfg")
    visitor.button("Reboot all").click()
    expect(tiles.first).to_contain_text("5 features on; reboots: 1")
    last = tiles.nth(3)
    last.get_by_role("button", name="Pull the plug").click()
    expect(last.locator(".state")).to_have_text("off")
    last.get_by_role("button", name="Take").click()
    expect(tiles).to_have_count(3)
    tiles.first.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text(f"VVX 1500 {served_desk.desk.phones[0].mac}")


def test_page_of_a_phone_says_that_it_is_gone(visit: Visit, served_desk: ServedDesk) -> None:
    visitor, mac = opened(visit, served_desk)
    desk = visit("/")
    desk.page.get_by_role("button", name=f"Take SoundPoint IP 670 {mac} away").click()
    expect(visitor.page.get_by_role("alert")).to_have_text("This phone was taken off the desk.")


def test_recording_plays_from_a_disk(visit: Visit, served_desk: ServedDesk, chrome: Browser, tmp_path: Path) -> None:
    visitor, mac = opened(visit, served_desk)
    visitor.page.keyboard.press("m")
    expect(display(visitor)).to_contain_text("Main Menu")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="Recording").click()
    assert download.value.suggested_filename == f"{mac}.html"
    file = tmp_path / "recording.html"
    download.value.save_as(file)
    context = chrome.new_context(offline=True)
    listener = Visitor(context.new_page(), "file://")
    page = listener.go(str(file))
    events = page.locator("#events li")
    expect(page.locator("#display")).to_contain_text("Main Menu")
    expect(page.locator("svg.face .frame")).to_contain_text("Main Menu")
    page.locator("#place").fill("0")
    expect(page.locator("#when")).to_have_text("before the first event")
    assert [one for one in events.all() if one.is_visible()] == []
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_text("License: feature LDAP is not available")).to_be_visible()
    expect(page.locator("#display")).to_contain_text("Main Menu")
    assert listener.complaints == []
    context.close()
