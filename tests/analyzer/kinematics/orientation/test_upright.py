"""The vertical: found wherever the camera stands, with an error that is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer import PoseSequence, vertical
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.geometry import angle_deg
from neuropose.sequence.data import ReferenceFrame
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence

WALK = simulate_walk()
STANDING_MM = {
    "pelvis": (0.0, 900.0, 0.0),
    "neck": (0.0, 1400.0, 0.0),
    "left_ankle": (0.0, 80.0, -80.0),
    "right_ankle": (0.0, 80.0, 80.0),
}


def standing(**joints_mm: tuple[float, float, float]) -> PoseSequence:
    """Somebody who stands still, Y up, in a frame of which nothing is known."""
    places = STANDING_MM | joints_mm
    positions_mm = np.tile(np.array(list(places.values())), (50, 1, 1))
    return PoseSequence.from_arrays(np.arange(50) / 50.0, positions_mm, list(places))


def error_deg(sequence: PoseSequence, view: CameraView, method: str | None = None) -> float:
    return float(angle_deg(vertical(sequence, method).up, view.rotation @ [0.0, 1.0, 0.0]))


class TestWalking:
    @given(
        tilt_deg=st.floats(-15.0, 15.0),
        roll_deg=st.floats(-10.0, 10.0),
        heading_deg=st.floats(0.0, 360.0),
        treadmill=st.booleans(),
    )
    @settings(max_examples=20, deadline=None)
    def test_is_exact_without_noise(
        self, tilt_deg: float, roll_deg: float, heading_deg: float, treadmill: bool
    ) -> None:
        view = CameraView(tilt_deg=tilt_deg, roll_deg=roll_deg, heading_deg=heading_deg)
        trial = WALK.on_treadmill() if treadmill else WALK
        sequence = walker_sequence(trial, view)
        for method in (None, "trunk", "stance_feet"):
            assert error_deg(sequence, view, method) < 0.01, method

    @pytest.mark.parametrize("noise_mm", [5.0, 10.0, 20.0])
    def test_stays_within_its_standard_error_with_noise(self, noise_mm: float) -> None:
        view = CameraView(tilt_deg=12.0, heading_deg=30.0)
        sequence = walker_sequence(WALK.with_noise(noise_mm), view)
        for method in (None, "trunk", "stance_feet"):
            assert error_deg(sequence, view, method) < vertical(sequence, method).error_deg
        assert error_deg(sequence, view) < 0.5

    def test_a_trunk_that_leans_is_corrected_along_the_way_by_the_floor(self) -> None:
        view = CameraView()
        trial = WALK.with_noise(3.0)
        lean = np.zeros_like(trial.positions_mm)
        above = trial.positions_mm[..., 1] > 1000.0
        lean[..., 0] = np.where(above, np.tan(np.radians(6.0)) * trial.positions_mm[..., 1], 0.0)
        lean[..., 0] -= np.where(above, np.tan(np.radians(6.0)) * 950.0, 0.0)
        bent = replace(trial, positions_mm=trial.positions_mm + lean)
        sequence = walker_sequence(bent, view)
        assert error_deg(sequence, view, "trunk") > 4.0
        assert error_deg(sequence, view) < 0.3

    def test_variable_frame_rate_and_gaps(self) -> None:
        trial = simulate_walk(WalkerParameters(frame_jitter=0.5))
        positions_mm = trial.positions_mm.copy()
        positions_mm[100:140] = np.nan
        positions_mm[::7, 25:] = np.nan
        view = CameraView(tilt_deg=8.0)
        sequence = walker_sequence(replace(trial, positions_mm=positions_mm), view)
        assert error_deg(sequence, view) < 0.05


class TestFeetThatDoNotBear:
    def test_a_raised_leg(self) -> None:
        """On one leg, the other foot's lowest place is no floor."""
        trial = simulate_walk()
        stand = trial.positions_mm[:1] + np.zeros((360, 1, 1))
        names = trial.skeleton.joints
        for name in ("left_heel", "left_foot_index", "left_ankle"):
            lift_mm = 300.0 + 100.0 * np.sin(np.arange(360) / 9.0)
            stand[:, names.index(name), 1] += lift_mm
            stand[:, names.index(name), 0] += lift_mm
        view = CameraView()
        sequence = walker_sequence(replace(trial, positions_mm=stand), view)
        assert vertical(sequence).method == "standing"
        assert error_deg(sequence, view) < 3.0  # the middle of the foot is before the ankle
        assert error_deg(sequence, view, "trunk") < 0.01
        with pytest.raises(SequenceError, match="floor cannot be found"):
            vertical(sequence, "stance_feet")

    def test_noise_is_no_stepping(self) -> None:
        trial = simulate_walk()
        still = replace(trial, positions_mm=trial.positions_mm[:1] + np.zeros((360, 1, 1)))
        found = vertical(walker_sequence(still.with_noise(20.0), CameraView()))
        assert found.method == "standing"

    def test_a_restless_trunk(self) -> None:
        trial = simulate_walk()
        moved = trial.positions_mm.copy()
        sway = 400.0 * np.sin(np.arange(360) / 20.0)[:, None]
        moved[..., 2] += np.where(moved[..., 1] > 1000.0, sway, 0.0)
        found = vertical(walker_sequence(replace(trial, positions_mm=moved), CameraView()))
        assert found.method == "trunk"
        assert found.error_deg > 15.0


