"""How Sphinx builds the site: ``make docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from neuropose import __version__

sys.path.insert(0, str(Path(__file__).parent))  # for api_pages and page_pictures

project = "NeuroPose"
author = "The NeuroPose developers"
copyright = f"{author}. MIT licence"  # noqa: A001 - the name that Sphinx reads
release = __version__

extensions = [
    "api_pages",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_gallery.gen_gallery",
]
suppress_warnings = ["misc.highlighting_failure"]  # JSON with an ellipsis in it

# Pages: the anchors of headings are those that a forge gives them.
myst_heading_anchors = 4
highlight_language = "text"

# API: docstrings follow numpy's convention; `name` in them links to whatever has that name.
default_role = "py:obj"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL08", "PR02"}  # further ones in [tool.numpydoc_validation]

sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "abort_on_example_error": True,
    "capture_repr": (),
    "download_all_examples": False,
    "image_scrapers": ["matplotlib", "page_pictures.page_pictures"],
    "image_srcset": ["2x"],
    "min_reported_time": float("inf"),
    "run_stale_examples": True,  # they change with the package
    "show_memory": False,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
    "write_computation_times": False,
}

# Nothing is loaded from elsewhere: the site is read on machines without a network.
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_theme_options = {
    "navbar_align": "left",
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
