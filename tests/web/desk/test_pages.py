"""The pages of the desk as the server draws them."""

import pytest
from starlette.testclient import TestClient

from phone_sim.web.app import make_app
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.server import DeskServer
from phone_sim.web.portal.service import PortalService
from phone_sim.web_access import Access
from tests.web import ORIGIN, PORT, page_of, posted, text_of


@pytest.mark.slow
def test_story_page_takes_the_step_along(client: TestClient) -> None:
    page = page_of(client.get("/demonstration/SPIP_670?step=3"))
    assert page.xpath("//input[@name='step']/@value") == ["3"]
    page = page_of(client.get("/demonstration/SPIP_670?step=<script>"))
    assert page.xpath("//input[@name='step']/@value") == ["0"]
    assert posted(client, "/demonstration/SPIP_670", {"step": "1"}).headers["location"] == "/demonstration/SPIP_670"
    assert client.get("/api/demonstration").json()["step"] == 1


def test_story_on_a_server_of_others_is_refused(portal: PortalService) -> None:
    access = Access.at("127.0.0.1", PORT)
    with (
        DeskServer(url="http://192.0.2.1/", authority=portal.authority_folder) as server,
        Desk(server, speed=0) as desk,
    ):
        app = make_app(access=access, portal=portal, desk=desk)
        with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}, follow_redirects=False) as client:
            page = page_of(posted(client, "/demonstration/VVX_1500", {}), 409)
    assert "the story needs a boot server of its own" in text_of(page)