class TestStanding:
    def stands(self, lean_deg: float, knees_mm: float = 0.0) -> PoseSequence:
        """Somebody whose trunk leans, over the feet, or who sits with the knees before the hips."""
        lean = np.radians(lean_deg)
        hips_mm = -250.0 * np.sin(lean)
        places = {
            "pelvis": (hips_mm, 900.0 - 0.9 * knees_mm, 0.0),
            "neck": (hips_mm + 500.0 * np.sin(lean), 900.0 - 0.9 * knees_mm + 500.0 * np.cos(lean)),
        }
        for side, across_mm in (("left", -80.0), ("right", 80.0)):
            places[f"{side}_heel"] = (knees_mm - 100.0, 0.0, across_mm)
            places[f"{side}_toe"] = (knees_mm + 100.0, 0.0, across_mm)
        names = list(places)
        rows = np.zeros((len(names), 3))
        for row, place in enumerate(places.values()):
            rows[row, : len(place)] = place
        return PoseSequence.from_arrays(
            np.arange(50) / 50.0, np.tile(rows, (50, 1, 1)), names, frame=ReferenceFrame.CAMERA
        )

    @pytest.mark.parametrize("lean_deg", [-20.0, 20.0])
    def test_a_body_over_its_feet_tells_more_than_its_trunk(self, lean_deg: float) -> None:
        found = vertical(self.stands(lean_deg))
        assert found.method == "standing"
        off_deg = float(angle_deg(found.up, np.array([0.0, 1.0, 0.0])))
        assert off_deg < 0.2 * abs(lean_deg)

    def test_who_sits_has_a_trunk(self) -> None:
        sitting = self.stands(5.0, knees_mm=430.0)
        found = vertical(sitting)
        assert found.method == "trunk"
        with pytest.raises(SequenceError, match="nobody is seen to stand"):
            vertical(sitting, "standing")
        assert float(angle_deg(found.up, np.array([0.0, 1.0, 0.0]))) == pytest.approx(5.0)

    @pytest.mark.parametrize(("seen", "method"), [(0.3, "trunk"), (0.7, "standing")])
    def test_feet_that_the_picture_cuts_off(self, seen: float, method: str) -> None:
        sequence = self.stands(10.0)
        positions_mm = sequence.positions_mm.copy()
        positions_mm[int(seen * len(positions_mm)) :, 2:] = np.nan
        assert vertical(sequence.with_positions(positions_mm)).method == method

    def test_of_who_walks_only_if_it_is_asked_for(self) -> None:
        view = CameraView(tilt_deg=10.0)
        walking = walker_sequence(WALK, view)
        assert vertical(walking).method == "trunk_and_feet"
        assert vertical(walking, "standing").method == "standing"
        assert 0.1 < error_deg(walking, view, "standing") < 4.0

    def test_markers_have_a_trunk(self) -> None:
        sequence = self.stands(20.0)
        markers = PoseSequence.from_arrays(
            sequence.time_s, sequence.positions_mm, sequence.joints, frame=ReferenceFrame.LAB
        )
        assert vertical(markers).method == "trunk"


