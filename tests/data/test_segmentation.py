"""Segmentations in predictions: checked where they are ours, untouched where they are not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.io.conftest import make_predictions

from neuropose.data import Repetition, Segmentation, SegmentSignal, VideoPredictions
from neuropose.errors import FileFormatError
from neuropose.io import load_video_predictions, save_video_predictions

WINDOW = {
    "start_frame": 0,
    "peak_frame": 2,
    "end_frame": 4,
    "start_s": 0.0,
    "peak_s": 0.07,
    "end_s": 0.134,
    "peak": 812.5,
    "prominence": 300.0,
    "confidence": 0.8,
    "reasons": ["20 % of its samples are missing"],
}
REACHES: dict[str, Any] = {
    "segmentation_version": 1,
    "kind": "repetitions",
    "track_id": 1,
    "signal": {"kind": "axis", "joints": ["left_wrist"], "axis": "up", "inverted": False},
    "settings": {"repetitions": {"min_distance_s": 0.5}, "names": ["a", None, True]},
    "windows": [WINDOW],
    "warnings": [],
    "neuropose_version": "0.1.0",
}
OLDER = [
    {"settings": {"min_s": 0.5}, "parts": [[0, 3], [4, 5]]},
    {},
    [],
    None,
    "by hand",
    {"windows": "none", "kind": 3},
    [{"segmentation_version": 1}],
]


def written(path: Path, **segmentations: object) -> Path:
    save_video_predictions(path, make_predictions(segmentations={}))
    document = json.loads(path.read_bytes())
    document["segmentations"] = segmentations
    path.write_text(json.dumps(document))
    return path


def test_comes_back_as_what_it_is(tmp_path: Path) -> None:
    loaded = load_video_predictions(written(tmp_path / "a.json", reaches=REACHES))
    reaches = loaded.segmentations["reaches"]
    assert isinstance(reaches, Segmentation)
    assert reaches.windows[0] == Repetition.model_validate(WINDOW)
    assert reaches.signal.unit == "mm"
    save_video_predictions(tmp_path / "b.json", loaded)
    assert json.loads((tmp_path / "b.json").read_bytes())["segmentations"] == {"reaches": REACHES}
    assert load_video_predictions(tmp_path / "b.json") == loaded


@pytest.mark.parametrize("older", OLDER)
def test_what_others_put_there_stays_as_it_is(older: object, tmp_path: Path) -> None:
    loaded = load_video_predictions(written(tmp_path / "a.json", mine=older, reaches=REACHES))
    assert loaded.segmentations["mine"] == older
    save_video_predictions(tmp_path / "b.json", loaded)
    assert json.loads((tmp_path / "b.json").read_bytes())["segmentations"]["mine"] == older


def change(*path: str | int, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(REACHES)
    target: Any = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            change("segmentation_version", value=2),
            "reaches.segmentation_version: input should be 1",
        ),
        (change("kind", value="phases"), "reaches.kind: input should be"),
        (change("extra", value=1), "reaches.extra: extra inputs"),
        (change("windows", 0, "confidence", value=1.5), "reaches.windows[0].confidence: input"),
        (change("windows", 0, "confidence", value="1"), "reaches.windows[0].confidence: input"),
        (change("windows", 0, "peak", value=None), "reaches.windows[0].peak: input"),
        (change("windows", 0, "peak_frame", value=-1), "reaches.windows[0].peak_frame: input"),
        (change("windows", 0, "start_frame", value=3), "start_frame, peak_frame and end_frame"),
        (change("windows", 0, "end_s", value=0.01), "start_s, peak_s and end_s must not fall"),
        (
            change("windows", value=[{**WINDOW, "peak_frame": 3}, WINDOW]),
            "in the order of their peaks",
        ),
        (change("windows", 0, "end_frame", value=6), "windows[0].end_frame: expected a frame of"),
        (change("signal", "joints", value=["a", "b"]), "axis needs 1 joints, not 2"),
        (change("signal", "axis", value=None), "an axis is needed for kind axis"),
        (change("signal", "kind", value="angle"), "angle needs 3 joints, not 1"),
        (
            change("signal", value={"kind": "distance", "joints": ["a", "a"]}),
            "must be different ones",
        ),
        (change("signal", value={"kind": "speed", "joints": ["a"], "axis": "x"}), "an axis is"),
    ],
)
def test_ours_are_checked_and_the_message_says_where(
    changed: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(FileFormatError) as caught:
        load_video_predictions(written(tmp_path / "a.json", reaches=changed))
    assert caught.value.message.startswith("segmentations")
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_in_memory_too() -> None:
    made = make_predictions(segmentations={"reaches": REACHES})
    assert isinstance(made.segmentations["reaches"], Segmentation)
    assert made.model_copy(deep=True) == made
    with pytest.raises(ValidationError, match="expected a frame of the video, 5 at most"):
        make_predictions(segmentations={"reaches": change("windows", 0, "end_frame", value=6)})
    with pytest.raises(ValidationError, match="segmentations"):
        VideoPredictions(**{**made._values(), "segmentations": 3})
    with pytest.raises(ValidationError):
        made.segmentations["reaches"].track_id = 3


def test_units() -> None:
    joints = ("a", "b", "c")
    kinds = {"axis": (1, "mm"), "distance": (2, "mm"), "speed": (1, "mm/s"), "angle": (3, "deg")}
    for kind, (count, unit) in kinds.items():
        axis = "up" if kind == "axis" else None
        assert SegmentSignal(kind=kind, joints=joints[:count], axis=axis).unit == unit
