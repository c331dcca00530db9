"""Uploads and results in a real browser, without any network but the loopback interface."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.dashboard.browsing import drop, said, serious_faults, zipped
from tests.dashboard.served import DataDir, Site, served
from tests.plugin import install_fake_models

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.page import Played, write_page
from neuropose.study.contract.loading import load_session
from neuropose.testing import (
    WalkerParameters,
    simulate_walk,
    walker_sequence,
    write_numbered_video,
)

if TYPE_CHECKING:
    from playwright.sync_api import Route
    from tests.dashboard.browsing import Shown


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_numbered_video(tmp_path_factory.mktemp("clip") / "clip.mp4", 8).read_bytes()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tmp_path / "data", disk_reserve_gb=0) as found:
        yield found


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
    lab = DataDir(root)
    lab.put_reports(dict(zip(("may", "june"), reports, strict=True)), session={"code": "S01"})
    for name, walk, report in zip(("may", "june"), walks, reports, strict=True):
        write_page(root / "out" / name / "video_01.gait.html", report, Played(walk), code="S01")
    with served(root) as site:
        yield site


class TestUpload:
    def test_clips_and_a_zip_are_dropped_and_done(
        self, site: Site, shown: Shown, video: bytes, tmp_path: Path
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
        page = shown(site, "/upload")
        clips = {f"clip{number}.mp4": video for number in (1, 2, 3)}
        drop(page, clips | {"ben.zip": zipped({"walk.mp4": video})})
        assert serious_faults(page) == []
        page.fill("input[name=code]", "S01")
        page.check("input[value=rom]")
        page.check("input[name=level]")
        page.click("#send")
        said(page, "ben, clip1")
        assert list(site.layout.staging.iterdir()) == []
        assert load_session(site.layout.inbox / "ben" / "session.yaml").up == (0.0, -1.0, 0.0)
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
        self, site: Site, shown: Shown, video: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from neuropose.dashboard.pages import uploads as pages
        from neuropose.dashboard.uploads import store as stored

        for module in (stored, pages):
            monkeypatch.setattr(module, "PIECE_BYTES", 1000)
        page = shown(site, "/upload", is_cut=True)
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
        self, site: Site, shown: Shown, video: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from neuropose.dashboard.pages import uploads as pages
        from neuropose.dashboard.uploads import store as stored

        for module in (stored, pages):
            monkeypatch.setattr(module, "PIECE_BYTES", 1000)
        page = shown(site, "/upload", is_cut=True)
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

    def test_names_are_text_at_the_width_of_a_phone(self, site: Site, shown: Shown) -> None:
        page = shown(site, "/upload", viewport={"width": 360, "height": 720})
        drop(page, {"<b>walk.mp4": b"not a video"})
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        assert page.text_content("#list li").startswith("<b>walk.mp4")
        assert list(site.layout.staging.iterdir()) == []

    def test_a_refusal_in_german(self, site: Site, shown: Shown) -> None:
        page = shown(site, "/upload", locale="de-DE", is_cut=True)
        drop(page, {"walk.mp4": b"", "ben.zip": zipped({"../walk.mp4": b"x"})})
        page.click("#send")
        said(page, "Beheben Sie, was genannt ist")
        assert page.locator("#problems li").all_inner_texts() == [
            "ben.zip: ../walk.mp4 läge außerhalb seines Auftrags",
            "walk.mp4: ist leer (0 Bytes)",
        ]
        assert page.locator("#problems [lang], #upload-said [lang]").count() == 0


class TestResults:
    def test_the_viewer_plays_in_place(self, lab: Site, shown: Shown) -> None:
        page = shown(lab, "/jobs/1/results")
        frame = page.frame_locator("iframe.frame")
        frame.locator("html[data-frame]").wait_for(state="attached")
        frame.locator("#ahead").click()
        frame.locator("#ahead").click()
        frame.locator("html[data-frame='2']").wait_for(state="attached")
        assert serious_faults(page) == []

    def test_it_fits_a_phone(self, lab: Site, shown: Shown) -> None:
        for path in (
            "/jobs/1/results",
            "/people",
            "/upload",
            "/compare?first=1&second=2&task=gait",
        ):
            page = shown(lab, path, viewport={"width": 360, "height": 720})
            assert page.evaluate("document.documentElement.scrollWidth") <= 360

    def test_two_jobs_are_compared(self, lab: Site, shown: Shown) -> None:
        page = shown(lab, "/jobs/1/results")
        page.click("form[action='/compare'] button")
        frame = page.frame_locator("iframe.frame")
        row = frame.locator("tr.beyond", has_text="walking speed").first
        row.wait_for()
        assert "increase" in (row.text_content() or "")
        assert serious_faults(page) == []

    def test_a_person_over_months(self, lab: Site, shown: Shown) -> None:
        page = shown(lab, "/people", color_scheme="dark")
        page.click("table.jobs a")
        frame = page.frame_locator("iframe.frame")
        frame.locator("#history").wait_for()
        frame.locator("svg.plot").nth(10).wait_for()
        assert serious_faults(page) == []
