"""Dashboards that tests ask for; they end with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.dashboard.served import (
    EVENING,
    PASSWORD,
    DataDir,
    Site,
    completed,
    failed,
    serving,
)
from tests.loopback import PATIENCE_S

from neuropose.config import Settings
from neuropose.dashboard.access.access_file import AccessList, save_access
from neuropose.dashboard.access.roles import Role
from neuropose.dashboard.serving import Listening
from neuropose.data import JobEntry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page
    from tests.dashboard.browsing import Shown


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
    with ExitStack() as all_of_them:

        def open_site(data: DataDir, access: AccessList | None = None, **options: Any) -> Site:
            if access is not None:
                options["access"] = data.root.with_name("access.json")
                save_access(options["access"], access)
            settings = Settings(data_dir=data.root, allow_data_dir_in_repository=True)
            url = all_of_them.enter_context(serving(settings, Listening(port=0, **options)))
            return Site(url, data)

        yield open_site


@pytest.fixture
def shown(browser: Browser, opened: Callable[..., Site]) -> Iterator[Shown]:
    """Shows pages of a site; no request may go elsewhere, and the console has no error.

    `opened` is asked for so that the sites outlive their pages.
    """
    contexts, troubles, requests = [], [], []

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error" and "409 (Conflict)" not in message.text:  # of an action
            troubles.append(message.text)

    def show(site: Site, path: str = "/jobs", *, is_cut: bool = False, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000.0 * PATIENCE_S)
        if not is_cut:  # a browser says of every request that has failed that it has
            page.on("console", note_error)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: requests.append((site.url, request.url)))
        page.goto(site.url + path)
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []
    assert [url for own, url in requests if not url.startswith((own, "blob:", "data:"))] == []


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


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = "-addext subjectAltName=IP:127.0.0.1"
    output = ["-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run([*command.split(), *names.split(), *output], check=True, capture_output=True)
    return files
