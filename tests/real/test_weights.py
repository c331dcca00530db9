"""The graphs themselves."""

from __future__ import annotations

import functools
import os
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from benchmarks import balance_trial
from tests.loopback import closed_url

from neuropose import assets
from neuropose.errors import AssetUnavailableError
from neuropose.estimator import Detections, LoadOptions, PoseModel, load_model
from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose import DETECTOR, load_full
from neuropose.estimator.models.blazepose.graph import Graph, without_outputs
from neuropose.estimator.models.blazepose.landmarks import INPUT_PX, MASK_SHAPE
from neuropose.estimator.models.blazepose.region import Region
from neuropose.testing import check_model
from neuropose.video.reader import VideoReader

pytestmark = pytest.mark.real

KEPT_SHAPES = ((1, 195), (1, 1), (1, 64, 64, 39), (1, 117))
FEW = 12


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    with VideoReader(balance_trial.video("cam03")) as reader:
        frames = [frame.picture for frame in islice(reader, FEW)]
    return [picture for picture in frames if picture is not None]


def find(model: PoseModel, pictures: list[Picture]) -> list[Detections]:
    camera = balance_trial.calibration()["cam03"].camera
    return list(model.predict(pictures, camera, workers=2))


def test_a_graph_without_an_output_gives_the_others_bit_for_bit(
    weights: Path, model: PoseModel, pictures: list[Picture]
) -> None:
    content = (weights / "pose_landmark_full.tflite").read_bytes()
    cut = without_outputs(content, {MASK_SHAPE})
    assert len(cut) < len(content)
    whole_graph, cut_graph = Graph(content), Graph(cut)
    crop = Region(960.0, 540.0, 1000.0, 0.1).crop(pictures[0], INPUT_PX)
    noise = np.random.default_rng(0).random((INPUT_PX, INPUT_PX, 3), np.float32)
    for image in (crop.astype(np.float32) / np.float32(255.0), noise):
        whole_graph.run(image[None])
        cut_graph.run(image[None])
        for shape in KEPT_SHAPES:
            assert whole_graph.output(*shape).tobytes() == cut_graph.output(*shape).tobytes()
    assert whole_graph.output(*MASK_SHAPE).shape == MASK_SHAPE
    with pytest.raises(KeyError):
        cut_graph.output(*MASK_SHAPE)


def test_cutting_nothing_changes_nothing(weights: Path, model: PoseModel) -> None:
    content = (weights / "pose_landmark_full.tflite").read_bytes()
    same = Graph(without_outputs(content, set()))
    grey = np.full((1, INPUT_PX, INPUT_PX, 3), 0.5, np.float32)
    whole = Graph(content)
    for graph in (whole, same):
        graph.run(grey)
    for shape in (*KEPT_SHAPES, MASK_SHAPE):
        assert whole.output(*shape).tobytes() == same.output(*shape).tobytes()


def test_two_loads_of_the_model_agree(
    weights: Path, model: PoseModel, pictures: list[Picture]
) -> None:
    other = load_model(model_cache_dir=weights)
    assert other.info == model.info
    for one, same in zip(find(model, pictures), find(other, pictures), strict=True):
        assert len(one.boxes) > 0
        for field in ("boxes", "poses3d", "poses2d", "confidence"):
            assert getattr(one, field).tobytes() == getattr(same, field).tobytes(), field
    other.close()


def test_the_embedded_model_keeps_the_contract(weights: Path) -> None:
    check_model(load_full, options=LoadOptions(weights))


def test_loading_writes_nothing_to_stderr(
    weights: Path, model: PoseModel, capfd: pytest.CaptureFixture[str]
) -> None:
    load_model(model_cache_dir=weights).close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("size", ["lite", "heavy"])
class TestOtherSizes:
    def test_refused_if_their_weights_cannot_be_had(
        self,
        size: str,
        weights: Path,
        model: PoseModel,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        shutil.copy(weights / DETECTOR, tmp_path)
        known = assets.pinned_artefacts(closed_url())
        monkeypatch.setattr(assets, "fetch", functools.partial(assets.fetch, known=known))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        name = f"pose_landmark_{size}.tflite"
        with pytest.raises(AssetUnavailableError, match=rf"{name} cannot be obtained") as raised:
            load_model(f"blazepose-{size}", model_cache_dir=tmp_path)
        assert raised.value.hint is not None
        assert "neuropose models add" in raised.value.hint
        assert assets.ARTEFACTS[name].sha256 in raised.value.hint

    def test_work_once_they_are_added(
        self, size: str, weights: Path, pictures: list[Picture]
    ) -> None:
        name = f"pose_landmark_{size}.tflite"
        if not (weights / name).exists():
            pytest.skip(f"{name} comes from no package index; add it to {weights.name} by hand")
        model = load_model(f"blazepose-{size}", model_cache_dir=weights)
        assert model.info.name == f"blazepose-{size}"
        assert model.info.weights_sha256[name] == assets.ARTEFACTS[name].sha256
        assert all(len(found.boxes) >= 1 for found in find(model, pictures))
        model.close()
