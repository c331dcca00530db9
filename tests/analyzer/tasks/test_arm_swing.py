"""Arms that swing by known angles, in step with the legs or behind them."""

from __future__ import annotations

import pytest
from tests.analyzer.tasks.rooms import without

from neuropose.analyzer.tasks.arm_swing import ArmSwingSettings, measure_arm_swing
from neuropose.data import Report
from neuropose.testing import (
    WalkerParameters,
    simulate_sway,
    simulate_timed_up_and_go,
    simulate_walk,
    swing_arms,
)


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


class TestTruth:
    @pytest.mark.parametrize(("left_deg", "right_deg"), [(20.0, 20.0), (6.0, 25.0), (15.0, 3.0)])
    @pytest.mark.parametrize("treadmill", [True, False])
    def test_amplitudes(self, left_deg: float, right_deg: float, treadmill: bool) -> None:
        walk = simulate_walk()
        trial = swing_arms(
            walk.on_treadmill() if treadmill else walk, left_deg=left_deg, right_deg=right_deg
        )
        report = measure_arm_swing(trial.sequence)
        for side in ("left", "right"):
            assert value(report, f"angle_{side}") == pytest.approx(
                trial.truth[f"angle_deg_{side}"], rel=0.01
            )
            assert value(report, f"amplitude_{side}") == pytest.approx(
                trial.truth[f"length_mm_{side}"], rel=0.01
            )
        expected = 100.0 * (left_deg - right_deg) / (0.5 * (left_deg + right_deg))
        assert value(report, "angle_symmetry_index") == pytest.approx(expected, abs=1.0)

    @pytest.mark.parametrize("lag", [0.0, 0.1, -0.15])
    def test_lags(self, lag: float) -> None:
        in_step, report = (
            measure_arm_swing(swing_arms(simulate_walk(), lag=each).sequence) for each in (0.0, lag)
        )
        for side in ("left", "right"):
            name = f"lag_behind_leg_{side}"
            assert abs(value(in_step, name)) < 5.0
            assert value(report, name) - value(in_step, name) == pytest.approx(100.0 * lag, abs=0.2)
            assert value(report, f"coordination_{side}") == pytest.approx(1.0, abs=0.001)
        assert value(report, "lag_of_arms") == pytest.approx(50.0, abs=0.2)

    def test_few_strides_seem_steady(self) -> None:
        report = measure_arm_swing(swing_arms(simulate_walk()).sequence)
        assert "strides: random lags" in report.measures["coordination_left"].warnings[0]
        long = measure_arm_swing(
            swing_arms(simulate_walk(WalkerParameters(duration_s=15.0))).sequence
        )
        assert long.measures["coordination_left"].warnings == ()

    def test_seen_from_the_pelvis(self) -> None:
        trial = swing_arms(simulate_walk())
        report = measure_arm_swing(trial.sequence, ArmSwingSettings(origin="pelvis"))
        # The trunk turns against the pelvis, so each shoulder goes to and fro as well.
        assert value(report, "amplitude_left") > trial.truth["length_mm_left"] + 5.0


class TestSymmetry:
    def test_affected_side(self) -> None:
        trial = swing_arms(simulate_walk(), left_deg=10.0, right_deg=20.0)
        for side, ratio in (("left", 0.5), ("right", 2.0)):
            report = measure_arm_swing(trial.sequence, ArmSwingSettings(affected_side=side))
            assert value(report, "angle_symmetry_ratio") == pytest.approx(ratio, rel=0.01)
        assert (
            "not said" in measure_arm_swing(trial.sequence).measures["angle_symmetry_ratio"].reason
        )

    def test_arms_that_hang_are_not_compared(self) -> None:
        trial = swing_arms(simulate_walk(), left_deg=0.0, right_deg=0.0)
        report = measure_arm_swing(trial.sequence)
        assert "hang still" in report.measures["angle_symmetry_index"].reason
        assert value(report, "angle_left") == pytest.approx(0.0, abs=0.01)


class TestStridesThatDoNotCount:
    def test_turns(self) -> None:
        report = measure_arm_swing(simulate_timed_up_and_go().sequence)
        notes = report.tables["strides"].column("note").tolist()
        assert notes.count("in a turn") >= 2
        assert any("do not count" in warning for warning in report.warnings)
        assert report.measures["amplitude_left"].n + report.measures[
            "amplitude_right"
        ].n == notes.count(None)

    def test_a_gap(self) -> None:
        trial = swing_arms(simulate_walk())
        whole, report = (
            measure_arm_swing(trial.sequence),
            measure_arm_swing(without(trial.sequence, 2.0, 2.6)),
        )
        assert report.measures["angle_left"].n < whole.measures["angle_left"].n
        assert value(report, "angle_left") == pytest.approx(40.0, rel=0.02)
        assert report.measures["angle_left"].confidence < whole.measures["angle_left"].confidence

    def test_hands_above_the_shoulder_do_not_swing(self) -> None:
        sequence = swing_arms(simulate_walk()).sequence
        positions = sequence.positions_mm.copy()
        shoulder = sequence.joint("left_shoulder")
        raised = (sequence.time_s > 2.0) & (sequence.time_s < 2.5)
        wrist = sequence.joints.index("left_wrist")
        positions[raised, wrist] = shoulder[raised] + [0.0, 500.0, 0.0]
        report = measure_arm_swing(sequence.with_positions(positions))
        notes = report.tables["strides"].column("note").tolist()
        assert 1 <= notes.count("the hand is above the shoulder") <= 2
        assert value(report, "angle_left") == pytest.approx(40.0, rel=0.01)

    def test_few_strides_are_told(self) -> None:
        sequence = swing_arms(simulate_walk(WalkerParameters(duration_s=2.0))).sequence
        report = measure_arm_swing(sequence)
        assert report.measures["angle_left"].warnings == ("of one stride only",)

    def test_one_arm_is_missing(self) -> None:
        sequence = swing_arms(simulate_walk()).sequence
        positions = sequence.positions_mm.copy()
        positions[:, sequence.joints.index("left_wrist")] = float("nan")
        report = measure_arm_swing(sequence.with_positions(positions))
        assert "that arm is missing" in report.measures["angle_left"].reason
        assert "one arm has no stride" in report.measures["angle_symmetry_index"].reason
        assert value(report, "angle_right") == pytest.approx(40.0, rel=0.01)

    def test_nobody_walks(self) -> None:
        [reason] = {
            each.reason for each in measure_arm_swing(simulate_sway().sequence).measures.values()
        }
        assert reason.startswith("no stride was found")
