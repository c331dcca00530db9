from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError
from tests.small_predictions import make_predictions

from neuropose.data import Camera, CameraSource, FrameGap, VideoMetadata, VideoPredictions, frame_id
from neuropose.errors import CameraError, SubjectError
from neuropose.testing import synthetic_predictions

ARRAYS = (
    "time_s",
    "offsets",
    "boxes",
    "poses3d",
    "poses2d",
    "confidence",
    "track_ids",
    "uncertainty_mm",
)
FRAME_ARRAYS = ("boxes", "poses3d", "poses2d", "confidence", "track_ids", "uncertainty_mm")


def every_array(predictions: VideoPredictions) -> Iterator[tuple[str, np.ndarray]]:
    for name in ARRAYS:
        yield name, getattr(predictions, name)
    yield "frame_index", predictions.frame_index
    for key, frame in predictions.frames.items():
        for name in FRAME_ARRAYS:
            yield f"{key}.{name}", getattr(frame, name)


def copies(predictions: VideoPredictions) -> dict[str, VideoPredictions]:
    return {
        "itself": predictions,
        "copy": copy.copy(predictions),
        "deepcopy": copy.deepcopy(predictions),
        "pickle": pickle.loads(pickle.dumps(predictions)),
        "model_copy": predictions.model_copy(),
        "deep model_copy": predictions.model_copy(deep=True),
    }


@pytest.mark.parametrize("how", copies(make_predictions()))
def test_no_array_can_be_written_to(how: str) -> None:
    predictions = copies(make_predictions())[how]
    for name, array in every_array(predictions):
        for view in (array, array[:], array.T, array.view(), array.reshape(-1)):
            assert not view.flags.writeable, name
            with pytest.raises(ValueError, match="WRITEABLE"):
                view.flags.writeable = True
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    assert predictions == make_predictions()


@pytest.mark.parametrize("frozen_first", [False, True])
def test_what_was_given_cannot_reach_into_the_predictions(frozen_first: bool) -> None:
    before = make_predictions()
    given = {name: getattr(before, name).copy() for name in ARRAYS}
    if frozen_first:
        for array in given.values():
            array.flags.writeable = False
    predictions = make_predictions(**given)
    for array in given.values():
        array.flags.writeable = True
        array[...] = 0
    assert predictions == before


def test_views_of_given_arrays_are_not_kept() -> None:
    base = np.zeros((6, 3, 3), np.float32)
    view = base[:]
    view.flags.writeable = False
    predictions = make_predictions(poses3d=view)
    base[...] = 1.0
    assert not predictions.poses3d.any()


def test_immutable_arrays_are_not_copied(predictions: VideoPredictions) -> None:
    assert predictions.model_copy(update={"camera": None}).poses3d is predictions.poses3d


def test_fields_cannot_be_set(predictions: VideoPredictions) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        predictions.camera = None  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        predictions.frames["frame_000000"].time_s = 1.0  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        predictions.metadata.fps = 25.0  # type: ignore[misc]


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="file_name"):
        make_predictions(file_name="someone.mp4")


def test_equality_is_by_value(predictions: VideoPredictions) -> None:
    assert predictions == make_predictions()  # NaN where NaN is
    assert predictions != make_predictions(camera=None)
    assert predictions != make_predictions(poses2d=predictions.poses2d + 1.0)
    assert predictions != "predictions"
    assert predictions.frames["frame_000000"] == make_predictions().frames["frame_000000"]
    assert predictions.frames["frame_000000"] != predictions.frames["frame_000001"]


def test_a_changed_copy_is_validated_and_shows_the_change(predictions: VideoPredictions) -> None:
    assert predictions.frames["frame_000000"].poses2d.any()  # cached views must not be carried over
    changed = predictions.model_copy(update={"poses2d": np.zeros((6, 3, 2))})
    assert not changed.frames["frame_000000"].poses2d.any()
    with pytest.raises(ValidationError, match=r"poses2d has shape \(6, 2, 2\)"):
        predictions.model_copy(update={"poses2d": np.zeros((6, 2, 2))})


def test_frames_is_a_mapping_by_id(predictions: VideoPredictions) -> None:
    frames = predictions.frames
    assert len(frames) == 6
    assert list(frames) == [frame_id(number) for number in range(6)]
    assert "frame_000005" in frames
    for stranger in ("frame_000006", "frame_5", "frame_-00001", "5", "", "frame_00000٥", 5):
        assert stranger not in frames
    with pytest.raises(KeyError, match="no frame 3; they are 'frame_000000' to 'frame_000005'"):
        frames[3]  # type: ignore[index]
    with pytest.raises(KeyError, match="frame_000006"):
        frames["frame_000006"]


def test_a_frame_holds_its_own_rows(predictions: VideoPredictions) -> None:
    frame = predictions.frames["frame_000004"]
    assert frame.time_s == 0.134
    for name in FRAME_ARRAYS:
        np.testing.assert_array_equal(getattr(frame, name), getattr(predictions, name)[3:5])
    assert predictions.frames["frame_000002"].poses3d.shape == (0, 3, 3)
    assert make_predictions(uncertainty_mm=None).frames["frame_000000"].uncertainty_mm is None


