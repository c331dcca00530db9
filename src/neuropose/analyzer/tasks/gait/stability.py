"""Margins of stability: where the body is about to fall, and where the foot stands (Hof)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.cycles import root_mean_square_of_known
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.lengths import part_of
from neuropose.analyzer.tasks.gait.phases import ErrorParts, StrideEvents
from neuropose.skeletons.sides import Side

Array = NDArray[np.float64]

_GRAVITY_MM_S2 = 9806.65
_LEAST_HEIGHT_MM = 200.0
_NAMES = ("margin_of_stability_ap", "margin_of_stability_ml")


def margins_of_stability(
    feet: Feet, events: StrideEvents, ground: Ground
) -> tuple[dict[str, float], dict[str, ErrorParts]]:
    """Measure the margins of stability at the contact that begins a stride.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet, and the pelvis.
    events : StrideEvents
        Contacts and foot offs of the stride.
    ground : Ground
        Surface that the feet rest on; velocities are relative to it.

    Returns
    -------
    values : dict of str to float
        ``margin_of_stability_ap`` and ``margin_of_stability_ml``, mm. NaN: the foot or the pelvis
        is missing. Positive: the extrapolated centre of mass is within the base of support.
    errors : dict of str to ErrorParts
        How far off they may be, mm: by how much they change within the error of the contact's time,
        and what the noise of the positions adds. Margins that are missing have none.

    Notes
    -----
    The extrapolated centre of mass is x + v / √(g / l) (Hof et al. 2005, J Biomech 38:1), here of
    the pelvis, which stands for the centre of mass; l is its height above the heel that rests. The
    margins are those at initial contact (McAndrew Young et al. 2012, J Biomech 45:1053): from it
    forwards to the toe, and outwards to the outer one of heel and toe of the foot that comes down.
    """
    contact = events.first
    span = part_of(feet, contact.time_s, events.last.time_s)
    heading = feet.forward[span].mean(axis=0) if span.stop > span.start else np.full(2, np.nan)
    moving = _Moving(feet, ground, contact.side, heading / np.hypot(*heading))
    margins = moving.margins(contact.time_s)

    # How far the margins change, in the root mean square, if the contact is off by so much.
    def within(error_s: float) -> Array:
        there = [moving.margins(contact.time_s + way * error_s) for way in (-1.0, 1.0)]
        return root_mean_square_of_known(np.array(there) - margins)

    random = np.hypot(within(contact.random_s), moving.noise_mm(contact.time_s))
    systematic = within(contact.systematic_s)
    errors = {
        name: ErrorParts(float(own), float(shared))
        for name, own, shared in zip(_NAMES, random, systematic, strict=True)
        if np.isfinite(own + shared)
    }
    return dict(zip(_NAMES, map(float, margins), strict=True)), errors


class _Moving:
    """The margins of a foot at any time, as if it were that of the contact."""

    def __init__(self, feet: Feet, ground: Ground, side: Side, heading: Array) -> None:
        self._feet = feet
        self._velocity = np.gradient(feet.pelvis_floor_mm, axis=0) * feet.rate_hz
        self._velocity -= ground.velocity_mm_s
        self._heel, self._toe = feet.heel[side], feet.toe[side]
        self._heading = heading
        to_left = np.array([-heading[1], heading[0]])
        self._outwards = to_left if side == "left" else -to_left

    def margins(self, time_s: float) -> Array:
        """Return both margins, mm, by `_NAMES`."""
        place, speed, heel, toe = (
            self._at(each, time_s)
            for each in (
                self._feet.pelvis_floor_mm,
                self._velocity,
                self._heel.floor_mm,
                self._toe.floor_mm,
            )
        )
        extrapolated = place + speed * self._per_speed_s(time_s)
        border = np.maximum(heel @ self._outwards, toe @ self._outwards)
        ahead = (toe - extrapolated) @ self._heading
        return np.array([ahead, border - extrapolated @ self._outwards])

    def noise_mm(self, time_s: float) -> float:
        """Return what noise of the foot, the pelvis and its speed adds to a margin."""
        place, speed = (self._feet.noise_of_derivative(order) for order in (0, 1))
        return float(np.linalg.norm([place, place, speed * self._per_speed_s(time_s)]))

    def _per_speed_s(self, time_s: float) -> float:
        """Return √(l / g), by which a speed moves the extrapolated centre of mass."""
        length_mm = float(
            self._at(self._feet.pelvis_height_mm, time_s) - self._at(self._heel.height_mm, time_s)
        )
        enough = length_mm > _LEAST_HEIGHT_MM
        return float(np.sqrt(length_mm / _GRAVITY_MM_S2)) if enough else float("nan")

    def _at(self, values: Array, time_s: float) -> Array:
        return _at(values, (time_s - self._feet.time_s[0]) * self._feet.rate_hz)


def _at(values: Array, at: float) -> Array:
    """Interpolate between two samples; NaN beyond the ends."""
    before = int(np.floor(at))
    if not 0 <= before < len(values) - 1:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values[before] + (at - before) * (values[before + 1] - values[before]))
