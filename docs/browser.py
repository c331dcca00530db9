"""Pictures of pages, by a browser of this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_READY_MS = 4000
_PATIENCE_S = 120


def find_browser() -> str | None:
    """Return the program of a browser; None if there is none."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def screenshot(browser: str, page: Path, picture: Path, width: int, height: int) -> None:
    """Write a picture of the top of a page, as PNG."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--hide-scrollbars"),
                *("--disable-gpu", f"--user-data-dir={profile}"),
                f"--window-size={width},{height}",
                f"--virtual-time-budget={_READY_MS}",
                f"--screenshot={picture.resolve()}",
                page.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=_PATIENCE_S,
        )
