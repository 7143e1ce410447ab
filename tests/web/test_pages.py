"""What holds for every page: it is sound HTML, can be used by everybody, fetches nothing, and tells no secret."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree, html
from lxml.etree import _Element
from starlette.testclient import TestClient

from phone_sim.web.portal.service import PortalService
from tests.authority import batch_of, phone_order, phones, site_order
from tests.web import MAC, SERIAL, enter, page_of, posted

ROOT = Path(__file__).parents[2] / "phone_sim/web"
STYLE = (ROOT / "static/base.css").read_text()
HOSTILE = "\"><script>alert(1)</script><b x='"
VOID = {"input", "link", "meta"}


@pytest.fixture
def pages(client: TestClient, portal: PortalService) -> dict[str, bytes]:
    """Every page of the portal, with and without errors, and with hostile texts in it."""
    number = enter(portal, phone_order(quantity=9), site_order())
    fields = {"number": number, "serial": MAC, "requester": HOSTILE}
    activation = posted(client, "/portal/activate", fields).headers["location"]
    lines = batch_of(number, phones(3)) + f"{HOSTILE}\t{HOSTILE}\n"
    report = client.post("/portal/batch", files={"file": lines.encode()}).headers["location"]
    wrong = dict.fromkeys(
        ("number", "serial", "requester", "mail_to", "software", "version", "quantity", "expires", "site_serial"),
        HOSTILE,
    )
    addresses = ("/portal", "/portal/activate", activation, "/portal/batch", report, "/portal/orders")
    got = [client.get(path) for path in (*addresses, f"/portal/orders/{number}", "/portal/orders/new", "/none")]
    sent = [
        posted(client, "/portal/activate", wrong),
        client.post("/portal/batch", data=wrong, files={"file": b""}),
        posted(client, "/portal/orders", {**wrong, "type": "Site"}),
        client.get(f"/portal/batches/{HOSTILE}"),
    ]
    assert [one.status_code for one in sent] == [422, 422, 422, 404]
    return {f"{place} {one.url.path}": one.content for place, one in enumerate(got + sent)}


def each(pages: dict[str, bytes]) -> Iterator[tuple[str, _Element]]:
    """The pages with their names."""
    for name, data in pages.items():
        yield name, html.document_fromstring(data)


@pytest.mark.slow
def test_markup_is_balanced(pages: dict[str, bytes]) -> None:
    for name, data in pages.items():
        text = re.sub(r"<!DOCTYPE html>|(?<=[\"a-z]) (autofocus|required|checked|download)(?=[ />])", "", data.decode())
        root = etree.fromstring(text)
        assert root.tag == "html", name
        assert {one.tag for one in root.iter() if one.text is None and not len(one)} <= VOID | {"span", "td", "p"}, name


@pytest.mark.slow
def test_page_says_what_it_is(pages: dict[str, bytes]) -> None:
    for name, page in each(pages):
        assert page.get("lang") == "en", name
        assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1, name
        assert page.xpath("string(//title)").startswith("Error: ") == bool(page.xpath("//*[@id='summary']")), name
        levels = [int(one.tag[1]) for one in page.xpath("//h1|//h2|//h3")]
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), name


@pytest.mark.slow
def test_every_field_has_a_label_and_what_describes_it(pages: dict[str, bytes]) -> None:
    fields = 0
    for name, page in each(pages):
        for field in page.xpath("//input|//select|//textarea"):
            fields += 1
            (label,) = page.xpath("//label[@for=$id]", id=field.get("id"))
            assert label.text_content().strip(), name
            for described in (field.get("aria-describedby") or "").split():
                assert page.xpath("//*[@id=$id]", id=described)[0].text_content().strip(), name
        for link in page.xpath("//a[starts-with(@href, '#')]/@href"):
            assert page.xpath("//*[@id=$id]", id=link[1:]), name
    assert fields == 28


@pytest.mark.slow
def test_form_works_without_a_script_and_page_fetches_nothing_from_elsewhere(pages: dict[str, bytes]) -> None:
    for name, page in each(pages):
        assert page.xpath("//script|//style|//iframe|//object|//base|//*[@style]") == [], name
        assert [one for one in page.xpath("//@*") if one.attrname.startswith("on")] == [], name
        for address in page.xpath("//@href|//@src|//@action"):
            assert re.match(r"(/(?!/)|#|\?|data:,)", address), (name, address)
        assert all(form.get("method") == "post" for form in page.xpath("//form")), name
        assert all(form.xpath(".//button[@type='submit']") for form in page.xpath("//form")), name


@pytest.mark.slow
def test_every_link_leads_somewhere(client: TestClient, pages: dict[str, bytes]) -> None:
    links = {link for _, page in each(pages) for link in page.xpath("//@href") if link.startswith("/")}
    assert len(links) > 8
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.slow
def test_hostile_text_stays_text(pages: dict[str, bytes]) -> None:
    assert sum(b"alert(1)" in data for data in pages.values()) >= 5
    for name, page in each(pages):
        assert page.xpath("//script|//b") == [], name


@pytest.mark.slow
def test_no_page_tells_what_the_authority_signs_with(pages: dict[str, bytes], portal: PortalService) -> None:
    pem = (portal.authority_folder / "signing_key.pem").read_bytes()
    lines = [line for line in pem.splitlines() if len(line) > 40]
    for name, data in pages.items():
        assert not any(line in data for line in lines), name
        assert b"PRIVATE" not in data, name
        assert b"Traceback" not in data, name


@pytest.mark.slow
def test_number_is_shown_to_nobody_who_asks_for_an_activation(client: TestClient, portal: PortalService) -> None:
    number = enter(portal, phone_order())
    posted(client, "/portal/activate", {"number": number, "serial": MAC})
    for path in (f"/portal/activations/{SERIAL}", f"/portal/activations/{SERIAL}.json"):
        assert number not in client.get(path).text


def test_stylesheet_is_served_and_may_be_kept(client: TestClient) -> None:
    sheet = client.get("/static/base.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert sheet.headers["cache-control"] == "no-cache"
    again = client.get("/static/base.css", headers={"If-None-Match": sheet.headers["etag"]})
    assert again.status_code == 304
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_reader_is_asked_for_colors_and_motion() -> None:
    for wish in ("prefers-color-scheme: dark", "prefers-reduced-motion: reduce", ":focus-visible"):
        assert wish in STYLE


def luminance(color: str) -> float:
    """Relative luminance, as WCAG 2 has it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast_is_that_of_level_aa(scheme: int) -> None:
    colors = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.+?)\}", STYLE, re.DOTALL)[scheme]))
    for text, ground in (
        ("text", "ground"),
        ("text", "raised"),
        ("dim", "ground"),
        ("link", "ground"),
        ("bad", "ground"),
    ):
        assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
    assert contrast(colors["on-act"], colors["act"]) >= 4.5
    for edge in ("line", "focus", "act"):
        assert contrast(colors[edge], colors["ground"]) >= 3, edge
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", STYLE.split("*, *::before")[1])) == set()


def test_first_page_is_the_desk_and_leads_to_the_portal(client: TestClient) -> None:
    assert "/portal" in page_of(client.get("/")).xpath("//nav/a/@href")
    page_of(client.get("/portal"))
    assert client.get("/portal.json").status_code == 404
    assert client.post("/portal").status_code == 405
