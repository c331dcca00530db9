"""Uploads and results in a real browser, without any network but the loopback interface."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.dashboard.served import Site, completed, served
from tests.plugin import install_fake_models

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.interfacer.layout import Layout
from neuropose.page import Played, write_page
from neuropose.testing import (
    WalkerParameters,
    simulate_walk,
    walker_sequence,
    write_numbered_video,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Route

PATIENCE_MS = 60_000
Opener = Callable[..., "Page"]
DROP = """
([files, target]) => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { lastModified: 1 }));
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.querySelector(target).dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}
"""


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens pages; at the end there must be no error, and no request to elsewhere."""
    contexts, troubles, elsewhere = [], [], []

    def note_error(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(message.text)

    def open_page(site: Site, path: str, *, is_cut: bool = False, **options: Any) -> Page:
        def let_through(route: Route) -> None:
            url = route.request.url
            if not url.startswith((site.address, "blob:", "data:")):
                elsewhere.append(url)
            route.continue_()

        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if not is_cut:  # a browser says of every request that has failed that it has
            page.on("console", note_error)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.route("**/*", let_through)
        page.goto(f"{site.address}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
    assert elsewhere == []


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_numbered_video(tmp_path_factory.mktemp("clip") / "clip.mp4", 8).read_bytes()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path / "data", disk_reserve_gb=0) as found:
        yield found


def drop(page: Page, files: dict[str, bytes]) -> None:
    said = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    page.evaluate(DROP, [said, "#drop"])
    page.wait_for_function(
        "count => document.querySelectorAll('#list li').length === count", arg=len(files)
    )


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def said(page: Page, text: str) -> None:
    page.wait_for_function(
        "text => document.querySelector('#upload-said').textContent.includes(text)", arg=text
    )


def serious_faults(page: Page) -> list[Any]:
    axe = resources.files("axe_playwright_python") / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run({ iframes: false })).violations")
    return [
        (each["id"], [node["target"] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    walks = [
        walker_sequence(
            simulate_walk(WalkerParameters(speed_m_s=speed, duration_s=8.0)).with_noise(1.0)
        )
        for speed in (0.9, 1.1)
    ]
    reports = [gait_report(analyze_gait(walk)) for walk in walks]
    root = tmp_path_factory.mktemp("lab")
    completed(
        Layout(root), dict(zip(("may", "june"), reports, strict=True)), session={"code": "S01"}
    )
    for name, walk, report in zip(("may", "june"), walks, reports, strict=True):
        write_page(root / "out" / name / "video_01.gait.html", report, Played(walk), code="S01")
    with served(root) as site:
        yield site


class TestUpload:
    def test_clips_and_a_zip_are_dropped_and_done(
        self, site: Site, opened: Opener, video: bytes, tmp_path: Path
    ) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(install_fake_models(tmp_path / "site")), os.environ.get("PYTHONPATH", "")]
            ),
            "NEUROPOSE_DATA_DIR": str(site.layout.root),
            "NEUROPOSE_MODEL": "fake-one",
            "NEUROPOSE_RECONSTRUCT": "off",
            "NEUROPOSE_SETTLE_SECONDS": "0",
            "NEUROPOSE_POLL_INTERVAL_SECONDS": "0.05",
        }
        page = opened(site, "upload")
        clips = {f"clip{number}.mp4": video for number in (1, 2, 3)}
        drop(page, clips | {"ben.zip": zipped({"walk.mp4": video})})
        assert serious_faults(page) == []
        page.fill("input[name=code]", "S01")
        page.check("input[value=rom]")
        page.click("#send")
        said(page, "ben, clip1")
        assert list(site.layout.staging.iterdir()) == []
        assert (site.layout.inbox / "ben" / "session.yaml").is_file()
        program = "import sys; from neuropose.cli import main; sys.exit(main())"
        with (tmp_path / "log").open("wb") as log:
            daemon = subprocess.Popen(
                [sys.executable, "-c", program, "watch", "--once"], env=environment, stderr=log
            )
            try:
                page.click("#upload-said a")
                page.locator("[data-count=completed]", has_text="2").wait_for()
            finally:
                daemon.terminate()
                daemon.wait()
        assert (site.layout.out / "clip1" / "clip3.mp4").read_bytes() == video

    def test_a_cut_connection_goes_on(
        self, site: Site, opened: Opener, video: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from neuropose.dashboard.pages import uploads as pages
        from neuropose.dashboard.uploads import store as stored

        for module in (stored, pages):
            monkeypatch.setattr(module, "PIECE_BYTES", 1000)
        page = opened(site, "upload", is_cut=True)
        cuts = []

        def cut_some(route: Route) -> None:
            if route.request.method == "PATCH" and len(cuts) < 2:
                cuts.append(route.request.url)
                # The first never arrives; of the second, only the answer is lost.
                if len(cuts) == 2:
                    route.fetch()
                route.abort("connectionreset")
            else:
                route.fallback()

        page.route("**/uploads/*/0", cut_some)
        drop(page, {"clara.mp4": video})
        page.click("#send")
        said(page, "clara")
        assert len(cuts) == 2
        assert (site.layout.inbox / "clara" / "clara.mp4").read_bytes() == video

    def test_a_session_that_ended_goes_on_with_a_new_one(
        self, site: Site, opened: Opener, video: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from neuropose.dashboard.pages import uploads as pages
        from neuropose.dashboard.uploads import store as stored

        for module in (stored, pages):
            monkeypatch.setattr(module, "PIECE_BYTES", 1000)
        page = opened(site, "upload", is_cut=True)
        pieces = []

        def forget(route: Route) -> None:
            if len(pieces) == 1:
                page.context.clear_cookies()
            pieces.append(route.request.url)
            route.fallback()

        page.route("**/uploads/*/0", forget)
        drop(page, {"clara.mp4": video})
        page.click("#send")
        said(page, "clara")
        assert len(pieces) > 2
        assert (site.layout.inbox / "clara" / "clara.mp4").read_bytes() == video
        audit = next((site.layout.root / ".dashboard").glob("*.jsonl")).read_text()
        assert audit.count('"refused": "forged"') == 1

    def test_names_are_text_at_the_width_of_a_phone(self, site: Site, opened: Opener) -> None:
        page = opened(site, "upload", viewport={"width": 360, "height": 720})
        drop(page, {"<b>walk.mp4": b"not a video"})
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        assert page.text_content("#list li").startswith("<b>walk.mp4")
        assert list(site.layout.staging.iterdir()) == []


class TestResults:
    def test_the_viewer_plays_in_place(self, lab: Site, opened: Opener) -> None:
        page = opened(lab, "jobs/1/results")
        frame = page.frame_locator("iframe.frame")
        frame.locator("html[data-frame]").wait_for(state="attached")
        frame.locator("#ahead").click()
        frame.locator("#ahead").click()
        frame.locator("html[data-frame='2']").wait_for(state="attached")
        assert serious_faults(page) == []

    def test_it_fits_a_phone(self, lab: Site, opened: Opener) -> None:
        for path in ("jobs/1/results", "people", "upload", "compare?first=1&second=2&task=gait"):
            page = opened(lab, path, viewport={"width": 360, "height": 720})
            assert page.evaluate("document.documentElement.scrollWidth") <= 360

    def test_two_jobs_are_compared(self, lab: Site, opened: Opener) -> None:
        page = opened(lab, "jobs/1/results")
        page.click("form[action='/compare'] button")
        frame = page.frame_locator("iframe.frame")
        row = frame.locator("tr.beyond", has_text="walking speed").first
        row.wait_for()
        assert "increase" in (row.text_content() or "")
        assert serious_faults(page) == []

    def test_a_person_over_months(self, lab: Site, opened: Opener) -> None:
        page = opened(lab, "people", color_scheme="dark")
        page.click("table.jobs a")
        frame = page.frame_locator("iframe.frame")
        frame.locator("#history").wait_for()
        assert frame.locator("svg.plot").count() > 10
        assert serious_faults(page) == []
