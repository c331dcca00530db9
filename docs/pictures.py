"""Draws the pictures of README and site: ``make pictures``."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from browser import find_browser, screenshot

from neuropose.io import load_job_results
from neuropose.viz import write_contact_sheet

DOCS = Path(__file__).parent
SIZE_PX = (1200, 1500)


def main() -> int:
    """Draw the demo's contact sheet without the footage, and the page of the gallery's walk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="what `neuropose demo --output` wrote")
    job = parser.parse_args().demo / "jobs" / "out" / "neuropose-demo"
    [predictions] = load_job_results(job / "results.json").videos.values()
    [clip] = (
        path for path in job.iterdir() if path.suffix == ".mp4" and "overlay" not in path.name
    )
    write_contact_sheet(clip, predictions, DOCS / "images" / "demo.png", footage=False)
    browser = find_browser()
    if browser is None:
        sys.stderr.write("no browser: the picture of a page stays as it is\n")
        return 0
    example = DOCS.parent / "examples" / "gallery" / "report_page.py"
    page = runpy.run_path(str(example))["page"]
    screenshot(browser, page, DOCS / "images" / "report.png", *SIZE_PX)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
