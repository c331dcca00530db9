"""Pictures of the pages that examples of the gallery write, for sphinx-gallery."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from browser import find_browser, screenshot
from sphinx_gallery.scrapers import figure_rst

_KEPT = Path(__file__).parent / "images" / "report.png"
_SIZE_PX = (1200, 1500)


def page_pictures(_block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Return a figure of the page that an example has written as ``page``.

    Without a browser it is the picture that `make pictures` made of the same page.
    """
    page = variables["example_globals"].pop("page", None)
    if not isinstance(page, Path):
        return ""
    picture = Path(next(variables["image_path_iterator"]))
    browser = find_browser()
    if browser is None:
        shutil.copyfile(_KEPT, picture)
    else:
        screenshot(browser, page, picture, *_SIZE_PX)
    return str(figure_rst([str(picture)], settings["src_dir"]))
