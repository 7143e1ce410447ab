"""Locust's page with phones on it: in a browser, and as forms with workers behind it."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.fleet.running import Running, asked, make_site, metrics, posted, until
from tests.real_servers.nginx import Nginx
from tests.web.chromium import Visitor, chromium

pytestmark = pytest.mark.real

PHONES, LICENSED = 12, 8
MACS = [f"0004f2{number:06x}" for number in range(1, PHONES + 1)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nginx]:
    make_site(tmp_path / "root", LICENSED)
    with Nginx(tmp_path / "root", tmp_path / "work") as running:
        yield running


def boots(server: Nginx) -> Counter[str]:
    """How often each phone has booted, as the server saw it."""
    asked_for = (request.path.strip("/") for request in server.requests())
    return Counter(path.removesuffix("-phone.cfg") for path in asked_for if path.endswith("-phone.cfg"))


def test_runs_are_started_on_the_page(server: Nginx) -> None:
    words = ("--server", server.url, "--users", f"{PHONES}", "--web-port", "0")
    with Running(*words) as run, chromium() as browser:
        url = run.hear(r"page is at (\S+)/")
        visitor = Visitor(browser.new_page(), url)
        page = visitor.go("/")
        users = page.get_by_label("Number of users (peak concurrency)")
        expect(users).to_have_value(f"{PHONES}")
        users.fill("99999999")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("a population has 1 to 1000000 phones")).to_be_visible()
        users.fill(f"{PHONES}")
        for time in (1, 2):
            page.get_by_role("button", name="Start").click()
            page.get_by_role("tab", name="Phones").click()
            expect(page.get_by_role("row", name=f"LDAP on {LICENSED}")).to_be_visible()
            expect(page.get_by_role("row", name=f"LDAP no license {PHONES - LICENSED}")).to_be_visible()
            expect(page.get_by_role("row", name=f"Phones idle {PHONES}")).to_be_visible()
            expect(page.get_by_role("row", name=f"Time to licensed count {LICENSED}")).to_be_visible()
            until(lambda: asked(f"{url}/phones")["boots"] == PHONES)  # a phone is idle before its log is uploaded
            until(lambda times=time: boots(server) == dict.fromkeys(MACS, times))  # type: ignore[misc]
            page.get_by_role("button", name="Stop").click()
            new = page.get_by_role("button", name="New")
            expect(new).to_be_visible()
            new.click()
        assert visitor.complaints == []
        run.process.send_signal(signal.SIGTERM)
        assert run.ended()[0] == 143


def test_page_of_a_master_starts_its_workers(server: Nginx) -> None:
    words = ("--server", server.url, "--users", "4", "--web-port", "0", "--processes", "1", "--json")
    with Running(*words) as run:
        url = run.hear(r"page is at (\S+)/")

        def swarm(users: str, host: str) -> str:
            return str(posted(f"{url}/swarm", user_count=users, spawn_rate="100", host=host)["message"])

        assert swarm("many", server.url) == "'many' is not a number of phones"
        for other in ("nowhere", "http://evil.example/", f"{server.url} http://evil.example/"):
            assert swarm("4", other) == (
                f"this fleet boots from {server.url} only, which --server names, and not from {other!r}"
            )
        until(lambda: asked(f"{url}/worker-count")["worker_count"] == 1)
        assert swarm("4", server.url) == "Swarming started"
        until(lambda: asked(f"{url}/phones")["states"] == {"idle": 4})
        assert swarm("3", server.url) == "Swarming started"
        assert posted(f"{url}/stop")["message"] == "Test stopped"
        until(lambda: asked(f"{url}/phones")["workers"][0]["state"] == "done")
        assert swarm(f"{PHONES}", server.url) == "Swarming started"
        until(lambda: asked(f"{url}/phones")["states"] == {"idle": PHONES})
        until(lambda: asked(f"{url}/phones")["boots"] == PHONES)
        assert metrics(f"{url}/metrics")["phone_sim_workers", "running"] == 1
        until(lambda: boots(server) == dict.fromkeys(MACS, 1) | dict.fromkeys(MACS[:4], 2))
        run.process.send_signal(signal.SIGTERM)
        code, out = run.ended()
    assert code == 143
    assert json.loads(out)["as_expected"] == PHONES


def test_page_needs_a_port_of_its_own() -> None:
    words = ("--server", "http://127.0.0.1:9/", "--web-port")
    with Running(*words, "0") as run:
        url = run.hear(r"page is at (\S+)/")
        with Running(*words, url.rpartition(":")[2]) as other:
            assert other.ended()[0] == 2
            assert " of 127.0.0.1: Address already in use\n" in other.said


def test_wrong_number_of_phones_is_said() -> None:
    with Running("--server", "http://127.0.0.1:9/", "--web-port", "0") as run:
        url = run.hear(r"page is at (\S+)/")
        for count in ("all", "-1", "2.5", ""):
            said = posted(f"{url}/swarm", user_count=count, spawn_rate="1")
            assert (said["success"], said["message"]) == (False, f"{count!r} is not a number of phones")
