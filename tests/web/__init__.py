"""Tests of the web server, and what they share: an authority, the application on it, and a browser of sorts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
from lxml import html
from lxml.etree import _Element
from starlette.testclient import TestClient

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import LEDGER_FILE
from phone_sim.authority.orders import Order
from phone_sim.web.app import make_app
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.server import DeskServer
from phone_sim.web.portal.service import PortalService
from phone_sim.web.scenario_pages import Scenarios
from phone_sim.web_access import Access
from tests.authority import entered

PORT = 8123
ORIGIN = f"http://127.0.0.1:{PORT}"
MAC = "0004f2000001"
SERIAL = MAC.upper()
NOBODYS = "89CKDMTNZV86JG"
"""A license number that nobody has ordered."""


@contextmanager
def browser(
    portal: PortalService, *, access: Access | None = None, scenarios: Scenarios | None = None
) -> "Iterator[TestClient]":
    """A client that sends what a browser sends from a page of the same origin."""
    access = access if access is not None else Access.at("127.0.0.1", PORT)
    with DeskServer(authority=portal.authority_folder) as server, Desk(server, speed=0) as desk:
        app = make_app(access=access, portal=portal, desk=desk, scenarios=scenarios)
        with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}, follow_redirects=False) as client:
            yield client


def enter(portal: PortalService, *orders: Order) -> str:
    """Enter orders into the ledger, and return the number of the first."""
    with Ledger(portal.authority_folder / LEDGER_FILE) as ledger:
        return entered(ledger, *orders)


def redemptions(portal: PortalService) -> list[tuple[str, str]]:
    """All redemptions of the ledger: number and serial."""
    with Ledger(portal.authority_folder / LEDGER_FILE) as ledger:
        return [(one.number, one.serial) for one in ledger.redemptions()]


def page_of(answer: httpx2.Response, status: int = 200) -> _Element:
    """The page of an answer, which has to be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return html.document_fromstring(answer.content)


def text_of(page: _Element) -> str:
    """What can be read on a page, with single blanks."""
    return " ".join(" ".join(page.xpath("//body//text()")).split())


def errors_of(page: _Element) -> dict[str, str]:
    """What is said next to each field; the summary says the same, and leads there."""
    said = {str(one.get("id")).removesuffix("-error"): one.text_content() for one in page.xpath("//p[@class='error']")}
    said = {name: " ".join(text.split()).removeprefix("Error: ") for name, text in said.items()}
    links = page.xpath("//*[@id='summary']//a")
    assert {link.get("href")[1:]: link.text_content() for link in links} == said
    for name in said:
        (field,) = page.xpath("//*[@id=$name]", name=name)
        assert field.get("aria-invalid") == "true"
        assert f"{name}-error" in field.get("aria-describedby").split()
    return said


def posted(client: TestClient, path: str, fields: Mapping[str, str], **words: Any) -> httpx2.Response:
    """The answer to a form with these fields."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", **words.pop("headers", {})}
    return client.post(path, content=urlencode(fields), headers=headers, **words)


def site_files(folder: Path) -> dict[str, bytes]:
    """The files in the folder of a boot server."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
