"""The names of `neuropose.analyzer.tasks.gait`, where they were before gait was a task."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(importlib.import_module("neuropose.analyzer.tasks.gait"), name)


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))
