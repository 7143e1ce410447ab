"""The page of an audit, a file that is opened in a browser: nothing to complain of, no barrier, and a filter."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from phone_sim.audit.audit_report import AuditReport
from phone_sim.audit.gate import Gate
from phone_sim.audit.html_page import as_html
from phone_sim.audit.judging import audit
from phone_sim.audit.observe import observe
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.audit.audited import SITE, plan
from tests.web.chromium import Visitor, violations

pytestmark = pytest.mark.real


def test_page_of_an_audit_has_no_barrier_and_is_filtered(chrome: Browser, tmp_path: Path) -> None:
    with BootServer(MemorySite({**SITE, "site.cfg": b"<a b.c='&'/>"})) as server:
        seen = observe(plan(server.url))
    file = tmp_path / "audit.html"
    file.write_text(as_html(AuditReport(seen=seen, findings=audit(seen)), Gate().fails), encoding="utf-8")
    visitor = Visitor(chrome.new_context(viewport={"width": 1280, "height": 900}).new_page(), "file:")
    page = visitor.go(f"//{file}")
    assert violations(page) == []
    page.get_by_label("good").uncheck()
    page.get_by_label("With the words").fill("site.cfg WELL-formed")
    expect(page.locator("#shown")).to_have_text(f"1 of {len(audit(seen))} findings")
    expect(page.locator(".finding:visible")).to_have_attribute("id", "config-not-well-formed")
    # A link shows what the filter hides.
    page.goto(f"file://{file}#keep-alive")
    expect(page.locator("#keep-alive .evidence")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 400, "height": 900})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    page.context.close()
    assert visitor.complaints == []
