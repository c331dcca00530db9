"""Settings reach the model; those that are left alone ask for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.plugin import install_fake_models

from neuropose.config import Settings
from neuropose.errors import ModelLoadError
from neuropose.estimator import load_estimator


@pytest.fixture(autouse=True)
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Models that heed no option."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.syspath_prepend(install_fake_models(tmp_path / "site"))
    yield
    sys.modules.pop("neuropose_fakes", None)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, {}),
        ({}, {"num_aug": None, "skeleton": None, "uncertainty": False}),
        ({"num_aug": 5, "uncertainty": False, "suppress_implausible_poses": True}, {}),
    ],
)
def test_nothing_is_asked(settings: dict[str, Any], options: dict[str, Any]) -> None:
    load_estimator(Settings(model="fake-one", **settings), **options)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"num_aug": 3}, {}),
        ({"suppress_implausible_poses": False}, {}),
        ({}, {"num_aug": 5}),
        ({}, {"deterministic": True}),
    ],
)
def test_what_the_model_does_not_heed(settings: dict[str, Any], options: dict[str, Any]) -> None:
    with pytest.raises(ModelLoadError, match="'fake-one' does not support"):
        load_estimator(Settings(model="fake-one", **settings), **options)
