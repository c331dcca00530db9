"""Sway along a known ellipse, and noise that is told from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.analyzer.tasks.rooms import turned, without

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.prepared import prepare_recording
from neuropose.analyzer.signals.noise import white_noise
from neuropose.analyzer.tasks.sway import SwaySettings, measure_sway
from neuropose.data import Report
from neuropose.errors import MissingJointsError
from neuropose.filters import Preparation
from neuropose.testing import (
    CameraView,
    simulate_reach,
    simulate_sit_to_stand,
    simulate_sway,
    simulate_walk,
    walker_sequence,
)

Z = np.array([0.0, 0.0, 1.0])


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


class TestTruth:
    @pytest.mark.parametrize(("forward_mm", "aside_mm"), [(12.0, 6.0), (4.0, 9.0), (7.0, 7.0)])
    def test_an_ellipse(self, forward_mm: float, aside_mm: float) -> None:
        trial = simulate_sway(forward_mm=forward_mm, aside_mm=aside_mm)
        report = measure_sway(trial.sequence)
        truth = trial.truth
        assert value(report, "rms_ap") == pytest.approx(truth["rms_ap_mm"], rel=0.01)
        assert value(report, "rms_ml") == pytest.approx(truth["rms_ml_mm"], rel=0.01)
        assert value(report, "range_ap") == pytest.approx(2.0 * forward_mm, rel=0.01)
        assert value(report, "range_ml") == pytest.approx(2.0 * aside_mm, rel=0.01)
        assert value(report, "path_length") == pytest.approx(truth["path_mm"], rel=0.01)
        assert value(report, "mean_velocity") == pytest.approx(truth["path_mm"] / 40.0, rel=0.01)
        assert value(report, "ellipse_area") == pytest.approx(truth["ellipse_mm2"], rel=0.01)
        assert value(report, "mean_velocity_ap") == pytest.approx(forward_mm, rel=0.01)
        assert value(report, "rms_distance") == pytest.approx(
            np.hypot(truth["rms_ap_mm"], truth["rms_ml_mm"]), rel=0.01
        )

    def test_a_circle_has_the_frequency_of_its_turns(self) -> None:
        trial = simulate_sway(forward_mm=8.0, aside_mm=8.0, frequency_hz=0.3)
        assert value(measure_sway(trial.sequence), "mean_frequency") == pytest.approx(0.3, rel=0.01)

    def test_ap_is_where_the_person_faces(self) -> None:
        trial = simulate_sway(forward_mm=12.0, aside_mm=3.0)
        quarter = Rotation.from_euler("y", 90.0, degrees=True)
        report = measure_sway(turned(trial.sequence, quarter, np.zeros(3)))
        assert value(report, "rms_ap") > 3.0 * value(report, "rms_ml")

    def test_another_point(self) -> None:
        trial = simulate_sway()
        report = measure_sway(trial.sequence, SwaySettings(joint="neck"))
        assert value(report, "rms_ap") == pytest.approx(trial.truth["rms_ap_mm"], rel=0.01)
        with pytest.raises(MissingJointsError, match="sacrum"):
            measure_sway(trial.sequence, SwaySettings(joint="sacrum"))


class TestShakingCamera:
    def test_it_is_no_sway(self) -> None:
        sequence = simulate_sway(forward_mm=3.0, aside_mm=9.0).sequence
        shake_mm = 20.0 * np.sin(2.0 * np.pi * 0.4 * sequence.time_s)
        forward = np.array([1.0, 0.0, 0.0])
        positions = sequence.positions_mm + shake_mm[:, None, None] * forward
        report = measure_sway(sequence.with_positions(positions))
        for name in ("rms_ap", "range_ap", "mean_velocity", "ellipse_area"):
            measure = report.measures[name]
            assert measure.value is None, name
            assert measure.reason.startswith("both feet move with the body"), name
        assert value(report, "rms_ml") == pytest.approx(9.0 / np.sqrt(2.0), rel=0.01)

    def test_one_foot_may_move(self) -> None:
        sequence = simulate_sway().sequence
        positions = sequence.positions_mm.copy()
        pelvis = positions[:, sequence.joints.index("pelvis")]
        positions[:, sequence.joints.index("left_ankle")] += pelvis - pelvis.mean(axis=0)
        assert value(measure_sway(sequence.with_positions(positions)), "rms_ap") > 0.0


class TestNoise:
    @pytest.mark.parametrize("noise_mm", [1.0, 4.0])
    @pytest.mark.parametrize("fps", [30.0, 60.0])
    def test_white_noise_is_known_from_what_the_low_pass_takes(
        self, noise_mm: float, fps: float
    ) -> None:
        still = simulate_sway(forward_mm=1e-6, aside_mm=1e-6, fps=fps, duration_s=60.0)
        prepared = prepare_recording(
            still.with_noise(noise_mm).sequence, Preparation(outlier_window=None)
        )
        found = white_noise(prepared, "pelvis", Z)
        assert found is not None
        assert found.raw_mm == pytest.approx(noise_mm, rel=0.1)
        passed = prepared.sequence.joint("pelvis")[:, 2]
        assert found.position_mm == pytest.approx(passed.std(), rel=0.15)
        speed = prepared.rate_of_change(passed)
        assert found.velocity_mm_s == pytest.approx(np.nanstd(speed), rel=0.1)

    def test_sway_within_the_noise_is_told(self) -> None:
        still = simulate_sway(forward_mm=0.1, aside_mm=0.1).with_noise(3.0)
        report = measure_sway(still.sequence)
        for name in ("rms_ap", "rms_ml", "mean_velocity", "ellipse_area", "range_ap"):
            measure = report.measures[name]
            assert "within the noise of the recording" in measure.warnings[0], name
            assert measure.confidence < 0.4

    def test_sway_above_the_noise_is_trusted(self) -> None:
        report = measure_sway(
            simulate_sway(forward_mm=20.0, aside_mm=15.0).with_noise(1.0).sequence
        )
        assert report.measures["rms_ap"].warnings == ()
        assert report.measures["rms_ap"].confidence > 0.8
        # Noise lengthens a path much more than it widens an area.
        assert report.measures["mean_velocity"].confidence < report.measures["rms_ap"].confidence

    def test_without_a_low_pass_it_is_not_known(self) -> None:
        raw = SwaySettings(preparation=Preparation(cutoff_hz=None))
        report = measure_sway(simulate_sway().sequence, raw)
        assert "low-pass" in report.measures["noise_ap"].reason
        assert value(report, "rms_ap") > 0.0

    def test_poses_from_video_have_a_warning(self) -> None:
        trial = simulate_sway()
        view = CameraView(distance_mm=3000.0)
        filmed = PoseSequence.from_arrays(
            trial.sequence.time_s,
            view.from_world(trial.sequence.positions_mm),
            trial.sequence.joints,
            frame="camera",
        )
        assert any("drift slowly" in warning for warning in measure_sway(filmed).warnings)
        assert measure_sway(trial.sequence).warnings == ()


class TestNotThere:
    @pytest.mark.parametrize(
        "sequence",
        [walker_sequence(simulate_walk()), simulate_sit_to_stand(3).sequence],
        ids=["walking", "rising"],
    )
    def test_nobody_stands_still(self, sequence: PoseSequence) -> None:
        [reason] = {measure.reason for measure in measure_sway(sequence).measures.values()}
        assert "does not stand still" in reason

    def test_a_step_is_no_sway(self) -> None:
        sequence = simulate_sway().sequence
        positions = sequence.positions_mm.copy()
        column = sequence.joints.index("left_ankle")
        positions[len(sequence) // 2 :, column] += [300.0, 0.0, 0.0]
        [reason] = {
            measure.reason
            for measure in measure_sway(sequence.with_positions(positions)).measures.values()
        }
        assert "the left ankle gets" in reason

    def test_who_sits_does_not_stand(self) -> None:
        """The seat holds the pelvis: as sway of standing it would be perfect balance."""
        seated = simulate_reach(rest_s=8.0).sequence
        report = measure_sway(seated)
        assert all(measure.value is None for measure in report.measures.values())
        assert "sits or lies: both thighs are 90°" in (report.measures["rms_ap"].reason or "")
        trunk = measure_sway(seated, SwaySettings(joint="neck"))
        assert trunk.measures["rms_ap"].value is not None
        assert any("sits or lies" in warning for warning in trunk.warnings)

    def test_who_turns_sways_in_no_direction(self) -> None:
        standing = simulate_sway().sequence
        turn = Rotation.from_rotvec(np.outer(standing.time_s, [0.0, 1.5, 0.0])).as_matrix()
        centre_mm = standing.joint("pelvis").mean(axis=0)
        around_mm = np.einsum("tij,tnj->tni", turn, standing.positions_mm - centre_mm) + centre_mm
        report = measure_sway(replace(standing, positions_mm=around_mm))
        assert "no direction is forward" in (report.measures["rms_ap"].reason or "")
        assert report.measures["rms_distance"].value is not None

    def test_too_short(self) -> None:
        report = measure_sway(simulate_sway(duration_s=4.0).sequence)
        assert "too short" in report.measures["rms_ap"].reason
        report = measure_sway(simulate_sway(duration_s=12.0).sequence)
        assert any("short for sway" in warning for warning in report.warnings)

    def test_a_gap_leaves_no_path_length(self) -> None:
        trial = simulate_sway()
        report = measure_sway(without(trial.sequence, 10.0, 12.0))
        assert "see the mean velocity" in report.measures["path_length"].reason
        assert value(report, "mean_velocity") == pytest.approx(
            trial.truth["path_mm"] / 40.0, rel=0.02
        )
        assert report.measures["rms_ap"].confidence < 0.9
