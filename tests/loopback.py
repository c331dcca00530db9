"""A web server on the loopback interface that misbehaves on order, and tiny packages."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PATIENCE_S = 60.0
"""How long a test waits for what must happen, before it fails."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Server:
    """Serves `answers` by path; each is called with the request's handler and its number."""

    url: str
    answers: dict[str, Callable[[BaseHTTPRequestHandler, int], None]]
    requests: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    arrived: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def serve(self, path: str, content: bytes) -> str:
        self.answers[path] = lambda handler, _: send(handler, content)
        return f"{self.url}{path}"

    def serve_cut(self, path: str, content: bytes, *, times: int) -> str:
        """Break off in the middle, this many times."""

        def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
            send(handler, content, only=len(content) // 2 if number <= times else None)

        self.answers[path] = answer
        return f"{self.url}{path}"

    def serve_parts(self, path: str, content: bytes, *, cuts: int) -> str:
        """Give the part that is asked for, and break off in the middle of it `cuts` times."""

        def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
            asked = handler.headers.get("Range", "bytes=0-")
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            part = content[start:]
            only = len(part) // 2 if number <= cuts else len(part)
            self.sent[path] += only
            send(handler, part, only=only, status=206 if start else 200)

        self.answers[path] = answer
        return f"{self.url}{path}"

    def serve_held(self, path: str, content: bytes) -> str:
        """Send the first half, and the second when `release` is set."""

        def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
            half = len(content) // 2
            send(handler, content, only=half)
            self.arrived.set()
            self.release.wait(PATIENCE_S)
            handler.wfile.write(content[half:])

        self.answers[path] = answer
        return f"{self.url}{path}"


def send(
    handler: BaseHTTPRequestHandler,
    content: bytes,
    *,
    only: int | None = None,
    status: int = 200,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[:only])
    handler.wfile.flush()


@contextmanager
def running_server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests[self.path] += 1
            answer = server.answers.get(self.path)
            if answer is None:
                self.send_error(404)
                return
            with suppress(BrokenPipeError, ConnectionResetError):  # the client was killed
                answer(self, server.requests[self.path])

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        server = Server(f"http://127.0.0.1:{httpd.server_port}", {})
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            httpd.shutdown()
            thread.join(PATIENCE_S)


@contextmanager
def silent_url() -> Iterator[str]:
    """Something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def closed_url() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def build_wheel(
    folder: Path, distribution: str, members: Mapping[str, bytes], *, tag: str = "py3-none-any"
) -> Path:
    """Write a wheel, version 1.0, that holds `members`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{distribution}-1.0-{tag}.whl"
    info = f"{distribution}-1.0.dist-info"
    files = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(name, content)
    return path


BACKEND = """
from pathlib import Path

def get_requires_for_build_wheel(settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, settings=None):
    info = Path(folder) / "tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return info.name

def build_wheel(folder, settings=None, metadata=None):
    raise RuntimeError("nobody should build this")
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1.0"
"""


def build_sdist(folder: Path, members: Mapping[str, bytes], *, links: Mapping[str, str]) -> Path:
    """Write the source archive of ``tiny`` 1.0 that holds `members`, and symbolic links."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny-1.0.tar.gz"
    files = {
        **members,
        "PKG-INFO": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "pyproject.toml": PROJECT.encode(),
        "backend.py": BACKEND.encode(),
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"tiny-1.0/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links.items():
            info = tarfile.TarInfo(f"tiny-1.0/{name}")
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path
