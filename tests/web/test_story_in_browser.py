"""The guided demonstration as a presenter gives it, from the box to the reboot after the license is over."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from phone_sim.web.desk.demonstration import MACS, MODELS, STEPS
from tests.web.chromium import Visit, Visitor
from tests.web.running import ServedDesk

pytestmark = pytest.mark.real

FEATURES = {"SPIP_670": ("Corporate Directory", "LDAP"), "VVX_1500": ("H.323 Protocol", "H323")}
"""What a license is needed for (B3), and its key."""


class Presenter:
    """Gives the story with one phone, and looks at what the page shows."""

    def __init__(self, visitor: Visitor, model: str) -> None:
        self.visitor = visitor
        self.page: Page = visitor.page
        self.feature, self.key = FEATURES[model]
        self.name = MODELS[model]

    def at(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    def shows(self, *texts: str) -> None:
        """The display shows these texts, and so does the drawing of the phone."""
        for text in texts:
            expect(self.at("display-text")).to_contain_text(text)
            drawn = self.page.locator("svg.face .frame").text_content() or ""
            assert text.replace(" ", "") in drawn.replace(" ", "")

    def logs(self, text: str) -> None:
        expect(self.at("log")).to_contain_text(text)

    def has(self, *, state: str, reboots: int, on: bool) -> None:
        """The phone is in this state, after so many reboots, with the feature on or off."""
        expect(self.at("state")).to_have_text(state)
        expect(self.at("reboots")).to_contain_text(f"reboots: {reboots}" if reboots else "")
        expect(self.visitor.row("features", self.feature).locator("td").nth(1)).to_have_text("on" if on else "off")

    def is_at(self, step: int) -> None:
        """The page says which step this is, and so does its address."""
        expect(self.at("step-place")).to_have_text(f"{step} of {len(STEPS) - 1}.")
        expect(self.at("step-title")).to_have_text(STEPS[step].title)
        expect(self.page).to_have_url(re.compile(rf"\?step={step}$"))

    def sees(self, step: int) -> None:
        """All that there is to see after a step."""
        self.is_at(step)
        _SIGHTS[step](self)


def _box(story: Presenter) -> None:
    expect(story.at("display-text")).to_have_text("The display is off.")
    expect(story.at("state")).to_have_text("off")
    expect(story.at("log").locator("li")).to_have_count(0)
    expect(story.at("server")).to_contain_text("no activation file")


def _power_on(story: Presenter) -> None:
    story.logs(f"License: feature {story.key} is not available")
    story.logs(f"Failed to download file {story.at('phone').get_attribute('data-mac')}-license.cfg: HTTP 404")
    story.has(state="idle", reboots=0, on=False)
    story.shows(story.name)


def _no_license(story: Presenter) -> None:
    story.shows("Licenses", "No license installed.")
    expect(story.at("no-license")).to_be_visible()


def _forged(story: Presenter) -> None:
    story.logs("cfgCfsXmlKeyValidate: Key signature is not valid")
    story.logs("cfgCfsKeysUpdate: 0 keys updated")
    story.has(state="idle", reboots=1, on=False)
    expect(story.at("no-license")).to_be_visible()


def _ordered(story: Presenter) -> None:
    expect(story.at("server")).to_contain_text("000000000000-license.cfg")
    story.has(state="idle", reboots=1, on=False)


def _licensed(story: Presenter) -> None:
    story.logs(f"License: new key for {story.key} expiry WED MAR 04 23:59:59 2026 added")
    story.has(state="idle", reboots=2, on=True)
    expect(story.visitor.row("licenses", story.feature)).to_contain_text("2026-03-04")
    expect(story.at("no-license")).to_be_hidden()


def _eve(story: Presenter) -> None:
    story.shows("Licenses", "Valid until 2026-03-04")
    expect(story.at("clock")).to_contain_text("2026-03-03 05:00:00 UTC")
    expect(story.visitor.row("licenses", story.feature)).to_contain_text("1 day")


def _call(story: Presenter) -> None:
    story.has(state="in call", reboots=2, on=True)
    expect(story.at("calls")).to_have_text("1 on the phone")
    expect(story.visitor.row("licenses", story.feature)).to_contain_text("over")


def _poll(story: Presenter) -> None:
    story.has(state="waiting for idle", reboots=2, on=True)
    expect(story.at("calls")).to_have_text("1 on the phone")


def _end(story: Presenter) -> None:
    story.shows("Reconfiguring network, please wait.")
    expect(story.at("state")).to_have_text("rebooting")
    expect(story.at("calls")).to_have_text("")


def _rebooted(story: Presenter) -> None:
    story.logs("cfgCfsKeysUpdateLicenseParse: Site license has expired")
    story.has(state="idle", reboots=3, on=False)
    expect(story.at("reboots")).to_contain_text("a license has expired")
    expect(story.visitor.row("features", story.feature)).to_contain_text("license expired, last day 2026-03-04")


_SIGHTS: tuple[Callable[[Presenter], None], ...] = (
    _box,
    _power_on,
    _no_license,
    _forged,
    _ordered,
    _licensed,
    _eve,
    _call,
    _poll,
    _end,
    _rebooted,
)


def begun(visit: Visit, model: str) -> Presenter:
    visitor = visit(f"/demonstration/{model}")
    visitor.button("Start").click()
    return Presenter(visitor, model)


@pytest.mark.parametrize(("model", "by_key"), [("SPIP_670", True), ("VVX_1500", False)])
def test_story_is_told_to_its_end(visit: Visit, model: str, *, by_key: bool) -> None:
    story = begun(visit, model)
    story.sees(0)
    for step in range(1, len(STEPS)):
        if by_key:
            story.page.keyboard.press("n")
        else:
            story.visitor.button("Next (N)").click()
        story.sees(step)
    expect(story.visitor.button("Next (N)")).to_be_disabled()


def test_story_goes_back_and_starts_again(visit: Visit) -> None:
    story = begun(visit, "SPIP_670")
    story.page.get_by_text("All steps").click()
    story.page.get_by_role("link", name=STEPS[9].title).click()
    story.sees(9)
    story.visitor.button("Back").click()
    story.sees(8)
    # The log is the one of the phone that has lived up to here, and nothing of the life before.
    assert sum("cfgCfsXmlKeyValidate" in line for line in story.visitor.lines()) == 1
    story.visitor.button("Start again").click()
    story.sees(0)
    expect(story.visitor.button("Back")).to_be_disabled()
    story.page.keyboard.press("PageDown")
    story.sees(1)


def test_address_brings_its_step_back(visit: Visit) -> None:
    visitor = visit("/demonstration/VVX_1500?step=5")
    visitor.button("Start, and go to step 5").click()
    story = Presenter(visitor, "VVX_1500")
    story.sees(5)
    story.page.reload()
    story.sees(5)
    visitor.go("/demonstration/VVX_1500?step=6")
    story.sees(6)
    visitor.go("/demonstration/VVX_1500?step=2")
    story.sees(2)
    visitor.go("/demonstration/VVX_1500?step=99")
    story.is_at(2)


def test_story_says_what_it_takes_away(visit: Visit, served_desk: ServedDesk) -> None:
    served_desk.put("SPIP_320", "SPIP_450")
    visitor = visit("/demonstration/SPIP_670")
    expect(visitor.page.locator(".notice")).to_contain_text("2 phones and all licenses")
    visitor.page.get_by_role("link", name="With the VVX 1500 instead").click()
    visitor.button("Start").click()
    Presenter(visitor, "VVX_1500").sees(0)
    assert [phone.mac for phone in served_desk.desk.phones] == [MACS["VVX_1500"]]


def test_story_goes_on_in_every_window(visit: Visit) -> None:
    story = begun(visit, "SPIP_670")
    audience = Presenter(visit("/demonstration/SPIP_670"), "SPIP_670")
    audience.sees(0)
    story.page.keyboard.press("n")
    audience.sees(1)
    audience.page.keyboard.press("n")
    story.sees(2)
    story.visitor.button("Start again").click()
    audience.sees(0)


def test_n_in_a_field_is_a_letter(visit: Visit) -> None:
    story = begun(visit, "SPIP_670")
    story.is_at(0)
    story.page.keyboard.press("Control+Alt+n")
    story.at("search").press_sequentially("n")
    expect(story.at("search")).to_have_value("n")
    expect(story.at("step-place")).to_have_text(f"0 of {len(STEPS) - 1}.")
