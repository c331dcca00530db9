"""Features against the truth of synthetic walks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.errors import SequenceError
from neuropose.features import (
    FEATURES,
    Segment,
    counted_values,
    movement_features,
    summarise_features,
)
from neuropose.features.measuring import joint_values
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

STRIDE_S = 120.0 / 110.0


@pytest.fixture(scope="module")
def walk() -> PoseSequence:
    return walker_sequence(simulate_walk())


@pytest.fixture(scope="module")
def long() -> PoseSequence:
    return walker_sequence(simulate_walk(WalkerParameters(duration_s=14.0)))


def test_a_row_a_segment_and_always_the_same_columns(walk: PoseSequence) -> None:
    few = walk.select("pelvis", "left_hip", "right_hip", "left_knee", "right_knee")
    segments = [Segment("repetition", 0, 1.0, 2.0), Segment("repetition", 1, 2.0, 4.0)]
    for sequence in (walk, few):
        table = movement_features(sequence, segments).table
        assert list(table.columns)[7:] == list(FEATURES)
        assert table["duration_s"].to_list() == [1.0, 2.0]
        assert (table.dtypes[list(FEATURES)] == np.float64).all()
    assert list(movement_features(walk, []).table.columns)[7:] == list(FEATURES)


def test_known_values(walk: PoseSequence) -> None:
    """A joint on a circle of 100 mm radius, twice a second."""
    phase = 2.0 * np.pi * 2.0 * walk.time_s
    around = 100.0 * np.stack([np.cos(phase), np.sin(phase), 0.0 * phase], axis=1)
    positions = walk.positions_mm.copy()
    pelvis = walk.joint("pelvis")
    positions[:, walk.joints.index("left_wrist")] = pelvis + around
    features = movement_features(
        walk.with_positions(positions), [Segment("repetition", 0, 1.0, 3.0)]
    ).table.loc[0]
    speed = 2.0 * np.pi * 2.0 * 100.0
    assert features["wrist_speed_max_left_mm_s"] == pytest.approx(speed, rel=0.01)
    assert features["wrist_path_left_mm"] == pytest.approx(2.0 * speed, rel=0.01)


class TestFrequencies:
    DOMINANT = "wrist_velocity_dominant_frequency_left_hz"
    MEDIAN = "wrist_velocity_median_frequency_left_hz"

    @pytest.mark.parametrize("hz", [0.5, 2.0, 5.3])
    def test_of_a_whole_trial_are_known_to_one_over_its_duration(
        self, long: PoseSequence, hz: float
    ) -> None:
        phase = 2.0 * np.pi * hz * long.time_s
        to_and_fro = 100.0 * np.stack([np.cos(phase), 0.0 * phase, 0.0 * phase], axis=1)
        positions = long.positions_mm.copy()
        positions[:, long.joints.index("left_wrist")] = long.joint("pelvis") + to_and_fro
        found = movement_features(long.with_positions(positions), [Segment("trial", 0, 1.0, 13.0)])
        assert found.table.loc[0, self.DOMINANT] == pytest.approx(hz, abs=0.5 / 12.0 + 1e-3)
        assert found.table.loc[0, self.MEDIAN] == pytest.approx(hz, abs=1.0 / 12.0 + 1e-3)
        assert not {self.DOMINANT, self.MEDIAN} & set(found.missing)

    def test_of_a_walk_is_that_of_the_strides(self, long: PoseSequence) -> None:
        found = movement_features(long, [Segment("trial", 0, 1.0, 13.0)]).table.loc[0]
        for side in ("left", "right"):
            dominant = found[f"ankle_velocity_dominant_frequency_{side}_hz"]
            assert dominant == pytest.approx(1.0 / STRIDE_S, abs=0.5 / 12.0 + 1e-3)

    @pytest.mark.parametrize(
        ("segment", "reason"),
        [
            (Segment("stride", 0, 1.0, 1.0 + STRIDE_S, "left"), "a stride is one period"),
            (Segment("repetition", 0, 1.0, 13.0), "a repetition is one period"),
            (Segment("trial", 0, 1.0, 10.9), "shorter than 10 s"),
            (Segment("trial", 0, 5.0, 20.0), "shorter than 10 s"),  # of frames
        ],
    )
    def test_of_anything_shorter_there_are_none(
        self, long: PoseSequence, segment: Segment, reason: str
    ) -> None:
        found = movement_features(long, [segment])
        columns = [name for name in FEATURES if "_frequency_" in name]
        assert len(columns) == 12
        assert found.table[columns].isna().all(axis=None)
        assert all(reason in found.missing[name] for name in columns)
        assert found.table["wrist_speed_max_left_mm_s"].notna().all()

    def test_ten_seconds_of_frames_are_enough(self, long: PoseSequence) -> None:
        frame_s = 1.0 / long.sampling_rate_hz
        segments = [Segment("trial", 0, 1.0, 11.0 - count * frame_s) for count in (1, 2)]
        known = movement_features(long, segments).table[self.DOMINANT].notna()
        assert known.to_list() == [True, False]


def test_treadmill_and_floor_are_the_same(walk: PoseSequence) -> None:
    belt = walk.positions_mm - np.array([1250.0, 0.0, 0.0]) * walk.time_s[:, None, None]
    segment = [Segment("repetition", 0, 1.0, 1.0 + STRIDE_S)]
    joints = [name for name in FEATURES if name.startswith(("wrist", "knee_speed", "ankle_path"))]
    tables = [movement_features(each, segment).table for each in (walk, walk.with_positions(belt))]
    np.testing.assert_allclose(tables[0][joints], tables[1][joints], rtol=1e-6)


def test_left_and_right_are_told_apart() -> None:
    parameters = WalkerParameters(step_length_asymmetry_percent=20.0)
    uneven = walker_sequence(simulate_walk(parameters))
    columns = [uneven.joints.index(name) for name in map(_mirror, uneven.joints)]
    mirrored = uneven.with_positions(uneven.positions_mm[:, columns] * np.array([1.0, 1.0, -1.0]))
    segment = [Segment("repetition", 0, 1.0, 1.0 + STRIDE_S)]
    one, other = (movement_features(each, segment).table.loc[0] for each in (uneven, mirrored))
    assert one["hip_flexion_range_left_deg"] == pytest.approx(other["hip_flexion_range_right_deg"])
    index = "hip_flexion_range_symmetry_index_percent"
    assert one[index] == pytest.approx(-other[index])


def _mirror(name: str) -> str:
    swap = {"left": "right", "right": "left"}
    side, _, rest = name.partition("_")
    return f"{swap[side]}_{rest}" if side in swap else name


def test_what_has_a_gap_is_nan_and_the_rest_is_not(walk: PoseSequence) -> None:
    positions = walk.positions_mm.copy()
    positions[100, walk.joints.index("left_ankle")] = np.nan
    segments = [Segment("repetition", 0, 1.0, 2.0), Segment("repetition", 1, 3.0, 4.0)]
    table = movement_features(walk.with_positions(positions), segments).table
    hit = ["knee_flexion_range_left_deg", "ankle_speed_max_left_mm_s", "ankle_sparc_left"]
    assert table.loc[0, hit].isna().all()
    assert table.loc[1, hit].notna().all()
    assert table.loc[0, ["knee_flexion_range_right_deg", "wrist_path_left_mm"]].notna().all()


def test_what_the_skeleton_lacks_has_a_reason(walk: PoseSequence) -> None:
    legs = walk.select(
        *(name for name in walk.joints if "wrist" not in name and "elbow" not in name)
    )
    found = movement_features(legs, [Segment("trial", 0, 1.0, 4.0)])
    assert "wrist" in found.missing["wrist_path_left_mm"]
    assert "elbow" in found.missing["elbow_flexion_range_left_deg"]
    assert found.missing["stride_time_left_s"] == "there is no stride of the left foot"
    assert "one movement" in found.missing["ankle_sparc_left"]
    assert set(found.missing) == {name for name in FEATURES if found.table[name].isna().all()}


def test_uneven_frames_are_refused(walk: PoseSequence) -> None:
    time_s = walk.time_s.copy()
    time_s[50:] += 0.5
    with pytest.raises(SequenceError, match="evenly"):
        movement_features(replace(walk, time_s=time_s), [])


def test_a_joint_at_rest_has_no_frequency() -> None:
    values = joint_values(np.zeros((50, 3)), 50.0, smoothness=True, frequencies=True)
    assert values["path", "mm"] == 0.0
    assert np.isnan(values["velocity_dominant_frequency", "Hz"])
    assert np.isnan(values["sparc", "1"])


class TestSummary:
    def test_of_the_own_side_only_and_without_what_is_excluded(self) -> None:
        table = pd.DataFrame(
            {
                "segment": "stride",
                "side": ["left", "right", "left", "left"],
                "excluded": [None, None, None, "turning"],
                "knee_flexion_range_left_deg": [50.0, 0.0, 54.0, 99.0],
                "trunk_lean_right_mean_deg": [1.0, 2.0, 3.0, 99.0],
            }
        )
        summary = summarise_features(table)
        assert summary["knee_flexion_range_left_deg"] == 52.0
        assert summary["knee_flexion_range_sd_left_deg"] == pytest.approx(np.sqrt(8.0))
        assert summary["trunk_lean_right_mean_deg"] == 2.0

    def test_without_a_stride_of_its_side_a_feature_has_no_mean(self) -> None:
        table = pd.DataFrame(
            {
                "segment": "stride",
                "side": ["left", "right", "right"],
                "excluded": ["turning", None, None],
                "knee_flexion_range_left_deg": [50.0, 52.0, 54.0],
                "knee_flexion_range_right_deg": [60.0, 62.0, np.nan],
            }
        )
        summary = summarise_features(table)
        assert np.isnan(summary["knee_flexion_range_left_deg"])
        assert np.isnan(summary["knee_flexion_range_sd_left_deg"])
        assert summary["knee_flexion_range_right_deg"] == 62.0
        assert [len(each) for each in counted_values(table).values()] == [0, 1]

    @pytest.mark.parametrize("kind", ["repetition", "trial"])
    def test_what_is_no_stride_counts_for_both_sides(self, kind: str) -> None:
        rows = {"segment": kind, "side": None, "excluded": None}
        table = pd.DataFrame({**rows, "knee_flexion_range_left_deg": [50.0, 52.0]})
        assert summarise_features(table)["knee_flexion_range_left_deg"] == 51.0

    def test_names_end_in_the_unit(self) -> None:
        assert FEATURES["trunk_lean_right_max_deg"].spread_column == "trunk_lean_right_max_sd_deg"
        assert FEATURES["stride_time_left_s"].spread_column == "stride_time_sd_left_s"
        assert len({each.spread_column for each in FEATURES.values()} | set(FEATURES)) == 2 * len(
            FEATURES
        )


def test_every_column_has_a_definition(walk: PoseSequence) -> None:
    definitions = movement_features(walk, []).definitions
    assert definitions["column"].to_list() == list(FEATURES)
    assert (definitions.map(len) > 0).all(axis=None)
