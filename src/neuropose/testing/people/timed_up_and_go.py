"""A timed up and go (Podsiadlo & Richardson 1991) with known phases, turns and steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.skeletons.sides import SIDES, Side
from neuropose.testing.people.figure import SIGN, Figure, Foot, directions
from neuropose.testing.people.minimum_jerk import min_jerk_edge, smooth_step
from neuropose.testing.people.movements import MovementTrial, trunk_bend

Array = NDArray[np.float64]

_STANDING_MM = 830.0  # the knees stay bent so that steps are possible
_LIFT_MM = 80.0
_TURN_RADIUS_MM = 150.0


@dataclass(frozen=True)
class TimedUpAndGoPlan:
    """Durations and distances, from which everything else follows.

    Parameters
    ----------
    rest_s : float
        Time on the chair, before and after.
    rise_s : float
        Time from the seat until upright, and back, with minimum jerk.
    distance_mm : float
        Distance from the chair to the turn.
    walk_s : float
        Time of each way, from rest to rest with even speed in between.
    turn_s : float
        Duration of each of the two 180° turns to the left, with minimum jerk.
    step_s, swing_s : float
        Time from one foot's contact to the other's, and time of a foot in the air.
    pelvis_swing_deg : float
        Amplitude by which the pelvis turns to and fro with every stride, while the person walks.
    fps : float
        Frames per second.
    """

    rest_s: float = 1.2
    rise_s: float = 1.2
    distance_mm: float = 3000.0
    walk_s: float = 4.0
    turn_s: float = 1.8
    step_s: float = 0.55
    swing_s: float = 0.42
    pelvis_swing_deg: float = 4.0
    fps: float = 60.0

    @property
    def walks_s(self) -> tuple[float, float]:
        """Start times of the way there and the way back."""
        first = self.rest_s + self.rise_s
        return first, first + self.walk_s + self.turn_s

    @property
    def turns_s(self) -> tuple[float, float]:
        """Start times of the turns."""
        there, back = self.walks_s
        return there + self.walk_s, back + self.walk_s

    @property
    def descent_s(self) -> float:
        """Time at which the pelvis begins to descend."""
        return self.turns_s[1] + self.turn_s

    @property
    def duration_s(self) -> float:
        """Duration of the whole recording."""
        return self.descent_s + self.rise_s + self.rest_s

    def heading_rad(self, time_s: Array) -> Array:
        """Return the heading of the person.

        Parameters
        ----------
        time_s : ndarray, shape (T,)
            Times in seconds.

        Returns
        -------
        ndarray, shape (T,)
            Angle from X, to the left positive.
        """
        return np.asarray(
            np.pi * sum(smooth_step(time_s, start_s, self.turn_s) for start_s in self.turns_s)
        )

    def swing_rad(self, time_s: Array) -> Array:
        """Return the pelvis rotation relative to the heading, right side forward positive.

        Parameters
        ----------
        time_s : ndarray, shape (T,)
            Times in seconds.

        Returns
        -------
        ndarray, shape (T,)
            Angle; the swinging leg takes its side of the pelvis along.
        """
        first = self.walks_s[0]
        walking = smooth_step(time_s, first, self.step_s) - smooth_step(
            time_s, self.descent_s - self.step_s, self.step_s
        )
        phase = np.pi * (time_s - first - self.swing_s) / self.step_s
        return np.asarray(-np.radians(self.pelvis_swing_deg) * walking * np.cos(phase))

    def place_mm(self, time_s: Array) -> Array:
        """Return the place of the pelvis on the floor while the person is upright.

        Parameters
        ----------
        time_s : ndarray, shape (T,)
            Times in seconds.

        Returns
        -------
        ndarray, shape (T, 3)
            Positions; the first turn follows a half circle, the second is on the spot.
        """
        there, back = (self._walked(time_s, start_s) for start_s in self.walks_s)
        turned = np.pi * smooth_step(time_s, self.turns_s[0], self.turn_s)
        ahead = self.distance_mm * (there - back) + _TURN_RADIUS_MM * np.sin(turned)
        aside = -_TURN_RADIUS_MM * (1.0 - np.cos(turned))
        return np.stack([ahead, 0.0 * ahead, aside], axis=1)

    def contacts_s(self) -> list[tuple[Side, float]]:
        """Return the foot contact at the end of each step, from the first to the last.

        Returns
        -------
        list of (side, time in s)
        """
        first = self.walks_s[0] + self.swing_s
        count = int(np.floor((self.descent_s - first) / self.step_s)) + 1
        return [(SIDES[step % 2], first + step * self.step_s) for step in range(count)]

    def _walked(self, time_s: Array, start_s: float) -> Array:
        """Share of one way: speeds up and slows down within a quarter of the time each."""
        ramp = 0.25 * self.walk_s
        grid = np.linspace(0.0, self.walk_s, 2001)
        speed = smooth_step(grid, 0.0, ramp) - smooth_step(grid, self.walk_s - ramp, ramp)
        way = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]))])
        return np.asarray(np.interp(time_s - start_s, grid, way / way[-1]))


def simulate_timed_up_and_go(plan: TimedUpAndGoPlan | None = None) -> MovementTrial:
    """Simulate standing up, walking, turning, walking back, turning and sitting down.

    Parameters
    ----------
    plan : TimedUpAndGoPlan, optional
        Durations and distances; default: an ordinary trial.

    Returns
    -------
    MovementTrial
        Truth: ``duration_s``, from where the trunk begins to lean to where the pelvis, going down,
        is slower than 0.1 m/s; ``peak_turn_deg_s``; ``walk_s`` and ``turn_s`` as planned; the
        contacts within the first turn, ``steps_in_turn``.

    Examples
    --------
    >>> round(simulate_timed_up_and_go().truth["peak_turn_deg_s"], 3)
    187.5
    """
    plan = TimedUpAndGoPlan() if plan is None else plan
    time_s = np.arange(round(plan.duration_s * plan.fps) + 1) / plan.fps
    figure = Figure(time_s)
    facing = plan.heading_rad(time_s)
    figure.heading_rad = facing + plan.swing_rad(time_s)
    upright = smooth_step(time_s, plan.rest_s, plan.rise_s) - smooth_step(
        time_s, plan.descent_s, plan.rise_s
    )
    forward, _ = directions(facing)
    sitting_mm = figure.sitting_mm
    figure.pelvis_mm = plan.place_mm(time_s) + (upright - 1.0)[:, None] * 350.0 * forward
    figure.pelvis_mm[:, 1] = sitting_mm + upright * (_STANDING_MM - sitting_mm)
    down_s = 2.0 * plan.descent_s + plan.rise_s
    figure.lean_rad = trunk_bend(time_s, plan.rest_s, plan.rise_s) + trunk_bend(
        down_s - time_s, plan.descent_s, plan.rise_s
    )
    figure.feet = {side: _foot(plan, figure, side) for side in SIDES}
    start_s, edge = (
        plan.turns_s[0],
        min_jerk_edge(100.0 * plan.rise_s / (1.875 * (_STANDING_MM - sitting_mm))),
    )
    in_turn = [at for _, at in plan.contacts_s() if start_s <= at <= start_s + plan.turn_s]
    return MovementTrial(
        figure.sequence("a synthetic timed up and go"),
        {
            "peak_turn_deg_s": 1.875 * 180.0 / plan.turn_s,
            "rise_start_s": plan.rest_s + edge * plan.rise_s,
            "sit_end_s": plan.descent_s + (1.0 - edge) * plan.rise_s,
            "turn_s": plan.turn_s,
            "walk_s": plan.walk_s,
            "steps_in_turn": float(len(in_turn)),
        },
    )


def _foot(plan: TimedUpAndGoPlan, figure: Figure, side: Side) -> Foot:
    """Put the foot under the body at the middle of each stance; lift it from one to the next."""
    time_s = figure.time_s
    contacts = np.array([at for stepping, at in plan.contacts_s() if stepping == side])
    stance_s = 2.0 * plan.step_s - plan.swing_s
    middles = np.concatenate([[0.0], contacts[:-1] + 0.5 * stance_s, [plan.duration_s]])
    headings = plan.heading_rad(middles)
    forward, right = directions(headings)
    places = (
        plan.place_mm(middles)
        - figure.body.foot.ankle_forward_mm * forward
        + 0.5 * SIGN[side] * figure.body.hip_width_mm * right
    )
    heel = np.repeat(places[:1], len(time_s), axis=0)
    heading = np.full(len(time_s), headings[0])
    for step, at in enumerate(contacts):
        moved = smooth_step(time_s, at - plan.swing_s, plan.swing_s)
        heel += moved[:, None] * (places[step + 1] - places[step])
        heel[:, 1] += _LIFT_MM * 16.0 * (moved * (1.0 - moved)) ** 2
        heading += moved * (headings[step + 1] - headings[step])
    return Foot(heel, heading, 0.0 * time_s)
