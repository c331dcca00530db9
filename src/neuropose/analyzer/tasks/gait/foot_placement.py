"""Where the feet rest, and whether the surface that they rest on moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.settings import Surface
from neuropose.skeletons.sides import SIDES, Side

if TYPE_CHECKING:
    from neuropose.analyzer.tasks.gait.settings import GaitSettings

Array = NDArray[np.float64]

_REST_FROM, _REST_TO = 0.15, 0.5  # of stance: the heel bears on the floor
_LEAST_REST = 0.25  # of stance: as far as this must be recorded
_USUAL_STANCE_S = 0.6
_LEAST_SAMPLES = 2  # make a speed
_ROLLS = {"heel": 0.013, "ankle": 0.04}
"""How fast a heel that bears on a floor still moves forwards, over the walking speed, as the foot
rolls: root mean square of laboratories' medians, times 1.2 since they are few. An ankle passes over
the foot besides."""
_OF_MEDIAN = 1.25  # standard error of a median over that of a mean
_BACKWARDS_MM_S = -300.0  # of the pelvis along the heading; on a belt it drifts less
_UNLIKE_BELTS = 0.05  # of the walking speed; heels of one belt differ by a few percent
_SURE_OF_BELTS = 3.0  # standard errors
_LEAST_STANCES = 3  # of either foot
_UNSURE = 0.5  # confidence of the surface below which a reader is warned


@dataclass(frozen=True, eq=False)
class Rest:
    """The periods in which a foot rests: R stances of one side.

    Parameters
    ----------
    contact_s : ndarray, shape (R,)
        When the foot met the floor, seconds.
    window_s : ndarray, shape (R, 2)
        Start and end of the period in which its heel rests, seconds.
    """

    contact_s: Array
    window_s: Array


@dataclass(frozen=True, eq=False)
class Ground:
    """The surface that the feet rest on.

    Parameters
    ----------
    surface : Surface
        ``floor`` or ``treadmill``.
    velocity_mm_s : ndarray, shape (2,)
        Velocity of the surface in the floor axes of `Feet`; 0 for a floor.
    confidence : float
        0 to 1. 1 if it was given. Else ``|2 s − 1|``, where s is the speed of the resting heels
        backwards in the recording's axes over that backwards from the pelvis: 0 on a floor, 1 on
        a treadmill.
    warnings : tuple of str
        Why the surface is in doubt.
    error_mm_s : float
        Standard error of its speed: heels roll forwards while they rest, and differ; 0 for a floor.
    """

    surface: Surface
    velocity_mm_s: Array
    confidence: float
    warnings: tuple[str, ...] = ()
    error_mm_s: float = 0.0

    @property
    def speed_m_s(self) -> float:
        """Speed of the surface."""
        return 0.001 * float(np.hypot(*self.velocity_mm_s))


def rests(events: Sequence[FootEvent], side: Side, last_s: float) -> Rest:
    """Return when the heel of a side rests.

    Parameters
    ----------
    events : sequence of FootEvent
        Events of both sides, ascending in time.
    side : {"left", "right"}
    last_s : float
        End of the recording, seconds.

    Returns
    -------
    Rest
        One row per contact: from 15 to 50 % of its stance. If the foot off was not found, the
        median stance of the side is used, or of the other side; in a recording without a whole
        stance 0.6 s, within which a heel rests from 0.09 to 0.3 s after the contact at any ordinary
        speed. NaN: not recorded as far as 25 %.
    """
    mine = [event for event in events if event.side == side]
    contacts = np.array([event.time_s for event in mine if event.kind == "initial_contact"])
    length, others = _stances_s(mine), _stances_s([e for e in events if e.side != side])
    known = length if np.isfinite(length).any() else others
    usual = np.nanmedian(known) if np.isfinite(known).any() else _USUAL_STANCE_S
    length = np.where(np.isnan(length), usual, length)
    window = np.stack([contacts + _REST_FROM * length, contacts + _REST_TO * length], axis=1)
    window[contacts + _LEAST_REST * length > last_s] = np.nan
    return Rest(contacts, np.minimum(window, last_s))


def _stances_s(own: Sequence[FootEvent]) -> Array:
    """Return how long each stance of a foot lasts; NaN where its foot off was not found."""
    return np.array(
        [
            after.time_s - event.time_s if after and after.kind == "foot_off" else np.nan
            for event, after in zip_longest(own, own[1:])
            if event.kind == "initial_contact"
        ]
    )


def find_ground(feet: Feet, rest: dict[Side, Rest], settings: GaitSettings) -> Ground:
    """Find out whether the feet rest on a floor or on a moving belt, and its speed.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    rest : dict of str to Rest
        By side.
    settings : GaitSettings
        How gait is detected.

    Returns
    -------
    Ground

    Notes
    -----
    A foot at rest moves as the surface does, but for its heel, which rolls forwards by up to a
    fiftieth of the walking speed (an ankle by a twentieth): `Ground.error_mm_s` has that. A camera
    that moves along with the walker looks like a treadmill, and is treated like one: rightly so, as
    lengths are measured over the surface. While the pelvis moves back through the room by more than
    0.3 m/s, somebody walks backwards, and no foot rests when it seems to. Of two belts of different
    speeds the mean is taken, and half of their difference is in the error.
    """
    heels, speeds, sides = [], [], []
    for side in SIDES:
        for start, stop in _samples(feet, rest[side].window_s):
            if stop - start < _LEAST_SAMPLES:
                continue
            heel = _velocity(feet.heel[side].floor_mm[start:stop], feet.rate_hz)
            pelvis = _velocity(feet.pelvis_floor_mm[start:stop], feet.rate_hz)
            forward = feet.forward[start:stop].mean(axis=0)
            if pelvis @ forward < _BACKWARDS_MM_S:
                continue
            heels.append(heel)
            speeds.append((-heel @ forward, (pelvis - heel) @ forward))
            sides.append(side)
    known = np.array(speeds).reshape(-1, 2)
    seen = np.isfinite(known).all(axis=1)
    known, of_side = known[seen], np.array(sides)[seen]
    share = float("nan")
    if len(known):
        back, relative = np.median(known, axis=0)
        share = float(np.clip(back / relative, 0.0, 1.0)) if relative > 0.0 else float("nan")
    surface, confidence = settings.surface, 1.0
    if surface is Surface.AUTO:
        surface = Surface.TREADMILL if share > 0.5 else Surface.FLOOR
        confidence = 0.0 if np.isnan(share) else abs(2.0 * share - 1.0)
    velocity, error_mm_s, belts = np.zeros(2), 0.0, None
    if surface is Surface.TREADMILL and len(known):
        velocity = np.nanmedian(np.array(heels), axis=0)
        rolls = _ROLLS[feet.points["heel"]] * float(np.median(known[:, 1]))
        scatter = float(np.std(known[:, 0], ddof=1)) if len(known) > 1 else rolls
        error_mm_s = float(np.hypot(rolls, _OF_MEDIAN * scatter / np.sqrt(len(known))))
        belts = _belts_mm_s(known, of_side)
        if belts is not None:
            of_heel = np.array(heels)[seen]
            middles = [np.median(of_heel[of_side == side], axis=0) for side in SIDES]
            velocity = np.mean(middles, axis=0)
            error_mm_s = float(np.hypot(error_mm_s, 0.5 * abs(belts[0] - belts[1])))
    doubts = _doubts(surface, share, confidence, settings, belts)
    return Ground(surface, velocity, confidence, doubts, error_mm_s)


def foot_placements(feet: Feet, rest: Rest, side: Side, ground: Ground) -> tuple[Array, Array]:
    """Return the places where the heel rests, on the surface.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    rest : Rest
        Rest periods of the side.
    side : {"left", "right"}
    ground : Ground
        Surface that the feet rest on.

    Returns
    -------
    places_mm : ndarray, shape (R, 2)
        Floor axes that move with the surface; median of the heel while it rests. NaN: not known.
    unrest_mm2 : ndarray, shape (R, 2, 2)
        Mean square distance of the heel from that place meanwhile. A heel at rest does not move:
        this is the error of tracking, often larger in depth than across the picture.
    """
    count = len(rest.contact_s)
    places, unrest = np.full((count, 2), np.nan), np.full((count, 2, 2), np.nan)
    moved = feet.floor_mm_on(feet.heel[side], ground.velocity_mm_s)
    for number, (start, stop) in enumerate(_samples(feet, rest.window_s)):
        within = moved[start:stop]
        within = within[np.isfinite(within).all(axis=1)]
        if len(within):
            places[number] = np.median(within, axis=0)
            off = within - places[number]
            unrest[number] = off.T @ off / len(off)
    return places, unrest


def _samples(feet: Feet, window_s: Array) -> list[tuple[int, int]]:
    """Return the samples of each window, at least one; none where it is not known."""
    found = []
    for start_s, stop_s in window_s:
        if np.isnan(start_s):
            found.append((0, 0))
            continue
        start = int(np.ceil((start_s - feet.time_s[0]) * feet.rate_hz - 1e-6))
        stop = int(np.floor((stop_s - feet.time_s[0]) * feet.rate_hz + 1e-6)) + 1
        found.append((start, max(start + 1, stop)))
    return found


def _velocity(places_mm: Array, rate_hz: float) -> Array:
    """Slope of the straight line through places that follow each other."""
    time = np.arange(len(places_mm)) - 0.5 * (len(places_mm) - 1)
    return np.asarray(time @ places_mm / (time @ time) * rate_hz)


def _belts_mm_s(speeds: Array, of_side: NDArray[np.str_]) -> tuple[float, float] | None:
    """Return the speeds of a left and a right belt; None if there is one for both feet."""
    each = [speeds[of_side == side, 0] for side in SIDES]
    if min(map(len, each)) < _LEAST_STANCES:
        return None
    left, right = (float(np.median(own)) for own in each)
    errors = [_OF_MEDIAN * np.std(own, ddof=1) / np.sqrt(len(own)) for own in each]
    sure = _SURE_OF_BELTS * float(np.hypot(*errors))
    usual = float(np.median(speeds[:, 1]))
    return (left, right) if abs(left - right) > max(sure, _UNLIKE_BELTS * usual) else None


def _doubts(
    surface: Surface,
    share: float,
    confidence: float,
    settings: GaitSettings,
    belts: tuple[float, float] | None,
) -> tuple[str, ...]:
    doubts = []
    if belts is not None:
        left, right = (0.001 * speed for speed in belts)
        doubts.append(
            f"the left foot rests on what moves at {left:.2f} m/s, the right one at {right:.2f} "
            "m/s: two belts, or a foot that slides; lengths and speed are over a surface between"
        )
    if surface is Surface.TREADMILL:
        doubts.append(
            "lengths and speed are over a surface whose speed was measured from the resting feet"
        )
    if settings.surface is Surface.AUTO and confidence < _UNSURE and np.isfinite(share):
        doubts.append(
            f"the resting feet move back at {100.0 * share:.0f} % of the walking speed: neither "
            "like a floor nor like a treadmill"
        )
    return tuple(doubts)
