"""As much of S3 as pycolonies uses, over HTTP: objects by path, in memory."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Objects(BaseHTTPRequestHandler):
    objects: dict[str, bytes]

    def do_HEAD(self) -> None:
        """A bucket is there when something was put under its name."""
        self._answer(200 if self._path() in self.objects else 404)

    def do_GET(self) -> None:
        """An object."""
        found = self.objects.get(self._path())
        self._answer(404 if found is None else 200, found or b"")

    def do_PUT(self) -> None:
        """A new bucket or object."""
        self.objects[self._path()] = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200)

    def do_DELETE(self) -> None:
        """Remove an object."""
        self.objects.pop(self._path(), None)
        self._answer(204)

    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def object_store() -> Generator[tuple[str, dict[str, bytes]]]:
    """Yields `host:port`, and the objects by their path."""
    objects: dict[str, bytes] = {}
    handler = type("Objects", (_Objects,), {"objects": objects})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", objects
        server.shutdown()
