"""Jobs without reconstructions, which have tests of their own (engines/test_reconstruction.py)."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROPOSE_RECONSTRUCT", "off")
