"""A package index on the loopback: it asks the configured index, and remembers every answer.

Within one run (and later ones with the same directory) nothing that an index says can change, and
a build that lives in another year needs no valid certificate.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_JSON = "application/vnd.pypi.simple.v1+json"


class Mirror:
    """Serves from the moment it is made until ``close``."""

    def __init__(self, directory: Path, python: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._upstream = _configured_index(python)
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()  # guards _locks
        self._context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def index(self) -> str:
        """The URL to give to a front end."""
        return self.base + "/simple/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, project: str) -> bytes:
        """A project's page, its links led through here."""
        url = urllib.parse.urljoin(self._upstream, urllib.parse.quote(project) + "/")
        page: dict[str, Any] = json.loads(self.fetch(url).read_bytes())
        for file in page["files"]:
            absolute = urllib.parse.urljoin(url, file["url"])
            quoted = urllib.parse.quote(absolute, safe="")
            file["url"] = f"{self.base}/file/{quoted}/{file['filename']}"
        return json.dumps(page).encode()

    def file(self, quoted: str, name: str) -> Path:
        """A file that a page links to, or its metadata beside it."""
        url = urllib.parse.unquote(quoted)
        return self.fetch(url + (".metadata" if name.endswith(".metadata") else ""))

    def fetch(self, url: str) -> Path:
        """The configured index's answer, which is fetched only once. Raises urllib's errors."""
        path = self._directory / hashlib.sha256(url.encode()).hexdigest()
        with self._lock:
            lock = self._locks.setdefault(url, threading.Lock())
        with lock:
            if not path.exists():
                request = urllib.request.Request(url, headers={"Accept": f"{_JSON}, */*;q=0.1"})
                with urllib.request.urlopen(request, context=self._context, timeout=120) as answer:
                    data = answer.read()
                partial = path.with_suffix(".part")
                partial.write_bytes(data)
                partial.rename(path)
        return path

    def sdist(self, project: str, name: str, sha256: str, into: Path) -> Path:
        """Fetches a file of a project into a directory. Its hash must be the one given."""
        target = into / name
        if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
            return target
        for file in json.loads(self.page(project))["files"]:
            if file["filename"] == name:
                data = self.file(file["url"].split("/file/")[1].split("/")[0], name).read_bytes()
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise ValueError(f"{name}: the index has another file of that name")
                into.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                return target
        raise ValueError(f"{name}: the index does not have it")


def _configured_index(python: str) -> str:
    """What pip would use: its configuration, else its own default."""
    asked = subprocess.run(
        [python, "-m", "pip", "config", "get", "global.index-url"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    ).stdout.strip()
    found = os.environ.get("PIP_INDEX_URL") or asked or _default_index(python)
    return found.rstrip("/") + "/"


def _default_index(python: str) -> str:
    program = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    return subprocess.check_output([python, "-c", program], text=True).strip()


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802 - the name is http.server's
            parts = self.path.split("?")[0].strip("/").split("/")
            try:
                if parts[0] == "simple" and len(parts) == 2:
                    self._answer(200, _JSON, mirror.page(parts[1]))
                elif parts[0] == "file" and len(parts) == 3:
                    data = mirror.file(parts[1], parts[2]).read_bytes()
                    self._answer(200, "application/octet-stream", data)
                else:
                    self._answer(404, "text/plain", b"not found")
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # whoever asked has gone
            except urllib.error.HTTPError as error:
                self._answer(error.code, "text/plain", str(error).encode())
            except OSError as error:
                self._answer(502, "text/plain", str(error).encode())

        def _answer(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Accept-Ranges", "none")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_HEAD = do_GET  # noqa: N815 - likewise

        def log_message(self, format: str, *args: object) -> None:
            """Silent: a front end says what it fetches."""

    return Handler
