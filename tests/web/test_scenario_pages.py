"""Scenarios on the page: what is shown of them, and that they are run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from phone_sim.errors import UsageError
from phone_sim.web.portal.service import PortalService
from phone_sim.web.scenario_pages import Scenarios
from tests.web import browser, page_of, posted, text_of

FINE = """\
title = "A phone boots"
start = "2026-03-02 08:00"
[phones.desk]
[server.files]
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'
"site.cfg" = "<site/>"
[[steps]]
boot = true
expect.log = ["Initial log entry"]
"""
FAILING = FINE.replace("A phone boots", "A phone <b>fails</b>").replace("Initial log entry", "<i>nobody</i> says so")


@pytest.fixture
def scenarios(tmp_path: Path) -> Scenarios:
    """One that goes well, and one that does not."""
    files = [tmp_path / "fine.phone.toml", tmp_path / "failing.phone.toml"]
    for file, text in zip(files, (FINE, FAILING), strict=True):
        file.write_text(text)
    return Scenarios(files)


@pytest.fixture
def client(portal: PortalService, scenarios: Scenarios) -> Iterator[TestClient]:
    """A browser on a desk that has these scenarios."""
    with browser(portal, scenarios=scenarios) as client:
        yield client


@pytest.mark.slow
def test_scenarios_are_listed_with_their_last_run(client: TestClient) -> None:
    assert page_of(client.get("/scenarios")).xpath("//tbody//td[3]/text()") == ["not run", "not run"]
    assert posted(client, "/scenarios/0", {}).headers["location"] == "/scenarios/0"
    posted(client, "/scenarios/1", {})
    page = page_of(client.get("/scenarios"))
    assert page.xpath("//tbody//td[3]/text()") == ["ok", "failed"]
    assert page.xpath("//tbody//a/text()") == ["A phone boots", "A phone <b>fails</b>"]


def test_scenario_shows_its_steps_before_it_was_run(client: TestClient) -> None:
    page = page_of(client.get("/scenarios/0"))
    assert page.xpath("//main//ol/li/text()") == ["boot"]
    assert "It was not run yet." in text_of(page)


@pytest.mark.slow
def test_outcome_shows_the_log_and_what_was_expected(client: TestClient) -> None:
    posted(client, "/scenarios/1", {})
    page = page_of(client.get("/scenarios/1"))
    assert "<i>nobody</i> says so" in "".join(page.xpath("//div[@class='summary']//dd//text()"))
    (log,) = page.xpath("//pre/text()")
    assert "Initial log entry" in log
    posted(client, "/scenarios/0", {})
    assert "All was as expected" in text_of(page_of(client.get("/scenarios/0")))


@pytest.mark.slow
def test_programs_get_the_same_as_json(client: TestClient) -> None:
    as_json = {"Accept": "application/json"}
    assert client.get("/scenarios/0", headers=as_json).json()["passed"] is None
    posted(client, "/scenarios/1", {})
    first, second = client.get("/scenarios", headers=as_json).json()
    assert (first["title"], first["passed"]) == ("A phone boots", None)
    assert (second["passed"], second["failures"][0]["key"]) == (False, "log")


def test_scenario_that_is_not_there_is_no_page(client: TestClient) -> None:
    assert client.get("/scenarios/2").status_code == 404
    assert posted(client, "/scenarios/2", {}).status_code == 404


def test_one_scenario_runs_at_a_time(scenarios: Scenarios, client: TestClient) -> None:
    with scenarios.running():
        answer = posted(client, "/scenarios/0", {})
    assert answer.status_code == 503
    assert "another scenario is running" in text_of(page_of(answer, 503))
    assert posted(client, "/scenarios/0", {}).status_code == 303


def test_file_that_is_no_scenario_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.phone.toml").write_text("title = 1\n")
    with pytest.raises(UsageError, match=r"odd\.phone\.toml"):
        Scenarios([tmp_path / "odd.phone.toml"])


def test_page_without_scenarios_says_how_to_have_some(portal: PortalService) -> None:
    with browser(portal) as client:
        assert "phone-sim web --scenario FILE" in text_of(page_of(client.get("/scenarios")))


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "1.5", "one", "\u0663", "000000000"])
def test_what_is_no_number_of_a_scenario_is_no_page(client: TestClient, number: str) -> None:
    assert client.get(f"/scenarios/{number}").status_code == 404
    assert client.post(f"/scenarios/{number}").status_code == 404
