"""Repeated timed runs, and how far the poses of two models lie apart."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.benchmark import (
    BenchmarkComparison,
    BenchmarkResult,
    Spread,
    compare_benchmarks,
    pose_difference,
    run_benchmark,
)
from neuropose.data import Camera, VideoPredictions
from neuropose.errors import VideoNotFoundError
from neuropose.estimator import Estimator, Metrics
from neuropose.estimator.model import Detections, Picture
from neuropose.skeletons import BLAZEPOSE_33, Skeleton
from neuropose.testing import FakeModel, synthetic_predictions, write_numbered_video
from neuropose.testing.people.scene import detect
from neuropose.testing.people.synthetic import synthetic_poses_mm

FRAMES = 8
JOINTS = len(BLAZEPOSE_33.joints)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered_video(tmp_path_factory.mktemp("videos") / "walk.mp4", FRAMES)


class Counting:
    """The same is found in every picture, but for some, counted over all runs."""

    def __init__(self, *wrong: int) -> None:
        self.calls = 0
        self.wrong = wrong

    def __call__(self, picture: Picture, camera: Camera) -> Detections:
        drift_mm = 1.0 if self.calls in self.wrong else 0.0
        self.calls += 1
        return detect(synthetic_poses_mm(np.zeros(1))[0] + drift_mm, camera)


def test_the_warm_up_does_not_count(video: Path) -> None:
    seen: list[tuple[int, int, Metrics]] = []
    result = run_benchmark(
        Estimator(FakeModel()),
        video,
        runs=3,
        warm_up=2,
        progress=lambda *at: seen.append(at),
    )
    assert [at[:2] for at in seen] == [(done, 5) for done in range(1, 6)]
    assert result.runs == tuple(metrics for _, _, metrics in seen[2:])
    speeds = [run.frames_per_second for run in result.runs]
    assert result.frames_per_second == Spread.of(speeds)
    assert result.model == "fake"
    assert result.metadata.frame_count == FRAMES


def test_every_run_processes_every_frame(video: Path) -> None:
    steady = Counting()
    result = run_benchmark(Estimator(FakeModel(steady)), video, runs=2, warm_up=1)
    assert steady.calls == 3 * FRAMES
    assert result.identical


@pytest.mark.parametrize("wrong", [0, FRAMES, 2 * FRAMES - 1, 3 * FRAMES - 1])
def test_one_frame_that_differs_is_noticed(video: Path, wrong: int) -> None:
    model = FakeModel(Counting(wrong))
    assert not run_benchmark(Estimator(model), video, runs=2, warm_up=1).identical


def test_nobody_in_any_run_is_identical(video: Path) -> None:
    assert run_benchmark(Estimator(FakeModel([])), video, runs=2, warm_up=0).identical


def test_the_result_survives_json(video: Path) -> None:
    result = run_benchmark(Estimator(FakeModel()), video, runs=1, warm_up=0)
    assert BenchmarkResult.model_validate_json(result.model_dump_json()) == result
    with pytest.raises(ValidationError, match="frozen"):
        result.identical = False  # type: ignore[misc]


@pytest.mark.parametrize(("runs", "warm_up"), [(0, 1), (-1, 0), (1, -1)])
def test_impossible_numbers_of_runs(runs: int, warm_up: int, video: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        run_benchmark(Estimator(FakeModel()), video, runs=runs, warm_up=warm_up)


def test_no_video(tmp_path: Path) -> None:
    with pytest.raises(VideoNotFoundError):
        run_benchmark(Estimator(FakeModel()), tmp_path / "missing.mp4")


def test_spread() -> None:
    assert Spread.of([float(value) for value in range(101)]) == Spread(
        minimum=0.0, p5=5.0, median=50.0, p95=95.0, maximum=100.0
    )
    assert Spread.of([7.0]) == Spread(minimum=7.0, p5=7.0, median=7.0, p95=7.0, maximum=7.0)


def standing(picture: Picture, camera: Camera) -> Detections:
    return detect(synthetic_poses_mm(np.zeros(1))[0], camera)


class TestComparison:
    def test_the_runs_alternate(self, video: Path) -> None:
        calls: list[str] = []

        def noted(name: str) -> Estimator:
            def programme(picture: Picture, camera: Camera) -> Detections:
                calls.append(name)
                return standing(picture, camera)

            return Estimator(FakeModel(programme, name=name), workers=1)

        seen: list[tuple[int, int, Metrics]] = []
        result = compare_benchmarks(
            noted("base"),
            noted("other"),
            video,
            runs=2,
            warm_up=1,
            progress=lambda *at: seen.append(at),
        )
        assert [name for name, _ in groupby(calls)] == ["base", "other"] * 3
        assert len(calls) == 6 * FRAMES
        assert [at[:2] for at in seen] == [(done, 6) for done in range(1, 7)]
        assert (result.base.model, result.other.model) == ("base", "other")
        assert result.base.runs == tuple(metrics for _, _, metrics in seen[2::2])
        assert result.other.runs == tuple(metrics for _, _, metrics in seen[3::2])

    def test_the_ratio_is_the_median_over_rounds(self, video: Path) -> None:
        base, other = Estimator(FakeModel(delay_s=0.001)), Estimator(FakeModel())
        result = compare_benchmarks(base, other, video, runs=3, warm_up=0)
        ratios = [
            other.frames_per_second / base.frames_per_second
            for base, other in zip(result.base.runs, result.other.runs, strict=True)
        ]
        assert result.ratio == sorted(ratios)[1] > 0

    def test_the_same_model_twice_gives_the_same_poses(self, video: Path) -> None:
        estimator = Estimator(FakeModel())
        difference = compare_benchmarks(estimator, estimator, video, runs=1).difference
        assert (difference.median_mm, difference.largest_mm, difference.median_px) == (0, 0, 0)
        assert (difference.frames, difference.people_matched) == (FRAMES, FRAMES)

    def test_one_side_that_differs_from_run_to_run_is_told(self, video: Path) -> None:
        base, other = Estimator(FakeModel(standing)), Estimator(FakeModel(Counting(FRAMES)))
        result = compare_benchmarks(base, other, video, runs=1, warm_up=1)
        assert result.base.identical
        assert not result.other.identical
        assert result.difference.largest_mm == 0  # the first runs are compared

    def test_survives_json(self, video: Path) -> None:
        base, other = Estimator(FakeModel()), Estimator(FakeModel([]))
        result = compare_benchmarks(base, other, video, runs=1, warm_up=0)
        assert BenchmarkComparison.model_validate_json(result.model_dump_json()) == result
        assert result.difference.largest_mm is None

    def test_impossible_numbers_of_runs(self, video: Path) -> None:
        estimator = Estimator(FakeModel())
        with pytest.raises(ValueError, match="at least one run"):
            compare_benchmarks(estimator, estimator, video, runs=0)


ONE = synthetic_predictions(FRAMES)
TWO = synthetic_predictions(FRAMES, people=2)


def changed(predictions: VideoPredictions, **changes: Callable) -> VideoPredictions:
    """The predictions with arrays passed through a function."""
    arrays = {name: change(getattr(predictions, name)) for name, change in changes.items()}
    return predictions.model_copy(update=arrays)


def without(predictions: VideoPredictions, *rows: int) -> VideoPredictions:
    """The predictions without some detections."""
    kept = np.delete(np.arange(len(predictions.boxes)), rows)
    counts = np.bincount(predictions.frame_index[kept], minlength=FRAMES)
    names = ("boxes", "poses3d", "poses2d", "confidence", "track_ids")
    return predictions.model_copy(
        update={
            "offsets": np.concatenate([[0], np.cumsum(counts)]),
            **{name: getattr(predictions, name)[kept] for name in names},
        }
    )


def with_skeleton(
    predictions: VideoPredictions, skeleton: Skeleton, *sources: tuple[str, ...]
) -> VideoPredictions:
    """The predictions with other joints, each the mean of some of the old ones."""
    rows = [[predictions.skeleton.index(joint) for joint in joints] for joints in sources]

    def means(array: np.ndarray) -> np.ndarray:
        return np.stack([array[:, indices].mean(axis=1) for indices in rows], axis=1)

    names = ("poses3d", "poses2d", "confidence")
    arrays = {name: means(getattr(predictions, name)) for name in names}
    return predictions.model_copy(update={"skeleton": skeleton, **arrays})


def shift(*by: float | list[float]) -> Callable:
    return lambda poses: poses + np.array(by)


def missing(joint: str) -> Callable:
    def change(poses: np.ndarray) -> np.ndarray:
        poses = poses.copy()
        poses[:, BLAZEPOSE_33.index(joint)] = np.nan
        return poses

    return change


FEW = Skeleton(
    name="few_3",
    joints=("hips", "wrist_l", "spine"),
    canonical={"pelvis": ("hips",), "left_wrist": ("wrist_l",)},
)
FEW_SOURCES = (("left_hip", "right_hip"), ("left_wrist",), ("left_shoulder", "right_hip"))


class TestDifference:
    def test_of_a_known_shift(self) -> None:
        moved = changed(
            TWO,
            poses3d=shift(3.0, -4.0, 12.0),
            poses2d=shift(3.0, 4.0),
        )
        difference = pose_difference(TWO, moved)
        assert difference.median_mm == pytest.approx(13.0, abs=1e-3)
        assert difference.largest_mm == pytest.approx(13.0, abs=1e-3)
        assert difference.median_px == pytest.approx(5.0, abs=1e-3)
        assert difference.joints == BLAZEPOSE_33.joints
        assert difference.frames == FRAMES
        assert (difference.people_matched, difference.people_unmatched) == (2 * FRAMES, 0)

    def test_of_one_joint_in_one_frame(self) -> None:
        def move(poses_mm: np.ndarray) -> np.ndarray:
            poses_mm = poses_mm.copy()
            poses_mm[3, 7, 2] += 64.0
            return poses_mm

        difference = pose_difference(ONE, changed(ONE, poses3d=move))
        assert difference.largest_mm == pytest.approx(64.0, abs=1e-3)
        assert (difference.median_mm, difference.median_px) == (0, 0)

    def test_two_people_in_swapped_order_are_the_same(self) -> None:
        def swap(rows: np.ndarray) -> np.ndarray:
            return rows.reshape(FRAMES, 2, *rows.shape[1:])[:, ::-1].reshape(rows.shape)

        swapped = changed(TWO, boxes=swap, poses3d=swap, poses2d=swap)
        difference = pose_difference(TWO, swapped)
        assert (difference.people_matched, difference.largest_mm) == (2 * FRAMES, 0)

    def test_people_are_paired_by_the_total_distance_not_the_nearest_first(self) -> None:
        apart_px = np.linalg.norm(TWO.poses2d[0] - TWO.poses2d[1], axis=-1).mean()
        moved = changed(TWO, poses2d=shift(0.6 * apart_px, 0.0))
        difference = pose_difference(TWO, moved)
        assert (difference.people_matched, difference.largest_mm) == (2 * FRAMES, 0)

    @pytest.mark.parametrize(("share", "matched"), [(0.49, FRAMES), (0.51, 0)])
    def test_beyond_half_the_larger_box_side_it_is_somebody_else(
        self, share: float, matched: int
    ) -> None:
        height_px = ONE.boxes[:, 3, None, None]
        away = changed(ONE, poses2d=lambda px: px + share * height_px * [1.0, 0.0])
        # The larger of both boxes counts.
        away = changed(away, boxes=lambda boxes: boxes * [1.0, 1.0, 0.1, 0.1, 1.0])
        for difference in (pose_difference(ONE, away), pose_difference(away, ONE)):
            assert difference.people_matched == matched
            assert difference.people_unmatched == 2 * (FRAMES - matched)
            assert (difference.largest_mm is None) == (matched == 0)

    def test_who_is_found_by_one_alone_is_counted(self) -> None:
        fewer = without(TWO, 0, 4, 5, 6)  # one person of frames 0 and 3, both of frame 2
        for difference in (pose_difference(TWO, fewer), pose_difference(fewer, TWO)):
            assert (difference.people_matched, difference.people_unmatched) == (2 * FRAMES - 4, 4)
            assert difference.frames == FRAMES - 1
            assert difference.largest_mm == 0

    def test_nobody_on_one_side_leaves_nothing_to_compare(self) -> None:
        nobody = without(ONE, *range(FRAMES))
        for difference in (pose_difference(ONE, nobody), pose_difference(nobody, ONE)):
            assert difference.joints == BLAZEPOSE_33.joints
            assert (difference.people_matched, difference.people_unmatched) == (0, FRAMES)
            assert difference.frames == 0
            assert difference.median_mm is difference.largest_mm is difference.median_px is None

    def test_missing_joints_are_left_out(self) -> None:
        def move_nose(poses_mm: np.ndarray) -> np.ndarray:
            return poses_mm + 500.0 * (np.arange(JOINTS) == 0)[:, None]

        noses = changed(ONE, poses3d=move_nose)
        difference = pose_difference(
            noses, changed(ONE, poses3d=missing("nose"), poses2d=missing("left_hip"))
        )
        assert difference.largest_mm == difference.median_px == 0
        assert pose_difference(noses, ONE).largest_mm == pytest.approx(866.0, abs=0.1)

    def test_poses_without_depth_are_compared_in_the_picture(self) -> None:
        flat = changed(ONE, poses3d=lambda mm: np.full_like(mm, np.nan))
        difference = pose_difference(ONE, flat)
        assert (difference.people_matched, difference.median_px) == (FRAMES, 0)
        assert difference.median_mm is difference.largest_mm is None

    def test_who_has_no_place_in_the_picture_is_not_matched(self) -> None:
        unseen = changed(ONE, poses2d=lambda px: np.full_like(px, np.nan))
        difference = pose_difference(ONE, unseen)
        assert (difference.people_matched, difference.people_unmatched) == (0, 2 * FRAMES)

    def test_joints_are_compared_by_name(self) -> None:
        joints = BLAZEPOSE_33.joints[::-1]
        reversed_skeleton = Skeleton(name="reversed_33", joints=joints)
        other = with_skeleton(ONE, reversed_skeleton, *((joint,) for joint in joints))
        difference = pose_difference(other, ONE)
        assert difference.joints == joints
        assert difference.largest_mm == 0

    def test_different_skeletons_are_compared_by_their_canonical_joints(self) -> None:
        moved = changed(ONE, poses3d=shift(0.0, 0.0, 16.0))
        few = with_skeleton(moved, FEW, *FEW_SOURCES)
        for difference in (pose_difference(ONE, few), pose_difference(few, ONE)):
            assert set(difference.joints) == {"pelvis", "left_wrist"}
            assert difference.median_mm == pytest.approx(16.0, abs=1e-3)
            assert difference.largest_mm == pytest.approx(16.0, abs=1e-3)
            assert difference.people_matched == FRAMES

    def test_joints_that_are_made_of_others_do_not_count_beside_them(self) -> None:
        hips = Skeleton(
            name="hips_3",
            joints=("hips", "hip_l", "hip_r"),
            canonical={"pelvis": ("hips",), "left_hip": ("hip_l",), "right_hip": ("hip_r",)},
        )
        sources = (("left_hip", "right_hip"), ("left_hip",), ("right_hip",))
        moved = changed(
            with_skeleton(ONE, hips, *sources), poses3d=shift([30.0, 0, 0], [0, 0, 0], [60.0, 0, 0])
        )
        for difference in (pose_difference(ONE, moved), pose_difference(moved, ONE)):
            assert set(difference.joints) == {"left_hip", "right_hip"}
            assert difference.largest_mm == pytest.approx(60.0, abs=1e-3)

    def test_a_mean_that_lacks_a_joint_is_missing(self) -> None:
        few = with_skeleton(ONE, FEW, *FEW_SOURCES)
        hips_moved = changed(few, poses3d=shift([64.0, 0, 0], [0, 0, 0], [0, 0, 0]))
        half = changed(ONE, poses3d=missing("left_hip"))
        assert pose_difference(ONE, hips_moved).largest_mm == pytest.approx(64.0, abs=1e-3)
        assert pose_difference(half, hips_moved).largest_mm == pytest.approx(0.0, abs=1e-3)

    def test_skeletons_without_a_common_joint_cannot_be_compared(self) -> None:
        strange = Skeleton(name="strange_1", joints=("tail",))
        difference = pose_difference(ONE, with_skeleton(ONE, strange, ("left_hip",)))
        assert (difference.joints, difference.frames) == ((), 0)
        assert difference.median_mm is difference.largest_mm is difference.median_px is None
        assert difference.people_matched is difference.people_unmatched is None

    @pytest.mark.parametrize(
        "other", [synthetic_predictions(FRAMES + 1), synthetic_predictions(FRAMES, width=320)]
    )
    def test_two_videos_are_refused(self, other: VideoPredictions) -> None:
        with pytest.raises(ValueError, match="two videos"):
            pose_difference(ONE, other)
