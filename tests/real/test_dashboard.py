"""The four balance clips and a zip, dropped into the page in a real browser; the real daemon."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from benchmarks import balance_trial
from tests.dashboard.browsing import drop, said, zipped
from tests.dashboard.conftest import opened as opened  # the fixtures
from tests.dashboard.conftest import shown as shown
from tests.dashboard.served import DataDir, Site

from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.io import load_job_results, load_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from tests.dashboard.browsing import Shown

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(3000)]
DONE_WITHIN_MS = 2_400_000


def send(page: Page, files: dict[str, bytes], task: str, made: str, cameras: Path | None) -> None:
    drop(page, files)
    page.uncheck("input[value=sway]")
    page.check(f"input[value={task}]")
    page.fill("input[name=height_mm]", "1720")
    page.set_input_files("#cameras", [] if cameras is None else [cameras])
    page.click("#send")
    said(page, made)
    assert page.locator("#problems li").count() == 0


def test_from_the_drop_to_the_viewer(
    opened: Callable[..., Site], shown: Shown, tmp_path: Path
) -> None:
    data = DataDir(tmp_path / "jobs")
    site = opened(data)
    clips = {
        f"{name}.mp4": balance_trial.video(name).read_bytes() for name in balance_trial.CAMERAS
    }
    sample = fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR).read_bytes()
    page = shown(site, "/upload")
    send(page, clips, "sway", "cam01", balance_trial.calibration_file())
    send(page, {"visit.zip": zipped({"walk.mp4": sample})}, "gait", "visit", None)
    assert {path.name for path in data.layout.inbox.iterdir()} == {"cam01", "visit"}
    assert (data.layout.inbox / "visit" / "walk.mp4").read_bytes() == sample
    for name, content in clips.items():
        assert (data.layout.inbox / "cam01" / name).read_bytes() == content

    environment = {
        **os.environ,
        "NEUROPOSE_DATA_DIR": str(data.root),
        "NEUROPOSE_MODEL_CACHE_DIR": str(balance_trial.CACHE_DIR),
        "NEUROPOSE_SETTLE_SECONDS": "0",
        "NEUROPOSE_ALLOW_DATA_DIR_IN_REPOSITORY": "true",
    }
    page.click("#upload-said a")
    with (tmp_path / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "neuropose", "watch", "--once"], env=environment, stderr=log
        )
        try:
            page.locator('tr[data-state="processing"] progress').first.wait_for()
            done = page.locator("[data-count=completed]", has_text="2")
            done.wait_for(timeout=DONE_WITHIN_MS)
        finally:
            daemon.terminate()
            daemon.wait()
    jobs = load_status(data.layout.status).jobs
    assert {name: job.error for name, job in jobs.items()} == {"cam01": None, "visit": None}
    results = load_job_results(data.layout.out / "cam01" / "results.json")
    assert [video.metadata.frame_count for video in results.videos.values()] == [100] * 4

    for name in ("cam01", "visit"):
        page.click(f"a[aria-label='Results: {name}']")
        frame = page.frame_locator("iframe.frame")
        frame.locator("html[data-frame]").wait_for(state="attached")
        for _ in range(3):
            frame.locator("#ahead").click()
        frame.locator("html[data-frame='3']").wait_for(state="attached")
        shown_frames = frame.locator("canvas[data-frame]").evaluate_all(
            "all => all.map(each => each.dataset.frame)"
        )
        assert set(shown_frames) == {"3"}
        if name == "visit":  # which has one camera, whose video the report plays
            [predictions] = load_job_results(
                data.layout.out / name / "results.json"
            ).videos.values()
            time_s = frame.locator("#video").evaluate("video => video.currentTime")
            assert int(time_s * predictions.metadata.fps) == 3
        page.click("nav a[href='/jobs']")
