"""The names of `neuropose.classify`, where they were before it was a package of its own."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(importlib.import_module("neuropose.classify"), name)


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))
