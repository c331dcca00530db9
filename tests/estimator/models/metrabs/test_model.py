"""Predictions of the stand-in equal the function that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.estimator.models.metrabs.saved_models import (
    JOINTS,
    MM_PER_K1,
    POISON,
    STEP_MM,
    draw,
    expected,
)

from neuropose.data import Camera, CameraSource, FrameGap, Lens
from neuropose.errors import CameraError, ModelLoadError, ModelRunError, ModelStateError
from neuropose.estimator import Detections, Estimator, InferenceOptions, LoadOptions, ModelInfo
from neuropose.estimator.models.metrabs import load_any
from neuropose.estimator.models.metrabs.model import MeTRAbs, batch_size, spread_mm
from neuropose.skeletons import SKELETONS
from neuropose.testing import check_model
from neuropose.testing.conformance.model_bench import first_difference

SIZES = {"landscape": (320, 240), "portrait": (180, 320), "odd": (161, 97)}
ONE = (0, 20, 20, 30, 70, 200)
OTHER = (2, 90, 10, 20, 60, 250)
Load = Callable[..., MeTRAbs]


def scenes(width: int, height: int) -> list[NDArray[np.uint8]]:
    """Nobody, one, two, four people, moving; seven pictures."""
    crowd = [(number, 5 + 35 * number, 12, 25, 50, 150 + 20 * number) for number in range(4)]
    moving = [(0, 20 + 3 * step, 20, 30, 70, 200) for step in range(3)]
    pictures = [(), (ONE,), (ONE, OTHER), crowd, *((one,) for one in moving)]
    return [draw(width, height, *people) for people in pictures]


def agree(
    found: Detections,
    picture: NDArray[np.uint8],
    camera: Camera,
    skeleton: str = "smpl_24",
    most: int | None = None,
) -> None:
    boxes, poses3d, poses2d = expected(picture, camera, skeleton)
    kept = sorted(sorted(range(len(boxes)), key=lambda person: -boxes[person, 4])[:most])
    boxes, poses3d, poses2d = boxes[kept], poses3d[kept], poses2d[kept]
    np.testing.assert_allclose(found.boxes, boxes, atol=1e-6)
    np.testing.assert_allclose(found.poses3d, poses3d, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(found.poses2d, poses2d, rtol=1e-5)
    assert np.isnan(found.confidence).all()


def predict(
    model: MeTRAbs, pictures: Sequence[NDArray[np.uint8]], camera: Camera
) -> list[Detections]:
    return list(model.predict(iter(pictures), camera))


def poisoned(pictures: Sequence[NDArray[np.uint8]], *bad: int) -> list[NDArray[np.uint8]]:
    pictures = [picture.copy() for picture in pictures]
    for number in bad:
        pictures[number][0, 0] = POISON
    return pictures


def without_states(results: Sequence[Detections]) -> list[Detections]:
    return [replace(found, state=None) for found in results]


def with_k1(camera: Camera, *coefficients: float) -> Camera:
    return Camera(
        intrinsic_matrix=camera.intrinsic_matrix,
        distortion=coefficients,
        source=CameraSource.GIVEN,
    )


CROWDS = (1, 0, 4, 2, 6, 3, 5) * 5
"""People in the pictures that `crowds` draws."""


def crowds() -> list[NDArray[np.uint8]]:
    """None to six people, no two pictures alike; the most certain are neither first nor last."""
    confidences = (120, 250, 180, 180, 90, 210)
    return [
        draw(
            320,
            240,
            *(
                (one, 5 + 50 * one, 10 + shift, 30, 70 + shift, confidences[one])
                for one in range(n)
            ),
        )
        for shift, n in enumerate(CROWDS)
    ]


class TestPredictions:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("batch", [None, 1, 3, 7])
    def test_equal_the_function(self, size: str, batch: int | None, load: Load) -> None:
        pictures = scenes(*SIZES[size])
        camera = Camera.from_fov(*SIZES[size], 60.0)
        found = predict(load(batch_size=batch), pictures, camera)
        assert [len(one.boxes) for one in found[:4]] == [0, 1, 2, 4]
        for one, picture in zip(found, pictures, strict=True):
            agree(one, picture, camera)

    def test_nobody_in_a_whole_video(self, load: Load) -> None:
        camera = Camera.from_fov(64, 48, 55.0)
        found = predict(load(), [draw(64, 48)] * 3, camera)
        assert [one.poses3d.shape for one in found] == [(0, 24, 3)] * 3

    @pytest.mark.parametrize("skeleton", JOINTS)
    def test_any_skeleton_that_it_has(self, skeleton: str, load: Load) -> None:
        model = load(skeleton=skeleton)
        assert model.info.skeletons[0].joints == tuple(JOINTS[skeleton].split())
        assert {one.name for one in model.info.skeletons} == set(JOINTS)
        camera = Camera.from_fov(160, 120, 55.0)
        [found] = predict(model, [draw(160, 120, ONE)], camera)
        agree(found, draw(160, 120, ONE), camera, skeleton)

    def test_names_and_canonical_joints_are_those_of_the_known_skeletons(self, load: Load) -> None:
        by_name = {one.name: one for one in load().info.skeletons}
        for name in ("smpl_24", "coco_19"):
            assert by_name[name].joints == SKELETONS[name].joints
            assert by_name[name].canonical == SKELETONS[name].canonical
        assert by_name["foreign_3"].canonical == {}

    def test_whole_videos(self, load: Load, tmp_path: Path) -> None:
        pictures = scenes(320, 240)
        path = write_lossless(tmp_path / "clip.mkv", pictures)
        result = Estimator(load(batch_size=3)).process_video(path, fov_degrees=60.0)
        predictions = result.predictions
        assert predictions.metadata.frame_count == len(pictures)
        for frame, picture in zip(predictions.frames.values(), pictures, strict=True):
            boxes, poses3d, _ = expected(picture, predictions.camera, "smpl_24")
            np.testing.assert_allclose(frame.boxes, boxes, atol=1e-6)
            np.testing.assert_allclose(frame.poses3d, poses3d, rtol=1e-5, atol=1e-3)
        settings = predictions.provenance.settings
        assert settings["skeleton"] == "smpl_24"
        assert settings["weights_license"] == "non-commercial use only"
        assert "saved_model.pb" in predictions.provenance.model_sha256


class TestOptions:
    CAMERA = Camera.from_fov(160, 120, 55.0)
    PEOPLE = draw(
        160, 120, (0, 5, 5, 20, 50, 100), (1, 40, 5, 20, 50, 200), (3, 70, 100, 80, 9, 250)
    )

    def boxes(self, model: MeTRAbs) -> list[int]:
        [found] = predict(model, [self.PEOPLE], self.CAMERA)
        return [int(x) for x in found.boxes[:, 0]]

    def test_reach_the_model(self, load: Load) -> None:
        assert self.boxes(load()) == [5, 40]  # the third is nine times as wide as it is high
        assert self.boxes(load(suppress_implausible_poses=False)) == [5, 40, 70]
        assert self.boxes(load(detector_threshold=0.5)) == [40]
        assert self.boxes(load(max_detections=1)) == [40]  # the more certain one

    def test_are_in_the_provenance(self, load: Load) -> None:
        settings = load(num_aug=3, max_detections=2, batch_size=4).info.settings
        assert (settings["num_aug"], settings["max_detections"]) == (3, 2)
        assert settings["batch_size"] == 4

    @pytest.mark.parametrize("count", [4, 5, 8, 12])
    def test_distortion_reaches_the_model(self, count: int, load: Load) -> None:
        camera = with_k1(self.CAMERA, 0.25, *[0.0] * (count - 1))
        picture = draw(160, 120, ONE)
        [found] = predict(load(), [picture], camera)
        agree(found, picture, camera)
        [plain] = predict(load(), [picture], self.CAMERA)
        np.testing.assert_allclose(
            found.poses3d[..., 2] - plain.poses3d[..., 2], 0.25 * MM_PER_K1, atol=0.01
        )

    def test_more_distortion_than_it_takes_is_refused(self, load: Load) -> None:
        with pytest.raises(CameraError, match="at most 12 distortion coefficients"):
            predict(load(), [draw(160, 120)], with_k1(self.CAMERA, *[0.0] * 14))

    def test_a_fisheye_is_refused(self, load: Load) -> None:
        fisheye = with_k1(self.CAMERA, *[0.0] * 4).model_copy(update={"lens": Lens.FISHEYE})
        with pytest.raises(CameraError, match="fisheye"):
            predict(load(), [draw(160, 120)], fisheye)

    def test_a_skeleton_that_it_has_not(self, load: Load) -> None:
        with pytest.raises(ModelLoadError, match="no skeleton 'smpl_42'") as raised:
            load(skeleton="smpl_42")
        assert "did you mean smpl_24?" in raised.value.hint


class TestMaxDetections:
    """The released graphs' own top-k gives a picture the people of the next one, or fails."""

    CAMERA = Camera.from_fov(320, 240, 60.0)
    PICTURES = crowds()

    @pytest.mark.parametrize("batch", [1, 2, 3, 7, 32])
    @pytest.mark.parametrize("most", [1, 2, 3])
    def test_any_batch_equals_frame_by_frame(self, most: int, batch: int, load: Load) -> None:
        model = load(batch_size=batch, max_detections=most)
        batched = predict(model, self.PICTURES, self.CAMERA)
        alone = [found for one in self.PICTURES for found in predict(model, [one], self.CAMERA)]
        assert [len(one.boxes) for one in alone] == [min(most, n) for n in CROWDS]
        assert first_difference(*map(without_states, (batched, alone))) is None
        for one, picture in zip(batched, self.PICTURES, strict=True):
            agree(one, picture, self.CAMERA, most=most)

    def test_of_equally_certain_people_the_first_are_kept(self, load: Load) -> None:
        people = [(number, 5 + 50 * number, 10, 30, 70, 200) for number in range(6)]
        [found] = predict(load(max_detections=4), [draw(320, 240, *people)], self.CAMERA)
        assert found.boxes[:, 0].tolist() == [5, 55, 105, 155]

    def test_implausible_poses_are_dropped_before(self, load: Load) -> None:
        people = ((0, 5, 5, 20, 50, 100), (1, 40, 5, 20, 50, 150), (3, 70, 100, 80, 9, 250))
        [found] = predict(load(max_detections=2), [draw(320, 240, *people)], self.CAMERA)
        assert found.boxes[:, 0].tolist() == [5, 40]

    def test_with_an_uncertainty(self, load: Load) -> None:
        model = load(batch_size=3, max_detections=2, uncertainty=True)
        for one, picture in zip(
            predict(model, self.PICTURES[:7], self.CAMERA), self.PICTURES, strict=False
        ):
            agree(one, picture, self.CAMERA, most=2)
            assert one.uncertainty_mm is not None
            assert len(one.uncertainty_mm) == len(one.boxes)


