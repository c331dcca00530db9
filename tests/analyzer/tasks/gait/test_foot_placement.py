"""Places of rest, and the surface under them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks
from tests.analyzer.tasks.gait.walks import event, trial

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait import GaitSettings, Surface
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.find import find_events
from neuropose.analyzer.tasks.gait.foot_placement import (
    Ground,
    Rest,
    find_ground,
    foot_placements,
    rests,
)
from neuropose.skeletons.sides import SIDES
from neuropose.testing import walker_sequence


def found(walk: PoseSequence, settings: GaitSettings | None = None) -> tuple[Feet, Ground]:
    settings = GaitSettings() if settings is None else settings
    feet = walks.feet(walk)
    events = find_events(feet, settings)
    rest = {side: rests(events, side, float(feet.time_s[-1])) for side in SIDES}
    return feet, find_ground(feet, rest, settings)


class TestRests:
    def test_a_part_of_each_stance(self) -> None:
        events = [event("left", "initial_contact", 1.0), event("left", "foot_off", 2.0)]
        rest = rests(events, "left", 5.0)
        np.testing.assert_allclose(rest.window_s, [[1.15, 1.5]])

    def test_a_stance_that_is_cut_off_is_taken_to_be_as_long_as_others(self) -> None:
        events = [
            event("left", "initial_contact", 1.0),
            event("left", "foot_off", 2.0),
            event("left", "initial_contact", 3.0),
        ]
        np.testing.assert_allclose(rests(events, "left", 3.4).window_s[1], [3.15, 3.4])
        assert np.isnan(rests(events, "left", 3.2).window_s[1]).all()

    def test_one_contact_alone_is_followed_by_a_usual_stance(self) -> None:
        rest = rests([event("left", "initial_contact", 1.0)], "left", 5.0)
        np.testing.assert_allclose(rest.window_s, [[1.09, 1.3]])
        assert np.isnan(rests([event("left", "initial_contact", 1.0)], "left", 1.1).window_s).all()
        assert len(rests([], "left", 5.0).contact_s) == 0


class TestGround:
    def test_a_floor(self) -> None:
        _, ground = found(walks.sequence())
        assert ground.surface is Surface.FLOOR
        assert ground.confidence == pytest.approx(1.0, abs=1e-6)
        assert not ground.velocity_mm_s.any()
        assert ground.warnings == ()

    def test_feet_that_swing_back_are_on_no_belt(self) -> None:
        walk, truth = walks.sequence(duration_s=10.0), trial(duration_s=10.0)
        feet = walks.feet(walk.with_positions(walk.positions_mm[::-1]))
        rest = {}
        for side in SIDES:
            own = truth.side(side)
            swings = [
                (off_s, own.initial_contact_s[own.initial_contact_s > off_s][0])
                for off_s in own.foot_off_s[:-2]
            ]
            window_s = walk.time_s[-1] - np.array(swings)[::-1, ::-1]
            rest[side] = Rest(window_s[:, 0], window_s)
        ground = find_ground(feet, rest, GaitSettings())
        assert ground.surface is Surface.FLOOR
        assert not ground.velocity_mm_s.any()

    @pytest.mark.parametrize("speed_m_s", [0.4, 1.25])
    def test_a_treadmill_and_its_speed(self, speed_m_s: float) -> None:
        truth = trial(speed_m_s=speed_m_s).on_treadmill()
        _, ground = found(walker_sequence(truth))
        assert ground.surface is Surface.TREADMILL
        assert ground.speed_m_s == pytest.approx(speed_m_s, rel=1e-6)
        assert ground.confidence == pytest.approx(1.0, abs=1e-6)
        assert "measured from the resting feet" in ground.warnings[0]

    def test_its_speed_is_as_uncertain_as_heels_roll_and_differ(self) -> None:
        truth = trial().on_treadmill()
        speed_mm_s = 1000.0 * truth.parameters.speed_m_s
        _, even = found(walker_sequence(truth))
        assert even.error_mm_s == pytest.approx(0.013 * speed_mm_s, rel=1e-3)
        assert found(walks.sequence())[1].error_mm_s == 0.0
        walk = walker_sequence(truth)
        swaying = walk.positions_mm + 60.0 * np.sin(2.0 * np.pi * 0.3 * walk.time_s)[
            :, None, None
        ] * np.array([1.0, 0.0, 0.0])
        _, uneven = found(walks.changed(walk, swaying))
        assert uneven.error_mm_s > 1.2 * even.error_mm_s

    @pytest.mark.parametrize("first_s", [0.0, 0.6, 1.2])
    def test_two_belts(self, first_s: float) -> None:
        """Whichever foot has one stance more."""
        walk = walker_sequence(trial(speed_m_s=1.0).on_treadmill())
        slower = walk.positions_mm.copy()
        slower[:, [walk.joints.index(f"left_{j}") for j in ("heel", "toe", "ankle")], 0] *= 0.8
        _, ground = found(walks.changed(walk, slower).slice(first_s, 6.0))
        assert ground.speed_m_s == pytest.approx(0.9, abs=0.01)
        assert ground.error_mm_s == pytest.approx(100.0, rel=0.1)
        assert "moves at 0.80 m/s, the right one at 1.00 m/s: two belts" in ground.warnings[0]

    def test_ankles_roll_more(self) -> None:
        walk = walker_sequence(trial().on_treadmill())
        joints = ["pelvis", *(f"{s}_{j}" for s in SIDES for j in ("ankle", "toe"))]
        _, ground = found(walk.select(*joints))
        assert ground.error_mm_s == pytest.approx(40.0 * trial().parameters.speed_m_s, rel=0.01)

    def test_neither_is_told(self) -> None:
        """A camera that follows at half the speed, or depth that is half right."""
        walk = walks.sequence()
        half = walk.positions_mm.copy()
        half[:, :, 0] -= 625.0 * walk.time_s[:, None]
        _, ground = found(walks.changed(walk, half))
        assert ground.confidence < 0.05
        assert any("neither like a floor" in warning for warning in ground.warnings)

    def test_what_is_given_is_taken(self) -> None:
        _, ground = found(walks.sequence(), GaitSettings(surface="treadmill"))
        assert ground.surface is Surface.TREADMILL
        assert ground.confidence == 1.0
        assert ground.speed_m_s == pytest.approx(0.0, abs=1e-6)

    def test_nothing_is_known_without_a_stance(self) -> None:
        _, ground = found(walks.sequence().slice(0.0, 0.2))
        assert ground.surface is Surface.FLOOR
        assert ground.confidence == 0.0


class TestFootPlacements:
    @pytest.mark.parametrize("treadmill", [False, True])
    def test_feet_are_where_they_were_put(self, treadmill: bool) -> None:
        truth = trial().on_treadmill() if treadmill else trial()
        feet, ground = found(walker_sequence(truth))
        events = find_events(feet, GaitSettings())
        for side in SIDES:
            rest = rests(events, side, float(feet.time_s[-1]))
            places, unrest = foot_placements(feet, rest, side, ground)
            known = np.isfinite(places).all(axis=1)
            assert known.sum() >= 5
            strides = np.linalg.norm(np.diff(places[known], axis=0), axis=1)
            np.testing.assert_allclose(strides, truth.parameters.stride_length_mm, rtol=1e-6)
            np.testing.assert_allclose(unrest[known], 0.0, atol=1e-6)

    def test_unrest_is_seen_in_its_direction(self) -> None:
        walk = walks.sequence(duration_s=20.0)
        positions = walk.positions_mm.copy()
        noise = np.random.default_rng(2).normal(0.0, 20.0, len(walk))
        positions[:, walk.joints.index("left_heel"), 2] += noise
        feet, ground = found(walks.changed(walk, positions))
        events = find_events(feet, GaitSettings())
        rest = rests(events, "left", float(feet.time_s[-1]))
        _, unrest = foot_placements(feet, rest, "left", ground)
        forward = feet.forward[0]
        across = np.array([-forward[1], forward[0]])
        mean = np.nanmean(unrest, axis=0)
        assert np.sqrt(across @ mean @ across) == pytest.approx(20.0, rel=0.2)
        assert forward @ mean @ forward == pytest.approx(0.0, abs=1e-6)
