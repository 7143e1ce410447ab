"""A page of somebody else, in a real browser, that tries to use a server of this machine."""

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser

FOREIGN = "evil.example"
"""Somebody else's name, which leads to this machine in a browser that is started with `AS_FOREIGN`."""
AS_FOREIGN = f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1"

_ATTACK = """async ([targets, reads, changes]) => {
    const quiet = async (url, options) => { try { return (await fetch(url, options)).ok } catch { return false } };
    const submit = (url, fields) => new Promise((done) => {
        const frame = Object.assign(document.createElement("iframe"), {name: url, onload: done});
        const form = Object.assign(document.createElement("form"), {action: url, method: "POST", target: url});
        for (const [name, value] of Object.entries(fields))
            form.append(Object.assign(document.createElement("input"), {name, value}));
        document.body.append(frame, form);
        form.submit();
        setTimeout(done, 1000);
    });
    const read = [];
    const all = [];
    for (const target of targets) {
        for (const path of reads) all.push(quiet(target + path).then((ok) => ok && read.push(target + path)));
        for (const [path, fields] of changes) {
            const body = new URLSearchParams(fields);
            for (const mode of ["no-cors", "cors"]) all.push(quiet(target + path, {method: "POST", body, mode}));
            all.push(submit(target + path, fields));
        }
    }
    await Promise.all(all);
    return read;
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>Somebody else's page</title><body></body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", f"{len(body)}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class ForeignPage:
    """Serves the page at a port of its own, until the end of the context."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def attack(
        self, browser: Browser, url: str, reads: Sequence[str], changes: Sequence[tuple[str, dict[str, str]]] = ()
    ) -> list[str]:
        """Change what it can at a server of this machine, from foreign pages; what they could read there.

        The page stands at another port of the foreign name and of 127.0.0.1, and at the server's own port under the
        foreign name (DNS rebinding), where it has the same origin as what it asks for.
        """
        port, own = urlsplit(url).port, self._server.server_port
        targets = [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost", FOREIGN)]
        found = []
        for place in (f"http://{FOREIGN}:{own}/", f"http://127.0.0.1:{own}/", f"http://{FOREIGN}:{port}/"):
            page = browser.new_page()
            page.goto(place)
            found += [f"{place} read {each}" for each in page.evaluate(_ATTACK, [targets, reads, changes])]
            page.close()
        return found
