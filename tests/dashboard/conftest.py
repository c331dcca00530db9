"""A dashboard that listens on the loopback interface, and whoever asks it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from tests.loopback import PATIENCE_S
from tests.page.conftest import browser as browser  # the fixture

from neuropose.config import Settings
from neuropose.dashboard.access.access_file import AccessList, save_access
from neuropose.dashboard.access.roles import Role
from neuropose.dashboard.serving import Listening, serve
from neuropose.data import JobEntry, VideoFailure, VideoOutcome
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.store import Store

EVENING = datetime(2026, 3, 1, 20, tzinfo=UTC)
PASSWORD = "correct horse battery"
SCRIPT = "<script>alert(1)</script>"


def completed(name: str, number: int, **changes: Any) -> JobEntry:
    return JobEntry(
        **{
            "state": "completed",
            "queued_at": EVENING,
            "started_at": EVENING,
            "finished_at": EVENING + timedelta(seconds=number),
            "attempts": 1,
            "number": number,
            "videos": ("walk.mp4",),
            "results": f"out/{name}/results.json",
            "outcomes": (VideoOutcome(people=1, frames=100, frames_with_people=98),),
            **changes,
        }
    )


def failed(number: int, **changes: Any) -> JobEntry:
    error = "VideoTruncatedError: the video ends after 3 of 90 frames"
    return JobEntry(
        **{
            "state": "failed",
            "queued_at": EVENING,
            "started_at": EVENING,
            "finished_at": EVENING + timedelta(seconds=number),
            "attempts": 1,
            "number": number,
            "videos": ("walk.mp4",),
            "error": error,
            "outcomes": (VideoFailure(error=error),),
            **changes,
        }
    )


@dataclass
class DataDir:
    """A data directory without a daemon, whose status the test writes."""

    root: Path
    layout: Layout = field(init=False)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.layout = Layout(self.root)
        self.layout.make()
        self.store = Store(self.layout, time.monotonic)

    def put(self, **jobs: JobEntry | None) -> None:
        self.put_all(jobs)

    def put_all(self, jobs: dict[str, JobEntry | None]) -> None:
        places = {"completed": self.layout.out, "failed": self.layout.failed}
        for name, entry in jobs.items():
            if entry is not None:
                place = places.get(entry.state.value, self.layout.inbox)
                (place / name).mkdir(exist_ok=True)
                if entry.results == f"out/{name}/results.json":
                    (place / name / "results.json").touch()
        self.store.put(jobs)

    @property
    def audit(self) -> str:
        files = sorted((self.root / ".dashboard").glob("audit-*.jsonl"))
        return "".join(path.read_text(encoding="utf-8") for path in files)


@dataclass
class Site:
    """A dashboard that runs."""

    url: str
    data: DataDir

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def visitor(self) -> Visitor:
        return Visitor(self)

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and return the whole answer."""
        host, port = self.host.split(":")
        with socket.create_connection((host, int(port)), timeout=0.5) as connection:
            connection.sendall(raw)
            parts = []
            try:
                while part := connection.recv(65536):
                    parts.append(part)
            except TimeoutError:  # it waits for more of the request
                connection.settimeout(PATIENCE_S)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    parts.append(part)
            except ConnectionResetError:
                pass
        return b"".join(parts)

    def status(self, raw: bytes) -> int:
        answer = self.send(raw)
        return int(answer.split(b" ", 2)[1]) if answer else 0


class Visitor:
    """A browser without a screen: it keeps cookies, and sends what browsers send."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Accept": "text/html", "Accept-Language": "en"})

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.site.url + path, timeout=PATIENCE_S, **options)

    def post(
        self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None
    ) -> requests.Response:
        return self.session.post(
            self.site.url + path,
            data=fields,
            headers={"Origin": self.site.url, **(headers or {})},
            timeout=PATIENCE_S,
            allow_redirects=False,
        )

    def token(self, path: str = "/jobs") -> str:
        return self.get(path).text.split('name="csrf" content="')[1].split('"')[0]

    def log_in(self, name: str, password: str = PASSWORD) -> requests.Response:
        return self.post("/login", {"name": name, "password": password})

    def act(self, key: str, action: str) -> requests.Response:
        return self.post(f"/jobs/{key}/{action}", {"csrf": self.token()})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("NEUROPOSE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path / "jobs")


@pytest.fixture(scope="session")
def access() -> AccessList:
    """Anna operates, Ben looks; the hospital has a token that looks."""
    people = AccessList().with_password("anna", Role.OPERATE, PASSWORD)
    return people.with_password("ben", Role.LOOK, PASSWORD)


@pytest.fixture
def opened() -> Iterator[Callable[..., Site]]:
    """Opens dashboards; they end with the test, and none may have failed."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def open_site(data: DataDir, access: AccessList | None = None, **options: Any) -> Site:
        ready = threading.Event()
        where: list[str] = []

        def note_ready(address: str) -> None:
            where.append(address.rstrip("/"))
            ready.set()

        if access is not None:
            options["access"] = data.root.with_name("access.json")
            save_access(options["access"], access)
        found: list[uvicorn.Server] = []
        listening = Listening(port=0, **options)
        settings = Settings(data_dir=data.root, allow_data_dir_in_repository=True)
        thread = threading.Thread(
            target=serve,
            args=(settings, listening),
            kwargs={"on_ready": note_ready, "on_server": found.append},
        )
        thread.start()
        assert ready.wait(PATIENCE_S)
        servers.append((found[0], thread))
        return Site(where[0], data)

    yield open_site
    for server, _ in servers:
        server.should_exit = True
    for _, thread in servers:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.fixture
def site(opened: Callable[..., Site], data: DataDir) -> Site:
    """Without an access file, and with a few jobs."""
    data.put(
        anna=completed("anna", 1),
        ben=failed(2),
        carla=JobEntry(state="queued", queued_at=EVENING, number=3, position=1),
    )
    return opened(data)


@pytest.fixture
def guarded(opened: Callable[..., Site], data: DataDir, access: AccessList) -> Site:
    """With an access file, and the same jobs."""
    data.put(anna=completed("anna", 1), ben=failed(2))
    return opened(data, access)
