"""Offsets and drifts of clocks, from how a person moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Source
from neuropose.data.cameras import Clock, Rig
from neuropose.errors import SynchronisationError
from neuropose.multiview.adjustment import Adjusted, adjust_views, moments_s, sightings
from neuropose.multiview.bundle import Free, residuals
from neuropose.multiview.movement import LEAST_OVERLAP_S, likely_offsets
from neuropose.multiview.rays import centre, directions
from neuropose.multiview.structure import first_structure
from neuropose.multiview.views import View, placed_joints

Array = NDArray[np.float64]

MOST_OFFSET_S = 30.0
"""Greatest offset that is looked for by default, s."""
LEAST_FOR_DRIFT_S = 20.0
"""In shorter recordings drifts are too small to be seen: 1e-4 is 2 ms."""
AMBIGUOUS = 1.15
"""If another offset misfits by less than this factor more, the offset is doubtful."""
FLOOR_S = 0.004
"""Systematic error of offsets from movements: models see some views a little later.

Four views of a rendered walk that are synchronous: 0.4, 0.4 and 5 ms.
"""
UNTIMED = ("heel", "toe")
"""Landmarks that tell no time: from the front and behind, models guess where a foot ends."""
_APART_S = 0.2
_FEW = 40
_FEW_ROUNDS = 2
_UNEXPLAINED_MM = 60.0  # misfit of moments that one offset leaves to one view alone
_FAR_MM = 150.0  # a ray that is farther off counts as if it were no more


@dataclass(frozen=True)
class PairOffset:
    """What two views say of their clocks.

    Parameters
    ----------
    one, other : str
        Names of the cameras.
    offset_s : float
        What must be added to the times of `other` to have those of `one`, s.
    error_s : float
        Standard error, s.
    misfit_mm : float
        Median distance at which the rays of the same landmarks miss each other.
    rival_s : float or None
        Next best offset. None: there is none.
    rival_misfit_mm : float or None
        Its misfit.
    """

    one: str
    other: str
    offset_s: float
    error_s: float
    misfit_mm: float
    rival_s: float | None
    rival_misfit_mm: float | None

    @property
    def ambiguous(self) -> bool:
        """Whether another offset would be about as good, as of steady walking."""
        return (
            self.rival_misfit_mm is not None and self.rival_misfit_mm < AMBIGUOUS * self.misfit_mm
        )


@dataclass(frozen=True)
class Synchronisation:
    """Clocks of cameras, and what they rest on.

    Parameters
    ----------
    clocks : mapping of str to Clock
        Of each camera, with standard errors. The first camera's has no offset.
    pairs : tuple of PairOffset
        What each two views say.
    warnings : tuple of str
        What a reader of the numbers should know.
    """

    clocks: Mapping[str, Clock]
    pairs: tuple[PairOffset, ...]
    warnings: tuple[str, ...]


def synchronise(
    views: Sequence[View], rig: Rig | None = None, *, most_s: float = MOST_OFFSET_S
) -> Synchronisation:
    """Find how much later each camera's clock runs, from how a person moved.

    Parameters
    ----------
    views : sequence of View
        One of each camera, of the same person, at any frame rates.
    rig : Rig, optional
        Where the cameras are. Default: not known, and found as well; steady walking is then
        ambiguous by whole strides.
    most_s : float
        Greatest offset to look for, s.

    Returns
    -------
    Synchronisation

    Raises
    ------
    SynchronisationError
        If there are fewer than two views, or a view has no movement in common with the others.

    Notes
    -----
    A first guess from movements, or from the rays of known cameras; then offsets, drifts, places
    and points are adjusted together with the rays' own speeds, so that errors are a small part of
    a frame. Places are free even if they are known: of people who walk by, landmarks that a view
    puts 25 mm ahead would be 20 ms.
    """
    if len(views) < 2:
        raise SynchronisationError(
            "one view cannot be synchronised with anything", hint="give two or more"
        )
    pairs = [
        found
        for one, other in combinations(range(len(views)), 2)
        if (found := _pair(views[one], views[other], rig, most_s)) is not None
    ]
    clocks = _combined(views, pairs)
    warnings = [
        f"{pair.one} and {pair.other}: {pair.offset_s:.3f} s fits best, but {pair.rival_s:.3f} s "
        "hardly worse: clap, stamp or jump once in view of all cameras"
        for pair in pairs
        if pair.ambiguous and pair.rival_s is not None
    ]
    adjusted = _together(views, clocks, rig)
    if adjusted is not None:
        clocks = list(adjusted.clocks)
    named = {
        view.name: clock if number == 0 else _with_floor(clock)
        for number, (view, clock) in enumerate(zip(views, clocks, strict=True))
    }
    return Synchronisation(named, tuple(pairs), tuple(warnings))


def misfit_mm(found: Adjusted) -> float:
    """Return how far rays are from where the landmarks are.

    Parameters
    ----------
    found : Adjusted
        Cameras, points and rays.

    Returns
    -------
    float
        Root mean square, mm, in which a ray that is far off counts little.
    """
    missed = np.linalg.norm(residuals(found.seen, found.bundle), axis=-1) * found.seen.error_mm
    known = missed[np.isfinite(missed)]
    return float(np.sqrt(np.mean(np.minimum(known, _FAR_MM) ** 2))) if len(known) else np.inf


def places(views: Sequence[View], rig: Rig) -> tuple[Array, Array]:
    """Return where the cameras of some views are.

    Parameters
    ----------
    views : sequence of View
        One of each camera.
    rig : Rig
        The cameras.

    Returns
    -------
    tuple of ndarray, shapes (V, 3, 3) and (V, 3)
        Rotations from the world, and its origin in each camera's frame, mm.
    """
    cameras = [rig[view.name] for view in views]
    return (
        np.stack([camera.rotation_matrix for camera in cameras]),
        np.stack([camera.translation for camera in cameras]),
    )


def _with_floor(clock: Clock) -> Clock:
    error_s = float(np.hypot(clock.offset_error_s or 0.0, FLOOR_S))
    return clock.model_copy(update={"offset_error_s": error_s})


def _together(views: Sequence[View], clocks: Sequence[Clock], rig: Rig | None) -> Adjusted | None:
    times = moments_s(views, clocks, 10**6)
    if not len(times):
        return None
    free = Free.CLOCKS
    if np.ptp(times) >= LEAST_FOR_DRIFT_S:
        free |= Free.DRIFTS
    # Places are free even if they are known: of people who walk by, landmarks that a view puts
    # 25 mm ahead would be 20 ms.
    free |= Free.PLACES
    if rig is not None:
        return adjust_views(views, clocks, *places(views, rig), free, without=UNTIMED)
    start = first_structure(views, clocks)
    if start is None:
        return None
    return adjust_views(views, clocks, start.rotation, start.translation_mm, free, without=UNTIMED)


def _pair(one: View, other: View, rig: Rig | None, most_s: float) -> PairOffset | None:
    both = (one, other)
    guesses = [offset for offset, _ in likely_offsets(one, other, most_s)]
    if rig is not None:
        stated = places(both, rig)
        guesses = _meeting_offsets(both, *stated, most_s) or guesses
    tried: list[tuple[float, float, float, float]] = []
    longest_s = min(np.count_nonzero(view.seen) * view.frame_s for view in both)
    for guess in guesses:
        clocks = (Clock(), Clock(offset_s=guess))
        if rig is None:
            start = first_structure(both, clocks, moments=_FEW)
            if start is None:
                continue
            begin, free = (start.rotation, start.translation_mm), Free.CLOCKS | Free.PLACES
        else:
            begin, free = stated, Free.CLOCKS
        found = adjust_views(both, clocks, *begin, free, moments=_FEW, rounds=_FEW_ROUNDS)
        if found is None:
            continue
        clock, missed_mm = found.clocks[1], misfit_mm(found)
        # Who films one person together starts and stops at about the same time.
        share = min(float(np.ptp(moments_s(both, found.clocks, 10**6))) / longest_s, 1.0)
        score = share * missed_mm**2 + (1.0 - share) * _UNEXPLAINED_MM**2
        tried.append((score, missed_mm, clock.offset_s, clock.offset_error_s or 0.0))
    if not tried:
        return None
    tried.sort()
    _, missed_mm, offset_s, error_s = tried[0]
    rivals = [each[1:3] for each in tried[1:] if abs(each[2] - offset_s) > _APART_S]
    rivals.sort()
    return PairOffset(
        one.name,
        other.name,
        offset_s,
        float(np.hypot(error_s, FLOOR_S)),
        missed_mm,
        rivals[0][1] if rivals else None,
        rivals[0][0] if rivals else None,
    )


def _meeting_offsets(
    both: tuple[View, View], rotation: Array, translation_mm: Array, most_s: float
) -> list[float]:
    """Offsets at which the rays of known cameras miss each other least, the best first."""
    one, other = both
    step_s = min(view.frame_s for view in both)
    centres = centre(rotation, translation_mm)
    landmarks = placed_joints(both)
    least = max(one.time_s[0] - other.time_s[-1], -most_s) + LEAST_OVERLAP_S
    most = min(one.time_s[-1] - other.time_s[0], most_s) - LEAST_OVERLAP_S
    if most < least:
        return []
    offsets = np.arange(np.ceil(least / step_s), np.floor(most / step_s) + 1) * step_s
    if not len(offsets):
        return []
    cost = np.full(len(offsets), np.inf)
    for number, offset in enumerate(offsets):
        clocks = (Clock(), Clock(offset_s=float(offset)))
        times = moments_s(both, clocks, _FEW)
        if len(times) < 10:
            continue
        seen, _ = sightings(both, clocks, times, landmarks)
        towards = [directions(seen.rays[view], rotation[view]) for view in (0, 1)]
        across = np.cross(towards[0], towards[1])
        sine = np.linalg.norm(across, axis=-1)
        gap = np.abs(across @ (centres[1] - centres[0])) / np.maximum(sine, 0.05)
        known = np.isfinite(gap)
        if known.sum() >= 50:
            cost[number] = float(np.mean(np.minimum(gap[known], 300.0)))
    inner = np.r_[np.inf, cost, np.inf]
    lowest = np.flatnonzero((cost <= inner[:-2]) & (cost < inner[2:]) & np.isfinite(cost))
    lowest = lowest[np.argsort(cost[lowest])][:4]
    return [float(offsets[each]) for each in lowest]


def _combined(views: Sequence[View], pairs: Sequence[PairOffset]) -> list[Clock]:
    """Return the clocks that agree best with all pairs, a wrong pair counting little."""
    names = [view.name for view in views]
    reached = {names[0]}
    for _ in names:
        for pair in pairs:
            if {pair.one, pair.other} & reached:
                reached |= {pair.one, pair.other}
    lost = [name for name in names if name not in reached]
    if lost:
        raise SynchronisationError(
            f"{', '.join(lost)}: no movement in common with the other cameras",
            hint="check that all saw the same person for a second or more, or give the offsets",
        )
    matrix = np.zeros((len(pairs), len(names)))
    for row, pair in enumerate(pairs):
        matrix[row, names.index(pair.other)] = 1.0
        matrix[row, names.index(pair.one)] = -1.0
    wanted = np.array([pair.offset_s for pair in pairs])
    # A pair whose best offset is ambiguous or fits badly counts less.
    quality = np.array([pair.misfit_mm for pair in pairs])
    weight = (quality.min() / quality) ** 2
    weight = weight * np.where([pair.ambiguous for pair in pairs], 0.1, 1.0)
    offsets = _tree(matrix, wanted, weight)
    for _ in range(20):
        missed = wanted - matrix @ offsets
        use = weight / (0.01 + np.abs(missed))
        root = np.sqrt(use)[:, None]
        offsets = np.zeros(len(names))
        offsets[1:] = np.linalg.lstsq(matrix[:, 1:] * root, wanted * root[:, 0], rcond=None)[0]
    return [Clock(offset_s=float(offset), source=Source.ASSUMED) for offset in offsets]


def _tree(matrix: Array, wanted: Array, weight: Array) -> Array:
    """Return the offsets that the best pairs give, one to each camera."""
    offsets = np.full(matrix.shape[1], np.nan)
    offsets[0] = 0.0
    for _ in range(matrix.shape[1]):
        for row in np.argsort(-weight):
            one, other = int(np.argmin(matrix[row])), int(np.argmax(matrix[row]))
            if np.isfinite(offsets[one]) and np.isnan(offsets[other]):
                offsets[other] = offsets[one] + wanted[row]
                break
            if np.isfinite(offsets[other]) and np.isnan(offsets[one]):
                offsets[one] = offsets[other] - wanted[row]
                break
    return offsets
