"""The dashboard, served on the loopback interface, and what talks to it as a browser would."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from neuropose.config import Settings
from neuropose.dashboard.serving import Listening, serve
from neuropose.data import JobEntry, Report
from neuropose.data.jobs import Status
from neuropose.interfacer.layout import Layout
from neuropose.io import save_report
from neuropose.io.job_files import save_status
from neuropose.page import write_page

if TYPE_CHECKING:
    import uvicorn

PATIENCE_S = 60.0


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


@dataclass
class Site:
    """A dashboard that is at work."""

    layout: Layout
    address: str
    cookie: str = ""
    csrf: str = ""
    _local: threading.local = field(default_factory=threading.local)

    def open(self) -> Site:
        """Begin a session, as a browser that loads a page."""
        answer = self.ask("GET", "/jobs")
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        found = re.search(r'name="csrf" content="([^"]*)"', self.ask("GET", "/jobs").text)
        assert found is not None
        self.csrf = found[1]
        return self

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE_S)

    def headers(self) -> dict[str, str]:
        own = {"Origin": self.address.rstrip("/"), "X-CSRF-Token": self.csrf}
        return {**own, "Cookie": self.cookie} if self.cookie else own

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Ask for something; a body that is not bytes is sent as JSON."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connection()
        try:
            connection.request(method, path, sent, {**self.headers(), **given})
            answer = connection.getresponse()
            known = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, known, answer.read())
        finally:
            connection.close()


@contextmanager
def served(root: Path, **settings: Any) -> Iterator[Site]:
    """Serve a data directory until the end of the block."""
    ready, addresses, servers = threading.Event(), [], []

    def on_ready(address: str) -> None:
        addresses.append(address)
        ready.set()

    def on_server(server: uvicorn.Server) -> None:
        servers.append(server)

    thread = threading.Thread(
        target=serve,
        args=(Settings(data_dir=root, **settings), Listening(port=0)),
        kwargs={"on_ready": on_ready, "on_server": on_server},
    )
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield Site(Layout(root), addresses[0]).open()
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(PATIENCE_S)


def completed(
    layout: Layout,
    reports: Mapping[str, Report],
    *,
    session: Mapping[str, Any] | None = None,
    videos: Mapping[str, bytes] = {},
) -> dict[str, JobEntry]:
    """Put completed jobs with a report of one video each into ``out/``."""
    layout.make()
    entries = {}
    for number, (name, report) in enumerate(reports.items(), start=1):
        folder = layout.out / name
        folder.mkdir()
        save_report(folder / f"video_01.{report.task}.json", report)
        write_page(folder / f"video_01.{report.task}.html", report, code="S01")
        (folder / "results.json").write_text("{}")
        said = {"tasks": [report.task], **(session or {}), "date": f"2026-0{number}-01"}
        if session is not None:
            (folder / "session.yaml").write_text(yaml.safe_dump(said))
        for video, content in videos.items():
            (folder / video).write_bytes(content)
        entries[name] = JobEntry(
            state="completed",
            queued_at=datetime(2026, 5, number, tzinfo=UTC),
            finished_at=datetime(2026, 5, number, 1, tzinfo=UTC),
            videos=tuple(videos) or ("walk.mp4",),
            results=f"out/{name}/results.json",
            number=number,
        )
    save_status(layout.status, Status(jobs=entries, last_number=len(entries)))
    return entries
