"""The pages of single phones: in a browser, with workers that have the phones, and with one that answers nonsense."""

import json
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
import zmq
from playwright.sync_api import expect

from phone_sim.fleet.protocol.phone_details import LOG_LIMIT
from tests.fleet.running import BOUND, Running, asked, make_site, posted, until
from tests.real_servers.nginx import Nginx
from tests.web.chromium import Visitor, chromium, violations

pytestmark = pytest.mark.real

PHONES, LICENSED = 12, 8
FIRST, LAST, OTHER = "0004f2000001", "0004f200000c", "0004f20000ff"
HOSTILE = "<img src=x onerror=alert(1)>.cfg"
SOUND: dict[str, Any] = {
    "mac": FIRST,
    "state": "idle",
    "shortcoming": {},
    "reboots": 0,
    "features": {"LDAP": {"on": True, "reason": "licensed, does not expire"}},
    "parameters": {"license.polling.time": {"value": "03:00", "source": "site.cfg, line 1", "masked": ""}},
    "log": "a line\n",
    "is_cut": False,
}
Answered = tuple[int, str, str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("phone_pages")
    make_site(root := folder / "root", LICENSED)
    master = (root / "000000000000.cfg").read_text()
    escaped = HOSTILE.replace("<", "&lt;")
    (root / "000000000000.cfg").write_text(master.replace('"site.cfg"', f'"site.cfg, {escaped}"'))
    (root / HOSTILE).write_text('<s log.render.level="9"/>')  # which is logged, with the name of the file
    with Nginx(root, folder / "work") as running:
        yield running


def get(url: str, accept: str = "*/*") -> Answered:
    """The status, the kind and the text of what is at an address."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=BOUND) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def swarm(url: str, **fields: str) -> None:
    """Press the button that starts a run."""
    assert posted(f"{url}/swarm", **fields)["success"]


@contextmanager
def page_of(server: Nginx, *words: str) -> Iterator[tuple[Running, str]]:
    with Running("--server", server.url, "-u", f"{PHONES}", "--web-port", "0", "--require-licensed", *words) as run:
        yield run, run.hear(r"page is at (\S+)/")


def test_phone_is_found_in_a_browser(server: Nginx, tmp_path: Path) -> None:
    with page_of(server) as (_, url), chromium() as browser:
        visitor = Visitor(browser.new_page(), url)
        page = visitor.go("/")
        page.get_by_role("button", name="Start").click()
        box = page.get_by_role("region", name="One phone")
        expect(box).to_be_hidden()
        page.get_by_role("tab", name="Phones").click()
        expect(box.get_by_role("heading")).to_have_text(f"Not as expected: {PHONES - LICENSED}")
        expect(box.get_by_role("listitem")).to_have_count(PHONES - LICENSED)
        expect(box.get_by_role("listitem").last).to_have_text(f"{LAST} LDAP: no license")
        # Locust says for two seconds that nothing has begun: whoever comes back by then is shown the form to start.
        expect(page.get_by_role("row", name=f"Phones idle {PHONES}")).to_be_visible()
        box.get_by_role("link", name=LAST).click()
        expect(page.get_by_role("heading", name=LAST)).to_be_visible()
        expect(page.get_by_text("no: LDAP: no license")).to_be_visible()
        expect(page.get_by_role("row", name="LDAP off no license")).to_be_visible()
        log = page.get_by_label("Log", exact=True)
        expect(log).to_contain_text("License: feature LDAP is not available")
        expect(log).to_contain_text(HOSTILE)
        assert page.locator("img").count() == 0
        page.screenshot(path=tmp_path / "phone.png", full_page=True)
        assert violations(page) == []
        page.get_by_label("Phone (MAC)").fill(" 00:04:F2:00:00:01 ")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("row", name="LDAP on licensed, does not expire")).to_be_visible()
        page.get_by_role("link", name="All phones").click()
        expect(box.get_by_role("listitem")).to_have_count(PHONES - LICENSED)
        assert visitor.complaints == []
        box.get_by_label("Phone (MAC)").fill("4f2")
        box.get_by_role("button", name="Show").click()
        expect(page.get_by_role("alert")).to_contain_text("'4f2' has 3 of the 12 digits")
        page.get_by_role("link", name="All phones").click()
        page.get_by_role("tab", name="Charts").click()
        expect(box).to_be_hidden()


def test_phone_is_asked_for_by_program(server: Nginx) -> None:
    with page_of(server) as (_, url):
        assert asked(f"{url}/phones/{LAST}.json")["shortcoming_kind"] == "not_switched_on"
        assert get(f"{url}/phones/{LAST}/log")[::2] == (404, f"{LAST} is not switched on yet: it has no log\n")
        assert "not switched on yet" in get(f"{url}/phones/{LAST}")[2]
        swarm(url, user_count=f"{PHONES}", spawn_rate="100")
        until(lambda: asked(f"{url}/phones")["boots"] == PHONES)
        found = asked(f"{url}/phones/{FIRST}.json")
        assert (found["state"], found["as_expected"], found["features"]["LDAP"]["on"]) == ("idle", True, True)
        switch = found["parameters"]["feature.corporateDirectory.enabled"]
        assert (switch["value"], switch["masked"]) == ("1", "")
        assert switch["source"].startswith("site.cfg, line ")
        status, kind, log = get(f"{url}/phones/{FIRST}/log")
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert found["log"] == log.splitlines()
        assert HOSTILE in log
        lacking = {"mac": "0004f2000009", "reason": "LDAP: no license", "kind": "no_license"}
        until(lambda: asked(f"{url}/phones")["unexpected"][0] == lacking)  # a census is half a second old at most
        assert json.loads(get(f"{url}/phones/{FIRST}", "application/json")[2]) == found
        assert get(f"{url}/phones/{FIRST}", "text/html,*/*;q=0.8")[1] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("4f2", 400, "&#39;4f2&#39; has 3 of the 12 digits of a MAC address"),
        ("%3Cscript%3E", 400, "&#39;&lt;script&gt;&#39; is not a MAC address"),
        ("x" * 4000, 400, f"&#39;{'x' * 40}...&#39; is not a MAC address"),
        (OTHER, 404, f"{OTHER}: no phone has this address; the first has {FIRST}, the last {LAST}"),
        (f"{OTHER}/log", 404, f"{OTHER}: no phone has this address"),
        ("4f2.json", 400, '{"error":"\'4f2\' has 3 of the 12 digits'),
        ("find?mac=", 400, "&#39;&#39; is not a MAC address"),
    ],
)
def test_what_is_no_phone_is_said(unstarted: str, path: str, status: int, said: str) -> None:
    found = get(f"{unstarted}/phones/{path}")
    assert found[0] == status
    assert said in found[2]


@pytest.fixture(scope="module")
def unstarted(server: Nginx) -> Iterator[str]:
    with page_of(server) as (_, url):
        yield url


def test_master_asks_the_worker_that_has_the_phone(server: Nginx) -> None:
    with page_of(server, "--processes", "2") as (run, url):
        until(lambda: asked(f"{url}/worker-count")["worker_count"] == 2)
        assert asked(f"{url}/phones/{LAST}.json")["state"] == "off"
        swarm(url, user_count=f"{PHONES}", spawn_rate="100")
        until(lambda: asked(f"{url}/phones")["boots"] == PHONES)
        for mac, is_licensed in ((FIRST, True), (LAST, False)):
            found = asked(f"{url}/phones/{mac}.json")
            assert (found["mac"], found["state"], found["as_expected"]) == (mac, "idle", is_licensed)
            log = get(f"{url}/phones/{mac}/log")[2]
            assert f"{mac} firmware 3.3.0.0000 started\n" in log
            assert HOSTILE in log
        until(lambda: len(asked(f"{url}/phones")["unexpected"]) == PHONES - LICENSED)
        assert get(f"{url}/phones/{OTHER}")[0] == 404
        [holder] = [each for each in asked(f"{url}/phones")["workers"] if LAST in each["phones"]["macs"]]
        os.kill(holder["pid"], signal.SIGKILL)
        run.hear("is lost with its 6 phones")
        status, _, said = get(f"{url}/phones/{LAST}.json")
        assert (status, "is lost, and its log with it" in said) == (410, True)
        assert asked(f"{url}/phones/{FIRST}.json")["state"] == "idle"
        unexpected = asked(f"{url}/phones")["unexpected"]
        assert unexpected[-1] == {"mac": LAST, "reason": "it was lost with a worker", "kind": "lost"}


class Liar:
    """A worker that has all phones, as it says, and answers what a test wants; without an answer it says nothing."""

    def __init__(self, port: str) -> None:
        self.answer: Callable[[int], Any] | None = None
        self._port = port
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._talk)

    def __enter__(self) -> "Liar":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _talk(self) -> None:
        with zmq.Context() as context, context.socket(zmq.DEALER) as worker:
            worker.setsockopt(zmq.IDENTITY, b"liar")
            worker.setsockopt(zmq.LINGER, 0)
            worker.connect(f"tcp://127.0.0.1:{self._port}")

            def say(word: str, data: Any) -> None:
                worker.send(msgpack.dumps((word, data, "liar")))

            say("client_ready", "2.47.0")
            say("phone_sim_hello", {"pid": 1, "host": "far away"})
            state = "ready"
            while not self._is_over.is_set():
                say("heartbeat", {"state": state, "current_cpu_usage": 1.0})
                while worker.poll(500):
                    word, data, _ = msgpack.loads(worker.recv(), strict_map_key=False)
                    state = "running" if word == "spawn" else state
                    if word == "phone_sim_question" and self.answer is not None:
                        say("phone_sim_answer", self.answer(data["question"]))


@pytest.fixture(scope="module")
def lied_to(server: Nginx) -> Iterator[tuple[str, Liar]]:
    master = page_of(server, "--master", "--master-bind-port", "0")
    with master as (run, url), Liar(run.hear(r"The master is at 127\.0\.0\.1:(\d+)")) as liar:
        until(lambda: asked(f"{url}/worker-count")["worker_count"] == 1)
        swarm(url, user_count=f"{PHONES}", spawn_rate="100")
        until(lambda: len(asked(f"{url}/phones")["workers"]) == 1)
        yield url, liar


def about(phone: Any) -> Callable[[int], Any]:
    return lambda question: {"question": question, "refusal": "", "phone": phone}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (about(SOUND), 200, "a line"),
        (about({**SOUND, "log": "x" * LOG_LIMIT}), 200, "x" * LOG_LIMIT),
        (about({**SOUND, "log": "x" * (LOG_LIMIT + 1)}), 502, f"the text has more than {LOG_LIMIT} characters"),
        (about({**SOUND, "log": b"\xff\x00"}), 502, "cannot be used"),
        (about({**SOUND, "mac": LAST}), 502, f"this is not {FIRST}, which was asked for"),
        (about(None), 502, "phone: missing; expected a table"),
        (lambda question: {"question": question}, 502, "refusal: missing; expected a text"),
        (lambda question: {"question": question, "refusal": "I do not know it"}, 502, "I do not know it"),
        (lambda question: {"question": question + 7, "refusal": "", "phone": SOUND}, 504, "does not answer within 3 s"),
        (lambda _question: None, 504, "does not answer within 3 s"),
        (None, 504, "does not answer within 3 s"),
    ],
    ids=[
        "sound",
        "long",
        "too large",
        "no text",
        "wrong phone",
        "none",
        "half",
        "refusal",
        "unasked",
        "empty",
        "silent",
    ],
)
def test_false_answer_of_a_worker_is_said(
    lied_to: tuple[str, Liar], answer: Callable[[int], Any] | None, status: int, said: str
) -> None:
    url, liar = lied_to
    liar.answer = answer
    found = get(f"{url}/phones/{FIRST}.json")
    assert found[0] == status, found[2][:500]
    assert said in found[2]
    if status != 200:
        assert "worker 0 (pid 1 on far away)" in found[2]
