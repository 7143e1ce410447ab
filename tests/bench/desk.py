"""`python -m tests.bench.desk [SECONDS]`: a full desk at its highest speed, with its page open in chromium.

Phones of all models live with a site license that ends after five days. Every ten seconds a new one is put on the boot
server, all phones are rebooted for it, and one phone is switched off and on by a click. By default it takes five
minutes. The load is the server's and the browser's together, on one machine.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import CDPSession, Page

from phone_sim.runtime.model_files import load_models
from phone_sim.web.desk.desk import PHONES_LIMIT
from phone_sim.web.desk.time import FASTEST
from tests.bench.__main__ import Figure
from tests.web.chromium import chromium

SECONDS = 300
EVERY = 10
LICENSE_DAYS = 5
LATE = 1.0
"""Seconds after which what a click did is late; after ten times as many it is dropped."""

_WATCH = """
window.seen = { messages: 0, bytes: 0, tiles: 0, long: [] };
new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.seen.long.push(task.duration);
}).observe({ type: "longtask", buffered: true });
window.EventSource = class extends EventSource {
    constructor(...words) {
        super(...words);
        this.addEventListener("message", (message) => {
            window.seen.messages += 1;
            window.seen.bytes += message.data.length;
            window.seen.tiles += JSON.parse(message.data).tiles?.length ?? 0;
        });
    }
};
"""
_CLICKED = """([index, limit]) => new Promise((resolve) => {
    const tile = document.querySelectorAll(".tile")[index];
    const began = performance.now();
    const done = () => resolve((performance.now() - began) / 1000);
    const wanted = tile.dataset.state !== "off";
    const look = new MutationObserver(() => {
        if ((tile.dataset.state === "off") === wanted) { look.disconnect(); done(); }
    });
    look.observe(tile, { attributes: true, attributeFilter: ["data-state"] });
    setTimeout(() => { look.disconnect(); resolve(null); }, 1000 * limit);
    tile.querySelector("button").click();
})"""


@dataclass(slots=True)
class Server:
    """The web server in a process of its own."""

    url: str
    pid: int
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What the API answers; what a busy phone refuses is None."""
        answer = self.session.request(method, f"{self.url}api{path}", json=body, headers={"Origin": self.url[:-1]})
        if answer.status_code == 409:
            return None
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served() -> Iterator[Server]:
    """A desk full of phones of all models, switched on."""
    command = [sys.executable, "-m", "phone_sim", "web", "--json", "--now", "2026-03-02T09:00", "--phone", "SPIP_670"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            server = Server(url=next(iter(json.loads(process.stdout.readline()).values())), pid=process.pid)
            models = [model.token for model in load_models()]
            for number in range(PHONES_LIMIT - 1):
                server.ask("POST", "/phones", {"model": models[number % len(models)], "on": True})
            yield server
        finally:
            process.terminate()


@dataclass(slots=True)
class Course:
    """What is noted while it goes."""

    clicks: list[float] = field(default_factory=list)
    dropped: int = 0
    speeds: list[float] = field(default_factory=list)
    renewals: int = 0


def live(server: Server, page: Page, seconds: float) -> Course:
    """Renew the license and click, again and again."""
    course = Course()
    macs = [phone["mac"] for phone in server.ask("GET", "/desk")["phones"]]
    server.ask("PUT", "/clock", {"speed": FASTEST})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        clock = server.ask("GET", "/desk")["clock"]
        last = datetime.fromisoformat(clock["now"]) + timedelta(days=LICENSE_DAYS)
        if server.ask("POST", "/licenses", {"last_day": last.date().isoformat()}) is not None:
            course.renewals += 1
        for mac in macs:
            server.ask("POST", f"/phones/{mac}/reboot")
        for _ in range(2):
            seen = page.evaluate(_CLICKED, [course.renewals % len(macs), 10 * LATE])
            course.clicks += [] if seen is None else [seen]
            course.dropped += seen is None
        page.wait_for_timeout(max(0.0, 1000 * min(began + EVERY - time.monotonic(), end - time.monotonic())))
        course.speeds.append(server.ask("GET", "/desk")["clock"]["speed_reached"])
    return course


def heap(session: CDPSession) -> tuple[float, int]:
    """MB of JavaScript heap in use after a collection, and the nodes of the document."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"])


def figures(seconds: float) -> Iterator[Figure]:
    """All figures, when it is over."""
    with served() as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(_WATCH)
        page.goto(server.url)
        page.locator(".tile").nth(PHONES_LIMIT - 1).wait_for(state="attached")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        heap_before, nodes_before = heap(session)
        page.evaluate("window.seen.long = []")
        start, cpu, began = server.ask("GET", "/desk"), server.cpu(), time.monotonic()
        seen_before = page.evaluate("({ ...window.seen })")
        course = live(server, page, seconds)
        passed, cpu = time.monotonic() - began, server.cpu() - cpu
        seen, after = page.evaluate("window.seen"), server.ask("GET", "/desk")
        heap_after, nodes_after = heap(session)
    first, last = (datetime.fromisoformat(one["clock"]["now"]) for one in (start, after))
    events = sum(phone["last_event"] for phone in after["phones"]) - sum(one["last_event"] for one in start["phones"])
    late = sum(one > LATE for one in course.clicks)
    messages, size, tiles = ((seen[name] - seen_before[name]) / passed for name in ("messages", "bytes", "tiles"))
    yield Figure(name="phones, seconds", value=f"{len(after['phones'])}, {passed:.0f}")
    yield Figure(name="time that passed on the desk", value=f"{(last - first).days} days")
    yield Figure(
        name="speed reached",
        value=f"{(last - first).total_seconds() / passed:,.0f}",
        against=f"{FASTEST:,.0f} asked for; lowest reading {min(course.speeds):,.0f}",
    )
    yield Figure(name="renewals, reboots", value=f"{course.renewals}, {sum(one['reboots'] for one in after['phones'])}")
    yield Figure(name="events on the desk", value=f"{events / passed:,.0f} /s")
    yield Figure(
        name="messages to the page", value=f"{messages:.1f} /s", against=f"{tiles:.0f} tiles/s, {size / 1000:.0f} kB/s"
    )
    yield Figure(
        name="long tasks (over 50 ms) in the page",
        value=f"{len(seen['long'])}",
        against=f"longest {max(seen['long'], default=0):.0f} ms, together {sum(seen['long']) / 1000:.1f} s",
    )
    yield Figure(name="JavaScript heap", value=f"{heap_after:.1f} MB", against=f"{heap_before:.1f} MB at the start")
    yield Figure(name="nodes in the page", value=f"{nodes_after:,}", against=f"{nodes_before:,} at the start")
    yield Figure(name="CPU of the server", value=f"{100 * cpu / passed:.0f} %")
    clicks = sorted(course.clicks)
    yield Figure(
        name="from a click to what it did",
        value=f"{1000 * clicks[len(clicks) // 2]:.0f} ms",
        against=f"longest {1000 * clicks[-1]:.0f} ms; of {len(clicks)}, late {late}, dropped {course.dropped}",
    )


if __name__ == "__main__":
    for figure in figures(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS):
        print(f"{figure.name:<38} {figure.value:>12}  {figure.against}", flush=True)
