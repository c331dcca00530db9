"""What every test has in common: a property is checked the same way on every machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from tests.small_predictions import make_predictions

from neuropose.data import VideoPredictions
from neuropose.io import save_video_predictions

if TYPE_CHECKING:
    from playwright.sync_api import Browser

USUAL_S = 600.0  # the timeout in pyproject.toml
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# `make test` tries the same examples everywhere, however long one takes: the first may have to
# wait until numba has compiled what it calls. The search for others is --hypothesis-profile=search.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("search"), derandomize=True)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what may take longest: at the end, one worker would be left with it."""

    def allowed_s(item: pytest.Item) -> float:
        mark = item.get_closest_marker("timeout")
        return max(USUAL_S, float(mark.args[0])) if mark is not None else USUAL_S

    items.sort(key=allowed_s, reverse=True)


@pytest.fixture
def predictions() -> VideoPredictions:
    return make_predictions()


@pytest.fixture
def saved(predictions: VideoPredictions, tmp_path: Path) -> bytes:
    path = tmp_path / "saved.json"
    save_video_predictions(path, predictions)
    return path.read_bytes()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser of the system; Playwright's own cannot be had everywhere. One at a time can run."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()
