from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.io.strategies import assert_identical

from neuropose.data import UNTRACKED, VideoPredictions
from neuropose.data.prediction_fields import SCHEMA_VERSION
from neuropose.errors import FileFormatError
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.io.migrations import MIGRATIONS

METADATA = {"frame_count": 3, "fps": 25.0, "width": 640, "height": 480}


def older(**changes: Any) -> dict[str, Any]:
    """Two people in the first frame, nobody in the second, one in the third; four joints."""
    person: dict[str, list[Any]] = {
        "boxes": [[10.0, 20.0, 30.0, 40.0, 0.9]],
        "poses3d": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [None, None, None], [7, 8, 9]]],
        "poses2d": [[[1.0, 2.0], [3.0, 4.0], [None, None], [5, 6]]],
    }
    document: dict[str, Any] = {
        "metadata": dict(METADATA),
        "frames": {
            "frame_000000": {key: value * 2 for key, value in person.items()},
            "frame_000001": {key: [] for key in person},
            "frame_000002": person,
        },
    }
    return {**document, **changes}


def load(folder: Path, document: dict[str, Any]) -> VideoPredictions:
    path = folder / "older.json"
    path.write_text(json.dumps(document, indent=2))
    return load_video_predictions(path)


def refusal(folder: Path, document: dict[str, Any]) -> str:
    with pytest.raises(FileFormatError) as caught:
        load(folder, document)
    return caught.value.message


def test_there_is_a_step_from_every_older_version() -> None:
    assert list(MIGRATIONS) == list(range(SCHEMA_VERSION))


def test_older_files_load(tmp_path: Path) -> None:
    predictions = load(tmp_path, older())
    assert predictions.schema_version == SCHEMA_VERSION
    assert predictions.metadata.model_dump(exclude_defaults=True) == METADATA
    assert predictions.metadata.variable_frame_rate is None
    assert predictions.skeleton.name == "unknown_4"
    assert predictions.skeleton.joints == ("joint_0", "joint_1", "joint_2", "joint_3")
    assert predictions.camera is None
    assert predictions.provenance is None
    assert predictions.uncertainty_mm is None
    assert predictions.offsets.tolist() == [0, 2, 2, 3]
    assert predictions.time_s.tolist() == [0.0, 0.04, 0.08]
    assert predictions.track_ids.tolist() == [UNTRACKED] * 3
    assert np.isnan(predictions.confidence).all()
    assert predictions.boxes[2].tolist() == pytest.approx([10.0, 20.0, 30.0, 40.0, 0.9])
    expected = [[1, 2, 3], [4, 5, 6], [np.nan] * 3, [7, 8, 9]]
    np.testing.assert_array_equal(predictions.poses3d, [expected] * 3)
    assert predictions.poses2d.shape == (3, 4, 2)


def test_they_are_saved_as_present_ones(tmp_path: Path) -> None:
    before = load(tmp_path, older())
    save_video_predictions(tmp_path / "new.json", before)
    assert b'"schema_version":1' in (tmp_path / "new.json").read_bytes()
    assert_identical(before, load_video_predictions(tmp_path / "new.json"))


def test_boxes_without_confidence(tmp_path: Path) -> None:
    document = older()
    document["frames"]["frame_000002"]["boxes"] = [[1.0, 2.0, 3.0, 4.0]]
    box = load(tmp_path, document).boxes[2]
    assert box[:4].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert np.isnan(box[4])


def test_joints_are_counted_in_the_first_detection_wherever_it_is(tmp_path: Path) -> None:
    document = older()
    frames = document["frames"]
    frames["frame_000000"], frames["frame_000001"] = frames["frame_000001"], frames["frame_000000"]
    assert load(tmp_path, document).skeleton.name == "unknown_4"


def test_nobody_at_all_leaves_one_joint(tmp_path: Path) -> None:
    nobody: dict[str, list[Any]] = {"boxes": [], "poses3d": [], "poses2d": []}
    frames = {f"frame_00000{number}": nobody for number in range(3)}
    predictions = load(tmp_path, older(frames=frames))
    assert predictions.skeleton.joints == ("joint_0",)
    assert predictions.poses3d.shape == (0, 1, 3)


def test_more_joints_than_any_body_has(tmp_path: Path) -> None:
    document = older()
    document["frames"]["frame_000000"]["poses3d"] = [[[0, 0, 0]] * 10_001]
    assert refusal(tmp_path, document).startswith("skeleton.joints: tuple should have at most")


def test_no_frames_at_all(tmp_path: Path) -> None:
    predictions = load(tmp_path, older(metadata={**METADATA, "frame_count": 0}, frames={}))
    assert len(predictions.frames) == 0


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("metadata", "rotation_deg"), 90, "metadata: object contains unknown field rotation_deg"),
        (("metadata", "fps"), 0, "metadata.fps: expected float > 0.0"),
        (("metadata", "fps"), "25", "metadata.fps: expected float, got str"),
        (("metadata", "width"), 0, "metadata.width: input should be greater than 0"),
        (("metadata", "frame_count"), 4, "frames: 3, but metadata.frame_count is 4"),
        (("metadata",), {"fps": 25.0}, "metadata: object missing required field frame_count"),
        (("camera",), None, "schema_version: missing, though there is camera"),
        (("frames", "frame_000001"), {}, "frames.frame_000001: object missing required field"),
        (("frames", "frame_000001", "time_s"), 1, "frames.frame_000001: object contains unknown"),
        (("frames", "frame_000003"), {}, "frames.frame_000003: object missing required field"),
        (("frames", "frame_4"), {}, "frames.frame_000003: missing, though there are 4 frames"),
        (("frames", "frame_000002", "boxes", 0), [1], "frames.frame_000002.boxes[0]: expected"),
        (("frames", "frame_000002", "boxes"), [], "frames.frame_000002.poses3d: 1 detections, but"),
        (
            ("frames", "frame_000002", "poses3d", 0, 3),
            [1.0, 2.0],
            "frames.frame_000002.poses3d[0][3]: expected array of length 3",
        ),
        (
            ("frames", "frame_000002", "poses3d", 0),
            [[1.0, 2.0, 3.0]],
            "frames.frame_000002.poses3d[0]: expected array of length 4",
        ),
        (
            ("frames", "frame_000002", "poses2d", 0),
            [[1.0, 2.0]],
            "frames.frame_000002.poses2d[0]: expected array of length 4",
        ),
    ],
)
def test_older_files_are_read_strictly(
    path: tuple[str | int, ...], value: object, message: str, tmp_path: Path
) -> None:
    document = json.loads(json.dumps(older()))  # nothing shared
    target: Any = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert refusal(tmp_path, document).startswith(message)


def test_a_key_twice_in_an_older_frame(tmp_path: Path) -> None:
    text = json.dumps(older()).replace('"poses2d"', '"boxes": [], "poses2d"', 1)
    (tmp_path / "older.json").write_text(text)
    with pytest.raises(FileFormatError, match=r"frames\.frame_000000: a key occurs twice"):
        load_video_predictions(tmp_path / "older.json")


def test_a_key_twice_in_older_metadata(tmp_path: Path) -> None:
    text = json.dumps(older()).replace('"fps"', '"fps": 30.0, "fps"', 1)
    (tmp_path / "older.json").write_text(text)
    with pytest.raises(FileFormatError, match="metadata: the key 'fps' occurs twice"):
        load_video_predictions(tmp_path / "older.json")
