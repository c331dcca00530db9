"""Cycles compared: what is known of walks, and that it is what dynamic time warping says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose.analyzer import ComparisonSettings, PoseSequence, dtw_all, dtw_relation
from neuropose.features import Segment
from neuropose.study.contract.comparison import Dtw
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.trial.comparison import compare_cycles
from neuropose.study.trial.segments import CutTrial, cut
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

BILATERAL = {"kind": "bilateral"}
LEGS = ("hip", "knee", "ankle", "heel", "toe")


def pipeline(**more: object) -> Pipeline:
    return Pipeline.model_validate(
        {
            "version": 1,
            "inputs": {"primary": {"file": Path("walk.trc")}},
            "segmentation": BILATERAL,
            "output": {"report": Path("out.json")},
            **more,
        }
    )


def walked(sequence: PoseSequence | None = None, **parameters: float) -> CutTrial:
    if sequence is None:
        sequence = walker_sequence(simulate_walk(WalkerParameters(**parameters)))
    return cut(sequence, pipeline())


def turned(sequence: PoseSequence) -> PoseSequence:
    turn = Rotation.from_euler("y", 70.0, degrees=True).as_matrix()
    return sequence.with_positions(sequence.positions_mm @ turn.T + [500.0, 0.0, 900.0])


def sized(sequence: PoseSequence, factor: float) -> PoseSequence:
    return sequence.with_positions(factor * sequence.positions_mm)


def only(trial: CutTrial, *segments: Segment) -> CutTrial:
    return replace(trial, segments=segments)


@pytest.fixture(scope="module")
def usual() -> CutTrial:
    return walked()


@pytest.fixture(scope="module")
def other() -> CutTrial:
    return walked(speed_m_s=1.0)


class TestDistance:
    @pytest.mark.parametrize("points", [101, None])
    @pytest.mark.parametrize(
        "how",
        [
            {},
            {"names": None},
            {"representation": "coords"},
            {"representation": "coords", "names": LEGS, "scale": True},
            {"representation": "coords", "align": "frame", "names": ["knee", "ankle"]},
            {"representation": "coords", "align": "sequence", "names": LEGS},
            {"representation": "velocities"},
            {"representation": "velocities", "align": "sequence", "names": LEGS},
            {"representation": "coords", "relation": ["heel", "pelvis"]},
            {"representation": "velocities", "relation": ["left_wrist", "right_wrist"]},
        ],
    )
    def test_a_walk_is_itself_and_what_is_turned_and_moved_too(
        self, usual: CutTrial, how: dict[str, object], points: int | None
    ) -> None:
        settings = Dtw.model_validate({**how, "points": points})
        elsewhere = walked(turned(usual.prepared.recording))
        same, moved = (compare_cycles(usual, each, settings) for each in (usual, elsewhere))
        for side in ("left", "right"):
            distance = f"dtw_normalized_distance_{side}"
            assert same.measures[distance].value == pytest.approx(0.0, abs=1e-9)
            assert moved.measures[distance].value == pytest.approx(0.0, abs=0.02)
            assert same.measures[f"dtw_timing_difference_{side}"].value == 0.0
            assert same.measures[f"unpaired_cycles_{side}"].value == 0.0

    def test_as_recorded_the_place_counts(self, usual: CutTrial) -> None:
        how = Dtw(representation="coords", names=("pelvis",), align="none", points=None)
        sequence = usual.prepared.sequence
        beside = sequence.with_positions(sequence.positions_mm + np.array([0.0, 0.0, 300.0]))
        moved = replace(usual, prepared=replace(usual.prepared, sequence=beside))
        how = how.model_copy(update={"band": 0.0})
        found = compare_cycles(usual, moved, how).measures["dtw_normalized_distance_left"]
        assert found.value == pytest.approx(300.0, abs=1e-6)

    @pytest.mark.parametrize("align", ["body", "sequence", "frame"])
    def test_size_is_taken_out_if_that_is_asked_for(self, usual: CutTrial, align: str) -> None:
        child = walked(sized(usual.prepared.recording, 0.7))
        how = Dtw(representation="coords", align=align, names=LEGS)
        scaled = how.model_copy(update={"scale": True})
        apart, near = (
            compare_cycles(usual, child, each).measures["dtw_normalized_distance_left"].value
            for each in (how, scaled)
        )
        assert apart > 100.0
        assert near < 1.0  # times of contacts shift a little with the size

    @pytest.mark.parametrize("points", [101, None])
    def test_it_grows_with_the_difference(self, usual: CutTrial, points: int | None) -> None:
        how = Dtw(points=points)
        found = [
            compare_cycles(usual, walked(speed_m_s=speed), how)
            .measures["dtw_normalized_distance_left"]
            .value
            for speed in (1.25, 1.15, 1.05, 0.9)
        ]
        assert found == sorted(found)
        assert found[-1] > 1.0

    @pytest.mark.parametrize("fps", [30.0, 50.0])
    @pytest.mark.parametrize(
        ("how", "unit"),
        [
            ({}, 1.0),
            ({"representation": "coords", "names": ["ankle"]}, 5.0),
            ({"representation": "velocities", "names": ["ankle"]}, 50.0),
        ],
    )
    def test_other_frames_of_a_walk_are_no_other_walk(
        self, usual: CutTrial, fps: float, how: dict[str, object], unit: float
    ) -> None:
        """What `points` is for: frame by frame, it is as far as many a real difference."""
        fewer = walked(fps=fps)
        by_points, by_frames = (
            compare_cycles(usual, fewer, Dtw.model_validate({**how, "points": points}))
            for points in (101, None)
        )
        distances = [
            each.measures["dtw_normalized_distance_left"].value for each in (by_points, by_frames)
        ]
        assert distances[0] < 1.2 * unit
        assert distances[1] > 1.2 * distances[0]
        assert any(f"at 60 and {fps:g} a second" in each for each in by_frames.warnings)
        assert not by_points.warnings

    def test_the_figures_of_the_page_are_these(self, usual: CutTrial) -> None:
        page = (Path(__file__).parents[2] / "docs" / "reference" / "pipelines.md").read_text(
            encoding="utf-8"
        )
        page = " ".join(page.split())

        def apart(reference: CutTrial | None, **how: object) -> tuple[float, float]:
            by_frames, by_points = (
                compare_cycles(usual, reference, Dtw.model_validate({**how, "points": points}))
                for points in (None, 101)
            )
            name = f"dtw_normalized_distance{'' if reference is None else '_left'}"
            return by_frames.measures[name].value, by_points.measures[name].value

        frames_deg, points_deg = apart(None)
        assert f"are {frames_deg:.2f}° apart by frames" in page
        assert f"and {points_deg:.2f}° by points" in page
        frames_mm_s, points_mm_s = apart(None, representation="velocities", names=["ankle"])
        assert f"{frames_mm_s:.0f} and {points_mm_s:.1f} mm/s in the velocity" in page
        fewer = apart(walked(fps=30.0))
        assert "at 30 frames a second: {:.2f}° and {:.2f}°".format(*fewer) in page
        slower = apart(walked(speed_m_s=1.15))
        assert "instead of 1.25 m/s is {:.1f}° and {:.1f}°".format(*slower) in page

    def test_a_slower_copy_is_near(self, usual: CutTrial) -> None:
        sequence = usual.prepared.recording
        slower = walked(replace(sequence, time_s=1.25 * sequence.time_s))
        found = compare_cycles(usual, slower, Dtw()).measures["dtw_normalized_distance_left"]
        assert found.value < 0.4  # degrees, from the low-pass, which is the same in Hz
        cycles = [each.counted("left")[0] for each in (usual, slower)]
        durations_s = [each.end_s - each.start_s for each in cycles]
        assert durations_s[1] == pytest.approx(1.25 * durations_s[0], rel=0.01)

    @pytest.mark.parametrize("points", [101, None])
    def test_velocities_are_mm_a_second(self, points: int | None) -> None:
        """A wrist that goes back and forth beside two bodies that stand, 100 mm/s faster."""
        names, time_s = ("left_hip", "right_hip", "pelvis", "left_wrist"), np.arange(241) / 60.0
        standing = np.array([[0, 900, -100], [0, 900, 100], [0, 900, 0], [0, 900, -300]], float)
        trials = []
        for speed_mm_s in (200.0, 300.0):
            positions = np.repeat(standing[None], len(time_s), axis=0)
            positions[:, 3, 1] += speed_mm_s * time_s
            sequence = PoseSequence.from_arrays(time_s, positions, names, up=[0, 1, 0])
            trial = cut(sequence, pipeline(segmentation={"kind": "trial"}))
            trials.append(only(trial, Segment("repetition", 0, 1.013, 2.99)))
        how = Dtw(representation="velocities", names=("left_wrist",), points=points)
        found = compare_cycles(*trials, how).measures["dtw_normalized_distance"]
        assert found.value == pytest.approx(100.0, abs=1e-6)
        assert found.unit == "mm/s"

    def test_without_points_it_is_what_dtw_all_says(self, usual: CutTrial, other: CutTrial) -> None:
        stride, its = usual.counted("left")[0], other.counted("left")[0]
        for align in ("none", "sequence"):
            how = Dtw(representation="coords", names=LEGS, align=align, points=None)
            found = compare_cycles(only(usual, stride), only(other, its), how)
            settings = how.settings(tuple(f"left_{name}" for name in LEGS))
            a, b = (
                trial.prepared.sequence.slice(each.start_s, each.end_s)
                for trial, each in ((usual, stride), (other, its))
            )
            wanted = dtw_all(a, b, settings)
            assert found.tables["dtw"].column("distance").tolist() == [wanted.distance]
            normalized = found.tables["dtw"].column("normalized_distance").tolist()
            assert normalized == [wanted.normalized_distance]
        how = Dtw(
            representation="coords", relation=("heel", "right_wrist"), align="none", points=None
        )
        found = compare_cycles(only(usual, stride), only(other, its), how)
        settings = ComparisonSettings(step_pattern="symmetric2", band=0.1)
        wanted = dtw_relation(a, b, "left_heel", "right_wrist", settings)
        assert found.tables["dtw"].column("distance").tolist() == [wanted.distance]


class TestPairs:
    def test_by_index_and_the_rest_is_counted(self, usual: CutTrial) -> None:
        longer = walked(duration_s=10.0)
        found = compare_cycles(usual, longer, Dtw())
        left, left_longer = len(usual.counted("left")), len(longer.counted("left"))
        assert left < left_longer
        assert found.measures["unpaired_cycles_left"].value == left_longer - left
        assert found.measures["dtw_normalized_distance_left"].n == left
        sides = [(row[0], row[1], row[2]) for row in found.tables["dtw"].rows]
        assert sides[:left] == [("left", number, number) for number in range(left)]

    def test_timing_within_the_cycle_is_told(self, usual: CutTrial) -> None:
        """The reference does the same with its first half in 40 % of the time."""
        sequence = usual.prepared.sequence
        first = usual.counted("left")[0]
        share = (sequence.time_s - first.start_s) / (first.end_s - first.start_s)
        warped = np.interp(share, [-9.0, 0.0, 0.4, 1.0, 9.0], [-9.0, 0.0, 0.5, 1.0, 9.0])
        positions = np.stack(
            [
                np.interp(warped, share, column)
                for column in sequence.positions_mm.reshape(len(sequence), -1).T
            ],
            axis=1,
        ).reshape(sequence.positions_mm.shape)
        early = replace(
            usual, prepared=replace(usual.prepared, sequence=sequence.with_positions(positions))
        )
        found = compare_cycles(only(usual, first), only(early, first), Dtw(band=None))
        # The path lies under the diagonal by 10 % at its middle, and by half of that in the mean.
        [difference] = found.tables["dtw"].column("timing_difference")
        assert difference == pytest.approx(5.0, abs=1.0)
        assert found.measures["dtw_normalized_distance_left"].value < 1.0

    @pytest.mark.parametrize(
        ("how", "most"),
        [
            ({}, 0.5),
            ({"names": ["left_shoulder_flexion", "trunk_lean_right", "pelvis_obliquity"]}, 0.2),
            ({"representation": "coords", "names": ["knee", "ankle"]}, 4.0),
            ({"representation": "coords"}, 12.0),
            ({"representation": "coords", "names": ["ankle"], "align": "frame"}, 4.0),
            ({"representation": "coords", "names": ["ankle"], "align": "sequence"}, 4.0),
            ({"representation": "velocities", "names": ["ankle"]}, 24.0),
            ({"representation": "coords", "relation": ["pelvis", "right_wrist"]}, 2.5),
        ],
    )
    def test_left_and_right_of_an_even_walk_are_the_same(
        self, usual: CutTrial, how: dict[str, object], most: float
    ) -> None:
        found = compare_cycles(usual, None, Dtw.model_validate(how))
        assert found.measures["dtw_normalized_distance"].value < most
        assert set(found.tables["dtw"].column("side")) == {"left_right"}

    @pytest.mark.parametrize(
        "how", [{}, {"representation": "coords", "names": ["knee", "ankle"]}, {"names": None}]
    )
    def test_an_uneven_walk_is_told(self, usual: CutTrial, how: dict[str, object]) -> None:
        uneven = walked(step_length_asymmetry_percent=25.0)
        near, far = (
            compare_cycles(each, None, Dtw.model_validate({"band": None, **how}))
            .measures["dtw_normalized_distance"]
            .value
            for each in (usual, uneven)
        )
        assert far > 5.0 * near

    def test_joint_by_joint(self, usual: CutTrial, other: CutTrial) -> None:
        how = Dtw(per_joint=True, step_pattern="symmetric1", cost="squared")
        found = compare_cycles(usual, other, how)
        table = found.tables["dtw_per_joint"]
        assert len(table.rows) == 3 * len(found.tables["dtw"].rows)
        assert set(table.column("name")) == {
            f"{side}_{name}" for side in ("left", "right") for name in how.names
        }
        alone = how.model_copy(update={"names": ("knee_flexion",)})
        knee = compare_cycles(usual, other, alone).tables["dtw"]
        mine = np.array(["knee" in name for name in table.column("name")])
        assert table.column("distance")[mine].tolist() == knee.column("distance").tolist()
        assert {each.name: each.unit for each in table.columns}["distance"] == "(deg)²"


@pytest.fixture(scope="module")
def hidden(usual: CutTrial) -> CutTrial:
    """A shoulder is hidden for a quarter of a second of the first left stride."""
    sequence = usual.prepared.recording
    positions = sequence.positions_mm.copy()
    first = usual.counted("left")[0]
    at = np.searchsorted(sequence.time_s, first.start_s + 0.3)
    positions[at : at + 15, sequence.joints.index("left_shoulder")] = np.nan
    return walked(sequence.with_positions(positions))


class TestMissing:
    @pytest.mark.parametrize("points", [101, None])
    def test_a_gap_gives_no_number_but_its_reason(
        self, usual: CutTrial, hidden: CutTrial, points: int | None
    ) -> None:
        how = Dtw(
            representation="coords", names=["shoulder", "knee"], per_joint=True, points=points
        )
        found = compare_cycles(hidden, usual, how)
        table = found.tables["dtw"]
        assert np.isnan(table.column("distance")[0])
        assert "frames of the recording: not known (left_shoulder)" in table.column("reason")[0]
        assert found.measures["dtw_normalized_distance_left"].n == len(usual.counted("left")) - 1
        joints = found.tables["dtw_per_joint"]
        assert [row[3] for row in joints.rows[:2]] == ["left_shoulder", "left_knee"]
        assert np.isfinite(joints.column("distance")[:2]).tolist() == [False, True]

    @pytest.mark.parametrize("policy", ["interpolate", "drop"])
    def test_what_is_filled_or_left_out_is_said(
        self, usual: CutTrial, hidden: CutTrial, policy: str
    ) -> None:
        how = Dtw(representation="coords", names=["shoulder"], nan_policy=policy)
        found = compare_cycles(hidden, usual, how)
        assert np.isfinite(found.tables["dtw"].column("distance")).all()
        [warning] = [each for each in found.warnings if "of the recording" in each]
        assert warning.startswith("dtw: values in ")
        assert warning.endswith("(left 0 and 0)")

    def test_no_cycle_gives_the_reason(self, usual: CutTrial) -> None:
        none = replace(usual, segments=(), reason="nobody walks")
        for trial, reference, reason in (
            (none, usual, "nobody walks"),
            (usual, none, "the reference has none: nobody walks"),
            (none, None, "nobody walks"),
        ):
            found = compare_cycles(trial, reference, Dtw())
            end = "" if reference is None else "_left"
            assert found.measures[f"dtw_normalized_distance{end}"].reason == reason
            assert not found.tables["dtw"].rows

    def test_a_doubtful_vertical_is_told_once(self, usual: CutTrial) -> None:
        """A vertical that lies across the body: said of the recordings, in what is compared."""
        up = np.array([1.0, 0.0, 0.0])
        lying = walked(replace(usual.prepared.recording, up=up, up_confirmed=True))
        how = Dtw(representation="coords", names=("knee",))
        found = compare_cycles(only(usual, *usual.segments), only(lying, *usual.segments), how)
        assert sum("inclined to the stated vertical" in each for each in found.warnings) == 1

    def test_few_points_for_a_long_cycle_are_told(self, usual: CutTrial) -> None:
        parts = ((0.2, 5.2), (0.2, 5.0))
        whole = only(usual, *(Segment("repetition", n, *each) for n, each in enumerate(parts)))
        how = Dtw(names=("left_knee_flexion",), points=51)
        found = compare_cycles(whole, whole, how)
        [told] = found.warnings  # once, of the longest
        assert "51 points cannot represent what is faster than 5 Hz in a cycle of 5 s" in told
        assert not compare_cycles(whole, whole, how.model_copy(update={"points": 101})).warnings