class TestSources:
    def test_given(self) -> None:
        found = vertical(walker_sequence(WALK))
        assert (found.method, found.confidence, found.error_deg) == ("given", 1.0, 0.0)
        assert found.up.tolist() == [0.0, 1.0, 0.0]
        assert found.warnings == ()
        assert not found.up.flags.writeable

    def test_confidence_is_the_documented_function_of_the_error(self) -> None:
        found = vertical(standing(), "trunk")
        assert found.error_deg == 4.0
        assert found.confidence == pytest.approx(1.0 / (1.0 + (4.0 / 5.0) ** 2))

    def test_a_trunk_that_sways_is_trusted_less(self) -> None:
        positions_mm = standing().positions_mm.copy()
        positions_mm[::2, 1, 0] += 150.0
        swaying = standing().with_positions(positions_mm)
        assert vertical(swaying, "trunk").error_deg > 5.0

    @pytest.mark.parametrize("lean_deg", [15.0, 30.0])
    @pytest.mark.parametrize("held", [0.5, 1.0, 1.5])
    def test_a_trunk_that_leans_one_way_again_and_again(self, lean_deg: float, held: float) -> None:
        """Squats: the long-run direction is off by half of the lean or more, and says so."""
        lean = np.radians(lean_deg) * np.abs(np.sin(np.arange(500) / 25.0)) ** (2.0 * held)
        pelvis = np.tile([0.0, 900.0, 0.0], (500, 1))
        neck = pelvis + 500.0 * np.stack([np.sin(lean), np.cos(lean), 0.0 * lean], axis=1)
        squats = PoseSequence.from_arrays(
            np.arange(500) / 50.0, np.stack([pelvis, neck], axis=1), ["pelvis", "neck"]
        )
        found = vertical(squats)
        off_deg = float(angle_deg(found.up, np.array([0.0, 1.0, 0.0])))
        assert 0.3 * lean_deg < off_deg < 1.5 * found.error_deg

    def test_legs_are_less_upright_than_a_trunk(self) -> None:
        legs = standing().select("pelvis", "left_ankle", "right_ankle")
        assert vertical(legs).error_deg == 6.0

    def test_floor_and_trunk_that_do_not_agree(self) -> None:
        view = CameraView()
        trial = WALK
        bent = trial.positions_mm.copy()
        above = bent[..., 1] > 1000.0
        bent[..., 0] += np.where(above, 0.7 * (bent[..., 1] - 950.0), 0.0)
        found = vertical(walker_sequence(replace(trial, positions_mm=bent), view))
        assert "36° from perpendicular" in found.warnings[0]
        assert found.error_deg < 10.0  # soles on the floor speak for it

    @pytest.mark.parametrize("rise_mm", [170.0, -170.0])
    def test_the_plane_of_stairs_is_not_level(self, rise_mm: float) -> None:
        climbing = walks.stairs(rise_mm, speed_m_s=0.6, cadence_steps_min=100.0)
        found = vertical(walks.changed(climbing, climbing.positions_mm, up=None))
        off_deg = float(angle_deg(found.up, np.array([0.0, 1.0, 0.0])))
        assert 20.0 < off_deg < 1.05 * found.error_deg

    def test_legs_stand_in_for_a_trunk(self) -> None:
        part = standing().select("pelvis", "left_ankle", "right_ankle")
        np.testing.assert_allclose(vertical(part).up, [0.0, 1.0, 0.0], atol=1e-12)

    def test_feet_in_one_place_leave_the_trunk(self) -> None:
        part = standing().select("pelvis", "neck")
        assert vertical(part).method == "trunk"
        with pytest.raises(SequenceError, match="floor cannot be found"):
            vertical(part, "stance_feet")

    def test_nothing_to_go_by(self) -> None:
        with pytest.raises(MissingJointsError, match="has no left_ankle, right_ankle"):
            vertical(standing().select("pelvis"))
        empty = standing().with_positions(np.full((50, 4, 3), np.nan))
        with pytest.raises(SequenceError, match="missing in every frame"):
            vertical(empty)

    def test_methods_that_do_not_fit(self) -> None:
        with pytest.raises(SequenceError, match="unknown method 'magic'"):
            vertical(standing(), "magic")
        with pytest.raises(SequenceError, match="does not say which way is up"):
            vertical(standing(), "given")

    def test_one_frame(self) -> None:
        sequence = standing()
        one = sequence.slice(0.0, 0.0)
        np.testing.assert_allclose(vertical(one).up, [0.0, 1.0, 0.0], atol=1e-9)
