"""Pages to look at: a report with the movement that it was made from, as HTML or PDF."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuropose.page.html import Played, write_page
    from neuropose.page.norms import Norm, read_norms
    from neuropose.page.pdf import write_pdf

_HOME = {
    "Norm": "norms",
    "Played": "html",
    "read_norms": "norms",
    "write_page": "html",
    "write_pdf": "pdf",
}

__all__ = ["Norm", "Played", "read_norms", "write_page", "write_pdf"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
