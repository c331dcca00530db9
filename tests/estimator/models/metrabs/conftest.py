"""The stand-in for MeTRAbs, built once; everything here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.estimator.models.metrabs import saved_models

from neuropose.estimator import InferenceOptions, LoadOptions
from neuropose.estimator.models.metrabs import load_any
from neuropose.estimator.models.metrabs.model import MeTRAbs

# `make test` runs all tests where TensorFlow is missing, and these where it is not.
if find_spec("tensorflow") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SavedModel, a folder."""
    return saved_models.build(tmp_path_factory.mktemp("model") / "metrabs_tiny")


@pytest.fixture
def load(saved: Path, tmp_path: Path) -> Callable[..., MeTRAbs]:
    """Load the stand-in, or another one, with inference options."""

    def load(location: Path | str = saved, **inference: Any) -> MeTRAbs:
        report = inference.pop("report", None)
        options = LoadOptions(
            tmp_path / "cache",
            device=inference.pop("device", "cpu"),
            report=report,
            location=str(location),
            inference=InferenceOptions(**inference),
        )
        return load_any(options)

    return load
