"""A dashboard on the loopback interface, its data directory, and what talks to it."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import requests
import yaml
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.dashboard.serving import Listening, serve
from neuropose.data import JobEntry, Report, VideoFailure, VideoOutcome
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.store import Store
from neuropose.io import save_report
from neuropose.page import write_page

if TYPE_CHECKING:
    import uvicorn

EVENING = datetime(2026, 3, 1, 20, tzinfo=UTC)
PASSWORD = "correct horse battery"
SCRIPT = "<script>alert(1)</script>"
Result = TypeVar("Result")


def played(play: Coroutine[Any, Any, Result]) -> Result:
    """Run it in a thread of its own: in this one, a browser may have left a loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, play).result(PATIENCE_S)


@contextmanager
def serving(settings: Settings, listening: Listening) -> Iterator[str]:
    """Serve a data directory until the end of the block; the address has no stroke at its end."""
    ready, addresses = threading.Event(), []
    servers: list[uvicorn.Server] = []

    def on_ready(address: str) -> None:
        addresses.append(address.rstrip("/"))
        ready.set()

    thread = threading.Thread(
        target=serve,
        args=(settings, listening),
        kwargs={"on_ready": on_ready, "on_server": servers.append},
    )
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield addresses[0]
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


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

    def put_reports(
        self,
        reports: Mapping[str, Report],
        *,
        session: Mapping[str, Any] | None = None,
        videos: Mapping[str, bytes] = {},
    ) -> None:
        """Put completed jobs with a report of one video each, a month apart."""
        entries: dict[str, JobEntry | None] = {
            name: completed(
                name,
                number,
                finished_at=datetime(2026, 4 + number, 1, tzinfo=UTC),
                videos=tuple(videos) or ("walk.mp4",),
                outcomes=(),
            )
            for number, name in enumerate(reports, start=1)
        }
        self.put_all(entries)
        for number, (name, report) in enumerate(reports.items(), start=1):
            folder = self.layout.out / name
            save_report(folder / f"video_01.{report.task}.json", report)
            write_page(folder / f"video_01.{report.task}.html", report, code="S01")
            (folder / "results.json").write_text("{}")
            said = {"tasks": [report.task], **(session or {}), "date": f"2026-0{number}-01"}
            if session is not None:
                (folder / "session.yaml").write_text(yaml.safe_dump(said))
            for video, content in videos.items():
                (folder / video).write_bytes(content)


@dataclass
class Site:
    """A dashboard that runs."""

    url: str
    data: DataDir

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    @property
    def layout(self) -> Layout:
        return self.data.layout

    @cached_property
    def script(self) -> Script:
        """That of a page which has just been opened."""
        return Script(self)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return self.script.ask(method, path, body, **headers)

    def visitor(self) -> Visitor:
        return Visitor(self)

    def connection(self, timeout_s: float = PATIENCE_S) -> socket.socket:
        host, port = self.host.split(":")
        return socket.create_connection((host, int(port)), timeout=timeout_s)

    def send(self, raw: bytes, *, within_s: float = PATIENCE_S) -> bytes:
        """Send bytes as they are, and return the whole answer; of a part, say that it is all."""
        with self.connection(within_s) as connection:
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

    def status(self, raw: bytes, *, within_s: float = PATIENCE_S) -> int:
        answer = self.send(raw, within_s=within_s)
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


class Script:
    """The script of a page: it asks for JSON, within the session of the page."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookie = self.csrf = ""
        answer = self.ask("GET", "/jobs")
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        found = re.search(r'name="csrf" content="([^"]*)"', self.ask("GET", "/jobs").text)
        assert found is not None
        self.csrf = found[1]

    def headers(self) -> dict[str, str]:
        own = {"Origin": self.site.url, "X-CSRF-Token": self.csrf}
        return {**own, "Cookie": self.cookie} if self.cookie else own

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Ask for something; a body that is not bytes is sent as JSON. The path stays as it is."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.site.host, timeout=PATIENCE_S)
        try:
            connection.request(method, path, sent, {**self.headers(), **given})
            answer = connection.getresponse()
            known = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, known, answer.read())
        finally:
            connection.close()


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@contextmanager
def served(root: Path, **settings: Any) -> Iterator[Site]:
    """Serve a data directory until the end of the block."""
    data = DataDir(root)
    known = Settings(data_dir=root, allow_data_dir_in_repository=True, **settings)
    with serving(known, Listening(port=0)) as url:
        yield Site(url, data)
