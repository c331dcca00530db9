"""A segmentation, a task and a pipeline find the same repetitions in the same signal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from neuropose.analyzer.segmentation import SegmentSettings, segment
from neuropose.analyzer.tasks.repetitions import DecaySettings, measure_decay
from neuropose.data import VideoPredictions
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.study import load_pipeline
from neuropose.study.trial.recordings import read_recording
from neuropose.study.trial.segments import cut
from neuropose.testing import synthetic_predictions

Found = list[tuple[float, ...]]

# How a pipeline said it before there was one vocabulary, if it could.
SIGNALS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"height": "left_ankle"}, {"height": "left_ankle"}),
    ({"speed": "left_ankle"}, {"speed": "left_ankle"}),
    (
        {"distance": ["left_ankle", "right_ankle"]},
        {"distance": ["left_ankle", "right_ankle"]},
    ),
    ({"angle": "left_knee_flexion"}, {"angle": "left_knee_flexion"}),
    ({"angle": ["left_hip", "left_knee", "left_ankle"], "inverted": True}, {}),
    ({"kind": "axis", "joints": ["left_ankle"], "axis": "forward"}, {}),
    ({"joint": "left_ankle", "axis": "x"}, {}),
]


def with_a_gap(predictions: VideoPredictions) -> VideoPredictions:
    """Two frames without anybody, short enough to be filled."""
    poses3d = predictions.poses3d.copy()
    poses3d[[64, 65]] = np.nan
    return predictions.model_copy(update={"poses3d": poses3d})


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "walk.poses.json"
    save_video_predictions(
        path, with_a_gap(synthetic_predictions(frame_count=150, heading_deg=0.0))
    )
    return path


def by_segmentation(walk: Path, signal: dict[str, Any], repetitions: dict[str, Any]) -> Found:
    how = SegmentSettings(signal=signal, repetitions=repetitions)
    predictions = load_video_predictions(walk)
    segmented = segment(predictions, how.signal, how.repetition_settings(), name="found")
    windows = segmented.segmentations["found"].windows
    return [(each.start_s, each.end_s, each.confidence) for each in windows]


def by_task(walk: Path, signal: dict[str, Any], repetitions: dict[str, Any]) -> Found:
    pipeline = load_pipeline(study(walk, {"kind": "trial"}))
    recording = read_recording(pipeline.inputs.primary).sequence
    settings = DecaySettings(signal=signal, repetitions=repetitions, preparation={"cutoff_hz": 6.0})
    table = measure_decay(recording, settings).tables["repetitions"]
    columns = [table.column(name) for name in ("start", "end", "confidence")]
    return list(zip(*columns, strict=True))


def by_pipeline(walk: Path, segmentation: dict[str, Any]) -> Found:
    pipeline = load_pipeline(study(walk, {"kind": "repetitions", **segmentation}))
    trial = cut(read_recording(pipeline.inputs.primary).sequence, pipeline)
    return [(each.start_s, each.end_s, each.confidence) for each in trial.segments]


def study(walk: Path, segmentation: dict[str, Any]) -> Path:
    content = {
        "version": 1,
        "inputs": {"primary": {"file": walk.name, "reconstruct": "off"}},
        "segmentation": segmentation,
        "output": {"report": "out.json"},
    }
    path = walk.with_name("study.yaml")
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(("signal", "beside_kind"), SIGNALS, ids=str)
def test_the_same_repetitions(
    signal: dict[str, Any], beside_kind: dict[str, Any], walk: Path
) -> None:
    repetitions = {"min_distance_s": 0.4, "least_prominence": 5.0}
    found = by_segmentation(walk, signal, repetitions)
    assert len(found) >= 3
    assert min(confidence for *_, confidence in found) < 1.0  # of the one with the gap
    assert by_task(walk, signal, repetitions) == found
    assert by_pipeline(walk, {"signal": signal, "settings": repetitions}) == found
    if beside_kind:
        assert by_pipeline(walk, {**beside_kind, "settings": repetitions}) == found


def test_a_pipeline_says_a_signal_once(walk: Path) -> None:
    path = study(walk, {"kind": "repetitions", "signal": {"speed": "nose"}, "height": "nose"})
    with pytest.raises(ValueError, match="the signal is there twice"):
        load_pipeline(path)
    with pytest.raises(ValueError, match="give one signal"):
        load_pipeline(study(walk, {"kind": "repetitions"}))
    with pytest.raises(ValueError, match="there is no angle 'wing'"):
        load_pipeline(study(walk, {"kind": "repetitions", "angle": "wing"}))
