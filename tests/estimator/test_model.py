"""The contract's own data types."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from tests.estimator import stubs

from neuropose.estimator import Detections, LoadOptions, ModelInfo, PoseModel
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import FakeModel


class TestDetections:
    @pytest.mark.parametrize("gives_uncertainty", [False, True])
    def test_nobody(self, gives_uncertainty: bool) -> None:
        nobody = Detections.none(17, gives_uncertainty=gives_uncertainty)
        assert nobody.boxes.shape == (0, 5)
        assert nobody.poses3d.shape == (0, 17, 3)
        assert nobody.poses2d.shape == (0, 17, 2)
        assert nobody.confidence.shape == (0, 17)
        if gives_uncertainty:
            assert nobody.uncertainty_mm is not None
            assert nobody.uncertainty_mm.shape == (0, 17)
        else:
            assert nobody.uncertainty_mm is None
        given = [each for each in dataclasses.astuple(nobody) if isinstance(each, np.ndarray)]
        assert {array.dtype for array in given} == {np.dtype(np.float32)}

    def test_a_failure_is_nobody_and_a_reason(self) -> None:
        failed = Detections.failed("too dark", 17, gives_uncertainty=True)
        assert failed.failure == "too dark"
        assert failed.boxes.shape == (0, 5)
        assert failed.uncertainty_mm is not None
        assert Detections.none(17).failure is None

    def test_frozen(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            stubs.marked(0).boxes = np.empty((0, 5), np.float32)  # type: ignore[misc]


def test_a_model_is_whatever_has_the_methods() -> None:
    assert isinstance(FakeModel(), PoseModel)
    assert not isinstance(BLAZEPOSE_33, PoseModel)


def test_what_a_model_declares_is_frozen() -> None:
    info = FakeModel().info
    with pytest.raises(ValidationError, match="frozen"):
        info.name = "other"
    assert ModelInfo.model_validate_json(info.model_dump_json()).name == info.name


def test_options_by_default() -> None:
    options = LoadOptions(Path("cache"))
    assert (options.device, options.report) == ("auto", None)
