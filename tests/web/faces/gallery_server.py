"""Serves the gallery on loopback, under the policy that a page with faces is to keep."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
_TYPES = {"html": "text/html; charset=utf-8", "css": "text/css", "js": "text/javascript"}


@contextmanager
def served(site: Mapping[str, bytes]) -> Iterator[str]:
    """The URL of these files while they are served."""

    class Conversation(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/") or "index.html"
            body = site.get(name)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", _TYPES.get(name.rpartition(".")[2], "text/plain"))
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the library
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Conversation) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
