"""`python -m tests.web.pictures` takes the pictures that the README shows, of a desk whose clock stands still."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect

from phone_sim.firmware.keypad import Key
from phone_sim.web.desk.demonstration import STEPS
from tests.web.chromium import Visitor, chromium
from tests.web.running import ServedDesk, desk_on_the_web
from tests.web.test_in_browser import LAST_DAY

FOLDER = Path(__file__).parents[2] / "fixtures/pictures"
RECONFIGURING = len(STEPS) - 2
_DESK = ("SPIP_670", "VVX_1500", "SSIP_6000", "SPIP_330", "SPIP_450", "SPIP_650", "SPIP_560", "SSIP_7000")
_TO_LICENSES = (Key.MENU, Key.DIGIT_1, Key.DIGIT_4)
_WIDTH = 1040
_HEIGHTS = {"desk": 880, "phone": 620, "reconfiguring": 680}


def desk_of_models(visitor: Visitor, served_desk: ServedDesk) -> None:
    """Phones of several models, licensed; one with its licenses on the display, one in a call, one off."""
    served_desk.put(*_DESK)
    served_desk.desk.do(lambda: served_desk.desk.license(None, LAST_DAY))
    for phone in served_desk.desk.phones:
        served_desk.desk.do(phone.boot)
    by_model = {phone.identity.model.token: phone for phone in served_desk.desk.phones}
    for model in ("SPIP_670", "VVX_1500", "SPIP_560"):
        served_desk.desk.do(lambda: by_model[model].press(*_TO_LICENSES))  # noqa: B023 - done before the next one
    served_desk.desk.do(by_model["SPIP_450"].start_call)
    served_desk.desk.do(by_model["SPIP_650"].switch_power)
    visitor.go("/")
    expect(visitor.page.locator(".tile")).to_have_count(len(_DESK))


def phone_with_licenses(visitor: Visitor, served_desk: ServedDesk) -> None:
    """The SoundPoint IP 670 that was just licensed, with its licenses on the display."""
    (mac,) = served_desk.put("SPIP_670")
    phone = served_desk.desk.phones[0]
    served_desk.desk.do(lambda: served_desk.desk.license(None, LAST_DAY))
    served_desk.desk.do(phone.boot)
    served_desk.desk.do(lambda: phone.press(*_TO_LICENSES))
    visitor.go(f"/phones/{mac}?component=lic")
    expect(visitor.page.locator("#display-text")).to_contain_text("Valid until")
    expect(visitor.page.locator("#log")).to_contain_text("keys updated")
    visitor.page.locator("#phone").evaluate("phone => phone.scrollIntoView()")


def phone_that_reconfigures(visitor: Visitor, served_desk: ServedDesk) -> None:
    """The VVX 1500 in the guided demonstration, about to reboot."""
    served_desk.desk.do(served_desk.desk.clear)
    visitor.go(f"/demonstration/VVX_1500?step={RECONFIGURING}")
    visitor.page.get_by_role("button", name="Start").click()
    expect(visitor.page.locator("#display-text")).to_contain_text("Reconfiguring network, please wait.")


PICTURES = {"desk": desk_of_models, "phone": phone_with_licenses, "reconfiguring": phone_that_reconfigures}


def take(browser: Browser, name: str, folder: Path = FOLDER) -> Path:
    """Take a picture; returns its file."""
    with TemporaryDirectory() as mail, desk_on_the_web(Path(mail)) as served_desk:
        context = browser.new_context(viewport={"width": _WIDTH, "height": _HEIGHTS[name]}, reduced_motion="reduce")
        visitor = Visitor(context.new_page(), served_desk.url)
        PICTURES[name](visitor, served_desk)
        visitor.page.wait_for_timeout(1000)  # frames that wait are shown
        visitor.page.screenshot(path=folder / f"{name}.png")
        context.close()
    return folder / f"{name}.png"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser:
        for name in PICTURES:
            print(file := take(browser, name), file.stat().st_size)
