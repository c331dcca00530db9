"""The fake model finds what it is told to, and fails when it is told to."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from neuropose.data import Camera
from neuropose.errors import ModelOutputError, ModelStateError
from neuropose.estimator import Detections, Estimator
from neuropose.estimator.model import Picture, PoseModel
from neuropose.testing import FakeModel, stamp, synthetic_predictions, write_numbered_video
from neuropose.testing.conformance.faults import Fault, hanging, no_result, raising, wrong_shape

CAMERA = Camera.from_fov(160, 120, 55.0)


def pictures(*numbers: int) -> list[Picture]:
    return [stamp(np.zeros((120, 160, 3), np.uint8), number) for number in numbers]


def test_it_is_a_pose_model() -> None:
    assert isinstance(FakeModel(), PoseModel)


def test_a_sequence_is_found_by_the_number_in_the_picture() -> None:
    predictions = synthetic_predictions(frame_count=5, people=2)
    model = FakeModel.replaying(predictions)
    numbers = [3, 0, 4]
    found = list(model.predict(pictures(*numbers), CAMERA))
    for number, detections in zip(numbers, found, strict=True):
        expected = predictions.frames[f"frame_{number:06d}"]
        assert np.array_equal(detections.poses3d, expected.poses3d)
        assert np.array_equal(detections.boxes, expected.boxes)


def test_nobody_is_in_a_picture_without_a_programmed_number() -> None:
    model = FakeModel.replaying(synthetic_predictions(frame_count=2))
    unnumbered = np.zeros((120, 160, 3), np.uint8)
    found = list(model.predict([*pictures(2), unnumbered], CAMERA))
    assert [len(detections.boxes) for detections in found] == [0, 0]


def test_a_programme_sees_picture_and_camera() -> None:
    seen = []

    def programme(picture: Picture, camera: Camera) -> Detections:
        seen.append((picture.shape, camera))
        return Detections.none(33)

    list(FakeModel(programme).predict(pictures(1), CAMERA))
    assert seen == [((120, 160, 3), CAMERA)]


def test_by_default_somebody_walks_in_the_picture() -> None:
    found = list(FakeModel().predict(pictures(*range(40)), CAMERA))
    poses = np.stack([detections.poses2d for detections in found])
    assert poses.shape == (40, 1, 33, 2)
    assert (poses > 0).all()
    assert (poses < [160, 120]).all()
    assert np.ptp(poses[:, 0, 27, 0]) > 5  # an ankle moves


def test_through_the_estimator_every_frame_gets_its_poses(tmp_path: Path) -> None:
    predictions = synthetic_predictions(frame_count=40, width=160, height=120)
    video = write_numbered_video(tmp_path / "clip.mp4", 40)
    result = Estimator(FakeModel.replaying(predictions)).process_video(video)
    assert np.array_equal(result.predictions.poses3d, predictions.poses3d)
    assert np.array_equal(result.predictions.track_ids, predictions.track_ids)


def test_faults_strike_at_their_frame() -> None:
    faults: dict[int, Fault] = {1: wrong_shape, 3: no_result, 4: raising(MemoryError("no memory"))}
    results = FakeModel(faults=faults).predict(pictures(0, 1, 2, 3, 4, 5), CAMERA)
    assert [next(results).poses3d.shape for _ in range(3)] == [(1, 33, 3), (1, 33, 2), (1, 33, 3)]
    with pytest.raises(MemoryError, match="no memory"):
        next(results)


def test_the_estimator_notices_a_wrong_shape(tmp_path: Path) -> None:
    video = write_numbered_video(tmp_path / "clip.mp4", 5)
    with pytest.raises(ModelOutputError, match="poses3d"):
        Estimator(FakeModel(faults={2: wrong_shape})).process_video(video)


def test_a_hanging_model_goes_on_when_it_is_released() -> None:
    released, reached = threading.Event(), threading.Event()
    hang = hanging(released)

    def fault(found: Detections) -> Detections | None:
        reached.set()
        return hang(found)

    results: list[Detections] = []
    model = FakeModel(faults={1: fault})
    worker = threading.Thread(
        target=lambda: results.extend(model.predict(pictures(0, 1, 2), CAMERA)), daemon=True
    )
    worker.start()
    assert reached.wait(30)
    assert len(results) < 3
    released.set()
    worker.join(30)
    assert len(results) == 3


class TestStates:
    def test_it_goes_on_after_any_picture(self) -> None:
        whole = list(FakeModel().predict(pictures(*range(6)), CAMERA))
        for number, before in enumerate(whole):
            assert before.state is not None
            rest = FakeModel().predict(pictures(*range(number + 1, 6)), CAMERA, state=before.state)
            for one, same in zip(rest, whole[number + 1 :], strict=True):
                assert one.poses3d.tobytes() == same.poses3d.tobytes()

    def test_or_after_none(self) -> None:
        model = FakeModel(resumable=False)
        assert {found.state for found in model.predict(pictures(0, 1), CAMERA)} == {None}
        with pytest.raises(ModelStateError):
            next(model.predict(pictures(2), CAMERA, state=b""))

    def test_a_state_that_it_never_gave_is_refused(self) -> None:
        with pytest.raises(ModelStateError, match="never returned"):
            next(FakeModel().predict(pictures(1), CAMERA, state=b"another's"))


def test_a_closed_model_refuses() -> None:
    model = FakeModel()
    model.close()
    assert model.closed
    with pytest.raises(RuntimeError, match="closed"):
        list(model.predict(pictures(0), CAMERA))
