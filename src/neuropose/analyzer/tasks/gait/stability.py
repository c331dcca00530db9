"""Margins of stability: where the body is about to fall, and where the foot stands (Hof)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.lengths import part_of
from neuropose.analyzer.tasks.gait.phases import StrideEvents

Array = NDArray[np.float64]

_GRAVITY_MM_S2 = 9806.65
_LEAST_HEIGHT_MM = 200.0


def margins_of_stability(feet: Feet, events: StrideEvents, ground: Ground) -> dict[str, float]:
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
    dict of str to float
        ``margin_of_stability_ap`` and ``margin_of_stability_ml``, mm. NaN: the foot or the pelvis
        is missing. Positive: the extrapolated centre of mass is within the base of support.

    Notes
    -----
    The extrapolated centre of mass is x + v / √(g / l) (Hof et al. 2005, J Biomech 38:1), here of
    the pelvis, which stands for the centre of mass; l is its height above the heel that rests. The
    margins are those at initial contact (McAndrew Young et al. 2012, J Biomech 45:1053): from it
    forwards to the toe, and outwards to the outer one of heel and toe of the foot that comes down.
    """
    nothing = {f"margin_of_stability_{way}": float("nan") for way in ("ap", "ml")}
    at = (events.first.time_s - feet.time_s[0]) * feet.rate_hz
    span = part_of(feet, events.first.time_s, events.last.time_s)
    heading = feet.forward[span].mean(axis=0) if span.stop > span.start else np.full(2, np.nan)
    velocity = np.gradient(feet.pelvis_floor_mm, axis=0) * feet.rate_hz - ground.velocity_mm_s
    heel, toe = feet.heel[events.side], feet.toe[events.side]
    place, speed, heel_at, toe_at, height, low = (
        _at(each, at)
        for each in (
            feet.pelvis_floor_mm,
            velocity,
            heel.floor_mm,
            toe.floor_mm,
            feet.pelvis_height_mm,
            heel.height_mm,
        )
    )
    length_mm = float(height - low)
    if not length_mm > _LEAST_HEIGHT_MM:
        return nothing
    extrapolated = place + speed / np.sqrt(_GRAVITY_MM_S2 / length_mm)
    heading = heading / np.hypot(*heading)
    to_left = np.array([-heading[1], heading[0]])
    outwards = to_left if events.side == "left" else -to_left
    border = max(float(heel_at @ outwards), float(toe_at @ outwards))
    return {
        "margin_of_stability_ap": float((toe_at - extrapolated) @ heading),
        "margin_of_stability_ml": border - float(extrapolated @ outwards),
    }


def _at(values: Array, at: float) -> Array:
    """Interpolate between two samples; NaN beyond the ends."""
    before = int(np.floor(at))
    if not 0 <= before < len(values) - 1:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values[before] + (at - before) * (values[before + 1] - values[before]))