class TestPicturesThatFail:
    CAMERA = Camera.from_fov(320, 240, 60.0)
    REASON = "the model failed on the picture (InvalidArgumentError)"

    @pytest.mark.parametrize("batch", [1, 2, 3, 7, 32])
    @pytest.mark.parametrize("bad", [(0,), (2, 3), (6,), (0, 5, 13)])
    def test_the_others_equal_frame_by_frame(
        self, batch: int, bad: tuple[int, ...], load: Load
    ) -> None:
        pictures = poisoned(scenes(320, 240) * 2, *bad)
        model = load(batch_size=batch, max_detections=2)
        found = predict(model, pictures, self.CAMERA)
        alone = [one for picture in pictures for one in predict(model, [picture], self.CAMERA)]
        assert first_difference(*map(without_states, (found, alone))) is None
        for number, (one, picture) in enumerate(zip(found, pictures, strict=True)):
            assert one.failure == (self.REASON if number in bad else None)
            if number not in bad:
                agree(one, picture, self.CAMERA, most=2)

    def test_are_gaps_of_the_video(self, load: Load, tmp_path: Path) -> None:
        path = write_lossless(tmp_path / "clip.mkv", poisoned(scenes(320, 240), 2, 3, 5))
        predictions = Estimator(load(batch_size=4)).process_video(path).predictions
        assert predictions.metadata.gaps == (
            FrameGap(first_frame=2, last_frame=3, reason=self.REASON),
            FrameGap(first_frame=5, last_frame=5, reason=self.REASON),
        )
        assert np.diff(predictions.offsets).tolist() == [0, 1, 0, 0, 1, 0, 1]

    def test_all_of_them(self, load: Load, tmp_path: Path) -> None:
        path = write_lossless(tmp_path / "clip.mkv", poisoned(scenes(320, 240), *range(7)))
        with pytest.raises(ModelRunError, match="failed on every picture"):
            Estimator(load()).process_video(path)

    @pytest.mark.parametrize("uncertainty", [False, True])
    def test_with_positions_that_are_not_finite(self, uncertainty: bool, load: Load) -> None:
        pictures = scenes(320, 240)
        strong = with_k1(self.CAMERA, 1e36, 0.0, 0.0, 0.0, 0.0)
        found = predict(load(batch_size=3, uncertainty=uncertainty), pictures, strong)
        reason = "the model returned a position that is not finite"
        assert [one.failure for one in found] == [None, *[reason] * 6]  # nobody is in the first

    def test_a_resumed_video_has_the_same(self, load: Load) -> None:
        pictures = poisoned(scenes(320, 240), 3, 4)
        model = load(batch_size=4)
        whole = predict(model, pictures, self.CAMERA)
        state = whole[3].state
        assert state is not None
        resumed = list(model.predict(pictures[4:], self.CAMERA, state=state))
        assert first_difference(resumed, whole[4:]) is None

    def test_other_errors_end_the_video(self, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        import tensorflow as tf

        def broken(*_: object) -> object:
            raise tf.errors.InternalError(None, None, "the device is gone")

        model = load()
        monkeypatch.setattr(model._saved, "detect", broken)
        with pytest.raises(tf.errors.InternalError):
            predict(model, scenes(320, 240), self.CAMERA)


class TestUncertainty:
    @pytest.mark.parametrize("num_aug", [2, 5])
    def test_is_the_spread_over_the_augmentations(self, num_aug: int, load: Load) -> None:
        picture, camera = draw(160, 120, ONE, OTHER), Camera.from_fov(160, 120, 55.0)
        model = load(num_aug=num_aug, uncertainty=True)
        assert model.info.gives_uncertainty
        [found] = predict(model, [picture], camera)
        agree(found, picture, camera)
        steps = np.arange(num_aug) * np.linalg.norm(STEP_MM)
        assert found.uncertainty_mm is not None
        assert found.uncertainty_mm.shape == (2, 24)
        np.testing.assert_allclose(found.uncertainty_mm, steps.std(ddof=1), rtol=1e-3)

    def test_nobody_has_none(self, load: Load) -> None:
        camera = Camera.from_fov(64, 48, 55.0)
        [found] = predict(load(uncertainty=True), [draw(64, 48)], camera)
        assert found.uncertainty_mm is not None
        assert found.uncertainty_mm.shape == (0, 24)

    def test_of_a_single_augmentation_is_refused(self, load: Load) -> None:
        with pytest.raises(ModelLoadError, match="at least two"):
            load(uncertainty=True, num_aug=1)

    def test_of_known_numbers(self) -> None:
        poses = np.zeros((1, 3, 1, 3), np.float32)
        poses[0, :, 0, 1] = [-1.0, 0.0, 1.0]
        assert spread_mm(poses).tolist() == [[1.0]]

    def test_is_in_the_file(self, load: Load, tmp_path: Path) -> None:
        path = write_lossless(tmp_path / "clip.mkv", scenes(320, 240))
        predictions = Estimator(load(uncertainty=True)).process_video(path).predictions
        assert predictions.uncertainty_mm is not None
        assert predictions.uncertainty_mm.shape == predictions.confidence.shape


class TestMemory:
    def test_batches_are_halved_until_they_fit(
        self, load: Load, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines: list[str] = []
        model = load(batch_size=8, report=lines.append)
        sizes = limit(model, monkeypatch, fits=2)
        camera = Camera.from_fov(320, 240, 60.0)
        pictures = scenes(320, 240)
        found = predict(model, pictures, camera)
        for one, picture in zip(found, pictures, strict=True):
            agree(one, picture, camera)
        assert sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]
        assert lines[0] == "out of memory with 7 pictures at a time; continuing with 3"

    def test_not_even_one_fits(self, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        model = load(batch_size=2)
        limit(model, monkeypatch, fits=0)
        with pytest.raises(ModelRunError, match="not have enough memory for a single picture"):
            predict(model, scenes(320, 240), Camera.from_fov(320, 240, 60.0))

    @pytest.mark.parametrize(
        ("height", "width", "memory", "size"),
        [(1080, 1920, 24e9, 32), (1080, 1920, 4e9, 4), (2160, 3840, 1e9, 1), (240, 320, None, 32)],
    )
    def test_batch_size(self, height: int, width: int, memory: float | None, size: int) -> None:
        assert batch_size(height, width, memory) == size


class TestResuming:
    CAMERA = Camera.from_fov(320, 240, 60.0)

    def test_after_each_full_batch(self, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        pictures = scenes(320, 240) + scenes(320, 240)
        whole = predict(load(batch_size=4), pictures, self.CAMERA)
        given = [number for number, one in enumerate(whole) if one.state is not None]
        assert given == [3, 7, 11]
        for number in given:
            model = load(batch_size=4)
            sizes = limit(model, monkeypatch, fits=4)
            state, rest = whole[number].state, number + 1
            resumed = list(model.predict(pictures[rest:], self.CAMERA, state=state))
            assert first_difference(resumed, whole[rest:]) is None
            assert sizes == {3: [4, 4, 2], 7: [4, 2], 11: [2]}[number]

    def test_a_piece_has_the_batches_of_the_whole_video(self, load: Load) -> None:
        pictures = scenes(320, 240)
        model = load(batch_size=2)
        whole = predict(model, pictures, self.CAMERA)
        assert model.state_before(3, pictures[3], 30.0) is None
        state = model.state_before(4, pictures[4], 30.0)
        assert state == whole[3].state
        assert (
            first_difference(list(model.predict(pictures[4:], self.CAMERA, state=state)), whole[4:])
            is None
        )
        assert load().state_before(64, pictures[4], 30.0) is not None  # of any size

    def test_with_batches_that_were_halved(
        self, load: Load, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pictures = scenes(320, 240) + scenes(320, 240)
        model = load(batch_size=8)
        limit(model, monkeypatch, fits=5)
        whole = predict(model, pictures, self.CAMERA)
        state = whole[7].state
        assert state is not None
        sizes = limit(model, monkeypatch, fits=5)
        resumed = list(model.predict(pictures[8:], self.CAMERA, state=state))
        assert first_difference(resumed, whole[8:]) is None
        assert sizes == [4, 2]  # not 8 again

    @pytest.mark.parametrize("state", [b"", b"\4", b"\0\0\0\0", b"\5\0\0\0", b"\4\0\0\0\0"])
    def test_what_it_never_gave_is_refused(self, state: bytes, load: Load) -> None:
        with pytest.raises(ModelStateError, match="MeTRAbs"):
            list(load(batch_size=4).predict([], self.CAMERA, state=state))

    def test_no_more_than_the_most_pictures_at_a_time(self, load: Load) -> None:
        with pytest.raises(ModelStateError):
            list(load().predict([], self.CAMERA, state=b"\xff\xff\xff\xff"))


def test_it_keeps_the_contract_of_pose_models(saved: Path, tmp_path: Path) -> None:
    pictures = [draw(320, 240, (0, 20 + 4 * n, 40, 60, 150, 220)) for n in range(8)]
    options = LoadOptions(
        tmp_path, "cpu", location=str(saved), inference=InferenceOptions(batch_size=3)
    )
    camera = Camera.from_fov(320, 240, 55.0)
    check_model(load_any, options=options, pictures=pictures, camera=camera)


def test_deterministic_runs_are_recorded_and_the_same(load: Load) -> None:
    model = load(deterministic=True)
    assert model.info.settings["deterministic"] is True
    camera = Camera.from_fov(320, 240, 60.0)
    runs = [predict(load(deterministic=True), scenes(320, 240), camera) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert one.poses3d.tobytes() == other.poses3d.tobytes()


def test_what_it_declares(load: Load) -> None:
    info = load().info
    assert isinstance(info, ModelInfo)
    assert info.runtime.startswith("tensorflow 2.")
    assert info.device == "cpu"
    assert not info.gives_confidence


def limit(model: MeTRAbs, monkeypatch: pytest.MonkeyPatch, *, fits: int) -> list[int]:
    """Make batches fail that do not fit; gives the sizes that were tried."""
    import tensorflow as tf

    sizes: list[int] = []
    detect = model._saved.detect

    def limited(pictures: NDArray[np.uint8], *rest: object) -> object:
        sizes.append(len(pictures))
        if len(pictures) > fits:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return detect(pictures, *rest)

    monkeypatch.setattr(model._saved, "detect", limited)
    return sizes


def write_lossless(path: Path, pictures: Sequence[NDArray[np.uint8]]) -> Path:
    height, width = pictures[0].shape[:2]
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264rgb", rate=30, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