def test_frame_ids_beyond_six_digits() -> None:
    assert frame_id(1_234_567) == "frame_1234567"


def test_a_gap_is_visible_in_its_frame(predictions: VideoPredictions) -> None:
    reasons = [frame.gap_reason for frame in predictions.frames.values()]
    assert reasons == [None, None, None, "the picture is damaged", None, None]
    assert np.isnan(predictions.frames["frame_000003"].time_s)


def test_frame_index_names_the_frame_of_each_detection(predictions: VideoPredictions) -> None:
    assert predictions.frame_index.tolist() == [0, 0, 1, 4, 4, 5]


def test_untracked_detections_have_no_subject(predictions: VideoPredictions) -> None:
    for use in (predictions.subject, predictions.to_arrays, predictions.to_xarray):
        with pytest.raises(SubjectError, match="no identities") as caught:
            use()
        assert caught.value.hint


@pytest.mark.parametrize(
    ("gaps", "message"),
    [
        ([(2, 1)], "before first_frame"),
        ([(0, 1), (1, 2)], "disjoint"),
        ([(3, 4), (0, 1)], "ascending"),
        ([(8, 10)], "beyond frame_count"),
    ],
)
def test_gaps_must_make_sense(gaps: list[tuple[int, int]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        VideoMetadata(
            frame_count=10,
            fps=30.0,
            width=4,
            height=3,
            gaps=tuple(FrameGap(first_frame=a, last_frame=b, reason="cut") for a, b in gaps),
        )


@pytest.mark.parametrize(
    "change",
    [
        {"fps": 0.0},
        {"fps": float("inf")},
        {"fps": float("nan")},
        {"width": 0},
        {"height": -1},
        {"frame_count": -1},
        {"rotation_deg": 45},
        {"path": "someone.mp4"},
    ],
)
def test_metadata_must_make_sense(change: dict[str, object]) -> None:
    sound: dict[str, object] = {"frame_count": 1, "fps": 30.0, "width": 4, "height": 3}
    VideoMetadata(**sound)
    with pytest.raises(ValidationError):
        VideoMetadata(**{**sound, **change})


class TestCamera:
    def test_field_of_view_spans_the_larger_side(self) -> None:
        for width, height in ((1920, 1080), (1080, 1920)):
            camera = Camera.from_fov(width, height, 90.0)
            assert camera.matrix[0, 0] == camera.matrix[1, 1] == 960.0
            assert camera.matrix[:2, 2].tolist() == [width / 2, height / 2]
            assert camera.source is CameraSource.FOV
            assert camera.fov_degrees == 90.0

    def test_its_matrix_is_a_copy(self) -> None:
        camera = Camera.from_fov(640, 480, 55.0)
        camera.matrix[...] = 0.0
        assert camera.matrix[0, 0] > 0.0

    @pytest.mark.parametrize("fov_degrees", [0.0, -1.0, 180.0, float("nan"), float("inf")])
    def test_fields_of_view_that_are_none(self, fov_degrees: float) -> None:
        with pytest.raises(CameraError, match="no camera has a field of view"):
            Camera.from_fov(640, 480, fov_degrees)

    @pytest.mark.parametrize(
        ("matrix", "distortion"),
        [
            ([[0, 0, 1], [0, 1, 1], [0, 0, 1]], []),
            ([[1, 0, 1], [0, -1, 1], [0, 0, 1]], []),
            ([[1, 0, 1], [0, 1, 1], [0, 0, 2]], []),
            ([[1, 0, 1], [0, 1, 1]], []),
            ([[1, 0, float("nan")], [0, 1, 1], [0, 0, 1]], []),
            ([[1, 0, 1], [0, 1, 1], [0, 0, 1]], [0.1]),
            ([[1, 0, 1], [0, 1, 1], [0, 0, 1]], [0.1, 0.2, 0.3, float("inf")]),
        ],
    )
    def test_matrices_that_are_no_camera(self, matrix: object, distortion: object) -> None:
        with pytest.raises(ValidationError):
            Camera(intrinsic_matrix=matrix, distortion=distortion, source="given")


def test_a_video_without_frames() -> None:
    empty = synthetic_predictions(frame_count=1).model_copy(
        update={
            "metadata": VideoMetadata(frame_count=0, fps=30.0, width=4, height=3),
            "time_s": [],
            "offsets": [0],
            **{name: np.empty((0, *shape)) for name, shape in EMPTY.items()},
        }
    )
    assert len(empty.frames) == 0
    with pytest.raises(SubjectError, match="nobody"):
        empty.subject()


EMPTY = {
    "boxes": (5,),
    "poses3d": (33, 3),
    "poses2d": (33, 2),
    "confidence": (33,),
    "track_ids": (),
}
