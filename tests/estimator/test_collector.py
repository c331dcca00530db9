"""What comes out of the collector is what went in, in its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.estimator import stubs

from neuropose.data import Camera, FrameGap, Provenance, VideoMetadata, VideoPredictions
from neuropose.errors import ModelOutputError, ModelRunError
from neuropose.estimator import Detections
from neuropose.estimator.collector import Collector, check_detections, row_shapes
from neuropose.testing import FakeModel
from neuropose.video.reader import VideoFrame

INFO = FakeModel().info
WITH_UNCERTAINTY = FakeModel(gives_uncertainty=True).info
PICTURE = np.zeros((48, 64, 3), np.uint8)
CAMERA = Camera.from_fov(64, 48, 55.0)
PROVENANCE = Provenance(neuropose_version="0", model="fake")


def frame(number: int, *, sound: bool = True) -> VideoFrame:
    reason = None if sound else "no picture"
    return VideoFrame(number, number / 30.0, PICTURE if sound else None, reason)


def predictions(collector: Collector, frame_count: int) -> VideoPredictions:
    metadata = VideoMetadata(frame_count=frame_count, fps=30.0, width=64, height=48)
    return collector.predictions(metadata, CAMERA, PROVENANCE)


class TestCollector:
    @given(people=st.lists(st.integers(0, 3), min_size=1, max_size=40))
    @settings(deadline=None)
    def test_every_row_is_in_its_frame(self, people: list[int]) -> None:
        collector = Collector(INFO)
        for number, count in enumerate(people):
            collector.add_frame(frame(number))
            found = stubs.marked(number, count) if count else Detections.none(stubs.JOINTS)
            collector.add_detections(found)
        made = predictions(collector, len(people))
        assert np.diff(made.offsets).tolist() == people
        nearest = made.poses3d[:, 0, 2] - stubs.NEAREST_MM
        assert nearest.tolist() == np.repeat(np.arange(len(people)), people).tolist()
        for view in made.frames.values():
            assert sorted(view.track_ids.tolist()) == list(range(len(view.boxes)))

    def test_thousands_of_frames(self) -> None:
        collector = Collector(INFO)
        for number in range(3000):
            collector.add_frame(frame(number))
            collector.add_detections(stubs.marked(number))
        made = predictions(collector, 3000)
        assert stubs.marks(made) == list(range(3000))
        assert not made.poses3d.flags.writeable

    def test_later_changes_to_a_model_s_arrays_do_not_reach_the_result(self) -> None:
        collector = Collector(INFO)
        found = stubs.marked(7)
        collector.add_frame(frame(0))
        collector.add_detections(found)
        found.poses3d[:] = 0.0
        assert stubs.marks(predictions(collector, 1)) == [7]

    def test_arrays_that_are_not_contiguous(self) -> None:
        collector = Collector(INFO)
        found = stubs.marked(7, people=2)
        strided = replace(found, poses2d=np.asfortranarray(found.poses2d))
        assert not strided.poses2d.flags.c_contiguous
        collector.add_frame(frame(0))
        collector.add_detections(strided)
        assert np.array_equal(predictions(collector, 1).poses2d, found.poses2d)

    def test_frames_done(self) -> None:
        collector = Collector(INFO)
        assert collector.frames_done == 0
        collector.add_frame(frame(0, sound=False))
        assert collector.frames_done == 1
        collector.add_frame(frame(1))
        collector.add_frame(frame(2))
        assert collector.frames_done == 1
        collector.add_detections(stubs.marked(1))
        assert collector.frames_done == 2
        collector.add_frame(frame(3, sound=False))
        assert collector.frames_done == 2
        collector.add_detections(stubs.marked(2))
        assert collector.frames_done == 4

    def test_missing_results(self) -> None:
        collector = Collector(INFO)
        for number in range(3):
            collector.add_frame(frame(number))
        collector.add_detections(stubs.marked(0))
        with pytest.raises(ModelOutputError, match="no result for 2 pictures"):
            predictions(collector, 3)

    def test_result_for_no_picture(self) -> None:
        collector = Collector(INFO)
        collector.add_frame(frame(0, sound=False))
        with pytest.raises(ModelOutputError, match="more results"):
            collector.add_detections(stubs.marked(0))

    def test_pictures_that_the_model_failed_on_are_gaps(self) -> None:
        collector = Collector(INFO)
        blurred = Detections.failed("too blurred", stubs.JOINTS)
        results = [stubs.marked(0), None, blurred, blurred, stubs.marked(4), blurred, None]
        for number, found in enumerate(results):
            collector.add_frame(frame(number, sound=found is not None))
        for found in results:
            if found is not None:
                collector.add_detections(found)
        made = predictions(collector, len(results))
        assert made.metadata.gaps == (
            FrameGap(first_frame=1, last_frame=1, reason="no picture"),
            FrameGap(first_frame=2, last_frame=3, reason="too blurred"),
            FrameGap(first_frame=5, last_frame=5, reason="too blurred"),
            FrameGap(first_frame=6, last_frame=6, reason="no picture"),
        )
        assert stubs.marks(made) == [0, None, None, None, 4, None, None]
        metrics = collector.metrics(made, workers=1, wall_s=1.0, decode_s=0.5)
        assert (metrics.frames_with_pose, metrics.gap_frames) == (2, 5)

    def test_a_model_that_failed_on_every_picture(self) -> None:
        collector = Collector(INFO)
        for number, sound in enumerate([True, False, True]):
            collector.add_frame(frame(number, sound=sound))
        for reason in ("too dark", "too bright"):
            collector.add_detections(Detections.failed(reason, stubs.JOINTS))
        with pytest.raises(ModelRunError, match="failed on every picture: too dark"):
            predictions(collector, 3)

    def test_metrics_count(self) -> None:
        collector = Collector(INFO)
        for number, found in enumerate(
            (stubs.marked(0, people=2), Detections.none(stubs.JOINTS), stubs.marked(2))
        ):
            collector.add_frame(frame(number))
            collector.add_detections(found)
        made = predictions(collector, 3)
        metrics = collector.metrics(made, workers=3, wall_s=1.5, decode_s=0.5)
        assert (metrics.frames, metrics.frames_with_pose, metrics.gap_frames) == (3, 2, 0)
        assert (metrics.inference_s, metrics.frames_per_second, metrics.workers) == (1.0, 2.0, 3)


def with_value(field: str, value: float) -> Detections:
    found = stubs.marked(0)
    changed = getattr(found, field).copy()
    changed[(0,) * (changed.ndim - 1) + (-1,)] = value
    return replace(found, **{field: changed})


def with_uncertainty(value: float) -> Detections:
    uncertainty_mm = np.full((1, stubs.JOINTS), value, np.float32)
    return replace(stubs.marked(0), uncertainty_mm=uncertainty_mm)


class TestCheckDetections:
    @pytest.mark.parametrize(
        ("found", "message"),
        [
            (None, "NoneType, not Detections"),
            ([stubs.marked(0)], "list, not Detections"),
            (replace(stubs.marked(0), boxes=None), "boxes as NoneType"),
            (replace(stubs.marked(0), boxes=[[1.0] * 5]), "boxes as list"),
            (replace(stubs.marked(0), boxes=np.float32(1.0)), "boxes as float32"),
            (replace(stubs.marked(0), boxes=np.zeros((1, 4), np.float32)), r"\(1, 4\)"),
            (replace(stubs.marked(0), poses3d=stubs.marked(0, people=2).poses3d), r"\(2, 33, 3\)"),
            (replace(stubs.marked(0), confidence=np.zeros((1, 33))), "confidence as float64"),
            (with_value("boxes", -0.1), "box confidence"),
            (with_value("boxes", 1.5), "box confidence"),
            (with_value("confidence", -0.1), "confidence that is not from 0 to 1"),
            (with_value("confidence", 1.5), "confidence that is not from 0 to 1"),
            (with_value("poses2d", -np.inf), "infinite value in poses2d"),
            (replace(stubs.marked(0), failure="too dark"), "people with the failure 'too dark'"),
            (Detections.failed("", stubs.JOINTS), "failure that is not a line"),
            (Detections.failed("two\nlines", stubs.JOINTS), "failure that is not a line"),
            (Detections.failed(KeyError("no"), stubs.JOINTS), "failure that is not a line"),
            (Detections.failed("too dark", 17), "poses3d as float32"),
        ],
    )
    def test_refused(self, found: Detections, message: str) -> None:
        with pytest.raises(ModelOutputError, match=message):
            check_detections(found, INFO)

    @pytest.mark.parametrize(
        ("found", "message"),
        [
            (stubs.marked(0), "uncertainty_mm as NoneType"),
            (with_uncertainty(-1.0), "negative uncertainty"),
            (with_uncertainty(np.inf), "infinite value in uncertainty_mm"),
        ],
    )
    def test_uncertainty_refused(self, found: Detections, message: str) -> None:
        with pytest.raises(ModelOutputError, match=message):
            check_detections(found, WITH_UNCERTAINTY)

    @pytest.mark.parametrize("field", ["poses3d", "poses2d", "confidence"])
    def test_missing_values_are_in_order(self, field: str) -> None:
        check_detections(with_value(field, np.nan), INFO)

    def test_missing_values_in_boxes_are_not(self) -> None:
        with pytest.raises(ModelOutputError, match="box with a missing value"):
            check_detections(with_value("boxes", np.nan), INFO)

    def test_nobody_is_in_order(self) -> None:
        check_detections(Detections.none(stubs.JOINTS), INFO)
        check_detections(Detections.none(stubs.JOINTS, gives_uncertainty=True), WITH_UNCERTAINTY)

    def test_a_failure_is_in_order(self) -> None:
        check_detections(Detections.failed("too dark", stubs.JOINTS), INFO)
        failed = Detections.failed("too dark", stubs.JOINTS, gives_uncertainty=True)
        check_detections(failed, WITH_UNCERTAINTY)

    def test_what_passes_makes_a_valid_result(self) -> None:
        collector = Collector(WITH_UNCERTAINTY)
        for number, value in enumerate((0.0, np.nan, 12.5)):
            collector.add_frame(frame(number))
            collector.add_detections(with_uncertainty(value))
        made = predictions(collector, 3)
        assert made.uncertainty_mm is not None
        assert made.uncertainty_mm[:, 0].tolist() == pytest.approx([0.0, np.nan, 12.5], nan_ok=True)


def test_row_shapes_follow_the_declaration() -> None:
    assert "uncertainty_mm" not in row_shapes(INFO)
    assert row_shapes(WITH_UNCERTAINTY)["uncertainty_mm"] == (stubs.JOINTS,)
