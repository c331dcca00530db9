"""A report with its recording, and a browser if there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.data import InputFile, Report
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def walk() -> PoseSequence:
    trial = simulate_walk(WalkerParameters(stance_asymmetry_percent=4.0, duration_s=8.0))
    return walker_sequence(trial.with_noise(1.0))


@pytest.fixture(scope="session")
def report(walk: PoseSequence) -> Report:
    inputs = [InputFile(kind="trc", sha256="0123456789abcdef" * 4)]
    return gait_report(analyze_gait(walk), inputs=inputs)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser of the system; Playwright's own cannot be had everywhere."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()
