"""Repetitions that become smaller and slower by known amounts."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.rooms import without

from neuropose.analyzer.tasks.repetitions import DecaySettings, measure_decay
from neuropose.data import Report, SegmentSignal
from neuropose.errors import MissingJointsError
from neuropose.filters import Preparation
from neuropose.testing import simulate_sit_to_stand, simulate_sway, simulate_taps

RAW = Preparation(cutoff_hz=None, outlier_window=None)


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


class TestTruth:
    @pytest.mark.parametrize("fps", [60.0, 120.0])
    def test_decay(self, fps: float) -> None:
        trial = simulate_taps(np.linspace(150.0, 60.0, 12), fps=fps)
        report = measure_decay(trial.sequence, DecaySettings(preparation=RAW))
        assert value(report, "repetitions") == 12
        for measure, truth in (
            ("amplitude_early", "amplitude_mm_early"),
            ("amplitude_late", "amplitude_mm_late"),
            ("peak_speed_early", "speed_mm_s_early"),
            ("peak_speed_late", "speed_mm_s_late"),
        ):
            assert value(report, measure) == pytest.approx(trial.truth[truth], rel=0.02), measure
        early, late = trial.truth["amplitude_mm_early"], trial.truth["amplitude_mm_late"]
        assert value(report, "amplitude_decay") == pytest.approx(
            100.0 * (early - late) / early, abs=0.5
        )
        step = (60.0 - 150.0) / 11.0
        assert value(report, "amplitude_slope") == pytest.approx(100.0 * step / 105.0, abs=0.05)
        assert value(report, "rate") == pytest.approx(trial.truth["rate_hz"], abs=0.005)
        assert value(report, "pauses") == 0

    def test_the_low_pass_keeps_it(self) -> None:
        trial = simulate_taps(np.linspace(150.0, 60.0, 12))
        plain = measure_decay(trial.sequence, DecaySettings(preparation=RAW))
        report = measure_decay(trial.sequence)
        assert value(report, "amplitude_decay") == pytest.approx(
            value(plain, "amplitude_decay"), abs=0.5
        )
        assert value(report, "amplitude") == pytest.approx(value(plain, "amplitude"), rel=0.02)

    def test_no_decay(self) -> None:
        report = measure_decay(simulate_taps([100.0] * 9).sequence)
        for name in ("amplitude_decay", "speed_decay", "amplitude_slope", "interval_increase"):
            assert value(report, name) == pytest.approx(0.0, abs=0.1)
        assert value(report, "interval_cv") == pytest.approx(0.0, abs=0.1)

    def test_slowing(self) -> None:
        report = measure_decay(
            simulate_taps([100.0] * 10, periods_s=np.linspace(0.4, 0.8, 10)).sequence
        )
        assert value(report, "interval_increase") > 50.0
        assert value(report, "amplitude_decay") == pytest.approx(0.0, abs=1.0)


class TestPauses:
    def test_one(self) -> None:
        periods = [0.4] * 5 + [1.3] + [0.4] * 4
        report = measure_decay(simulate_taps([100.0] * 10, periods_s=periods).sequence)
        assert value(report, "repetitions") == 10
        assert value(report, "pauses") == 1
        assert value(report, "longest_pause") == pytest.approx(0.9, abs=0.02)

    def test_a_gap_is_told(self) -> None:
        trial = simulate_taps([100.0] * 10)
        report = measure_decay(without(trial.sequence, 2.1, 2.8))
        assert report.measures["amplitude"].confidence < 0.95
        assert len(report.tables["repetitions"].rows) < 10


class TestSideAndSignal:
    def test_the_side_that_moves(self) -> None:
        report = measure_decay(simulate_taps([100.0] * 6, side="left").sequence)
        assert report.choices["side"].method == "left"
        assert "left one 101 mm" in report.choices["side"].warnings[0]
        still = measure_decay(simulate_taps([100.0] * 6).sequence, DecaySettings(side="left"))
        assert (
            still.measures["rate"].reason
            == "no repetition was found: the signal moves by 0 mm in all"
        )

    def test_toes(self) -> None:
        sequence = simulate_taps([80.0] * 6).sequence
        joint = sequence.joints.index("right_toe")
        heel = sequence.joints.index("right_heel")
        positions = sequence.positions_mm.copy()
        positions[:, joint] += positions[:, heel] * [0.0, 1.0, 0.0]  # the toe goes twice as high
        report = measure_decay(
            sequence.with_positions(positions), DecaySettings(movement="toe_tapping")
        )
        assert value(report, "amplitude") == pytest.approx(80.0, rel=0.02)

    def test_any_signal(self) -> None:
        knee = SegmentSignal(kind="angle", joints=("left_hip", "left_knee", "left_ankle"))
        report = measure_decay(simulate_sit_to_stand(4).sequence, DecaySettings(signal=knee))
        assert report.measures["amplitude"].unit == "deg"
        assert report.measures["peak_speed"].unit == "deg/s"
        assert report.choices["signal"].method == "angle of left_hip, left_knee, left_ankle"
        assert value(report, "repetitions") == 3

    @pytest.mark.parametrize(
        ("fields", "unit"),
        [
            ({"kind": "speed", "joints": ("right_heel",)}, "mm/s"),
            ({"kind": "distance", "joints": ("right_heel", "left_heel")}, "mm"),
            ({"kind": "axis", "joints": ("right_heel",), "axis": "up"}, "mm"),
            ({"kind": "axis", "joints": ("right_heel",), "axis": "forward"}, "mm"),
            ({"kind": "axis", "joints": ("right_heel",), "axis": "right"}, "mm"),
            ({"kind": "axis", "joints": ("right_heel",), "axis": "y"}, "mm"),
        ],
    )
    def test_every_kind_of_signal(self, fields: dict[str, object], unit: str) -> None:
        report = measure_decay(
            simulate_taps([120.0] * 8).sequence,
            DecaySettings(signal=SegmentSignal.model_validate(fields)),
        )
        assert report.measures["amplitude"].unit == unit
        if fields.get("axis") in ("up", "y"):
            assert value(report, "amplitude") == pytest.approx(120.0, rel=0.02)


class TestRefusals:
    @pytest.mark.parametrize("movement", ["finger_tapping", "hand_opening", "pronation_supination"])
    def test_no_fingers(self, movement: str) -> None:
        report = measure_decay(
            simulate_taps([100.0] * 6).sequence, DecaySettings(movement=movement)
        )
        assert all("no fingertips" in each.reason for each in report.measures.values())

    def test_too_few(self) -> None:
        report = measure_decay(simulate_taps([100.0] * 4).sequence)
        assert report.measures["amplitude_decay"].reason == (
            "4 repetitions are too few: a decay needs 6"
        )
        assert value(report, "amplitude") == pytest.approx(100.0, rel=0.02)

    def test_noise_is_no_tapping(self) -> None:
        trial = simulate_sway(forward_mm=1.0, aside_mm=1.0, duration_s=10.0)
        report = measure_decay(trial.with_noise(2.0).sequence)
        assert report.measures["rate"].value is None

    def test_missing_joints(self) -> None:
        sequence = simulate_taps([100.0] * 6).sequence.select("pelvis", "left_ankle")
        with pytest.raises(MissingJointsError, match="right_ankle"):
            measure_decay(sequence)
