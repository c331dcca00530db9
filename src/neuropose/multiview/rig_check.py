"""Whether how a person moved contradicts what is said of the cameras: their clocks and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data.cameras import Clock, Rig, RigCamera
from neuropose.errors import SynchronisationError
from neuropose.multiview.adjustment import adjust_views, moments_s
from neuropose.multiview.bundle import Free
from neuropose.multiview.synchronisation import UNTIMED, misfit_mm, places, synchronise
from neuropose.multiview.views import View

FAR_BETTER = 1.5
"""Cameras that fit so many times better elsewhere are not where the rig has them.

Eleven sets of views of a rendered walk fitted 1.1 times better at most. With one camera turned by
5° it was 2 to 9 times, but for some pairs of level cameras of which one was turned to the side.
"""
USUAL_MM = 20.0
"""Rays that miss each other by less tell nothing: models see landmarks so differently."""
MOST_LATE_S = 0.6
"""A stated clock is checked for errors up to this, which is less than a stride."""
_LATE_S, _SURELY_LATE = 0.02, 4.0
_MOMENTS = 40
_LEAST_PART_S = 1.5


def doubts_of_rig(views: Sequence[View], rig: Rig, *, clocks_are_stated: bool) -> tuple[str, ...]:
    """Say what the movement of a person contradicts of what is said of the cameras.

    Parameters
    ----------
    views : sequence of View
        Of one person, two or more.
    rig : Rig
        The cameras, and their clocks.
    clocks_are_stated : bool
        Whether the clocks were stated, not found from the movement.

    Returns
    -------
    tuple of str
        Of `doubts_of_clocks` and `doubts_of_places`.
    """
    late = doubts_of_clocks(views, rig) if clocks_are_stated else ()
    return (*late, *doubts_of_places(views, rig))


def doubts_of_clocks(views: Sequence[View], rig: Rig) -> tuple[str, ...]:
    """Say which stated clocks the movement of a person contradicts.

    Parameters
    ----------
    views : sequence of View
        Of one person, two or more.
    rig : Rig
        The cameras, and their clocks.

    Returns
    -------
    tuple of str
        Nothing if it contradicts none, or does not tell.
    """
    try:
        found = synchronise(
            [_as_in(rig[view.name], view) for view in views], rig, most_s=MOST_LATE_S
        )
    except SynchronisationError:
        return ()
    if any(pair.ambiguous for pair in found.pairs):
        return ()
    clocks = {view.name: found.clocks[view.name] for view in views[1:]}
    return tuple(
        f"the clocks are not as stated: by how the person moved, {name} began "
        f"{1000.0 * abs(clock.offset_s):.0f} ms {'later' if clock.offset_s > 0.0 else 'earlier'} "
        f"than stated, relative to {views[0].name}"
        for name, clock in clocks.items()
        if abs(clock.offset_s) > max(_LATE_S, _SURELY_LATE * (clock.offset_error_s or 0.0))
    )


def doubts_of_places(views: Sequence[View], rig: Rig) -> tuple[str, ...]:
    """Say whether the movement of a person contradicts where the cameras are.

    Parameters
    ----------
    views : sequence of View
        Of one person, two or more.
    rig : Rig
        The cameras, and their clocks.

    Returns
    -------
    tuple of str
        Nothing if it does not. By how much two level cameras are turned to the side, they do not
        show: the person is then larger or smaller. Each half of the recording is looked at as well,
        as a camera that is knocked meanwhile has no place that fits all of it.
    """
    views, clocks = [_as_in(rig[view.name], view) for view in views], [Clock()] * len(views)
    times_s = moments_s(views, clocks, 10**6)
    parts = [views]
    if len(times_s) and np.ptp(times_s) >= 2.0 * _LEAST_PART_S:
        middle_s = 0.5 * (times_s[0] + times_s[-1])
        parts += [[_during(view, view.time_s < middle_s) for view in views]]
        parts += [[_during(view, view.time_s >= middle_s) for view in views]]
    for part in parts:
        there, elsewhere = (
            adjust_views(part, clocks, *places(part, rig), free, moments=_MOMENTS, without=UNTIMED)
            for free in (Free.CLOCKS, Free.CLOCKS | Free.PLACES)
        )
        if there is None or elsewhere is None:
            continue
        held_mm, free_mm = misfit_mm(there), misfit_mm(elsewhere)
        if held_mm >= max(FAR_BETTER * free_mm, USUAL_MM):
            return (_moved(held_mm, free_mm, None if part is views else there.seen.time_s),)
    return ()


def _moved(held_mm: float, free_mm: float, time_s: NDArray[np.float64] | None) -> str:
    when = "" if time_s is None else f"from {time_s[0]:.1f} to {time_s[-1]:.1f} s "
    return (
        f"a camera may have been moved or zoomed since the calibration: {when}rays miss each other "
        f"by {held_mm:.0f} mm, and by {free_mm:.0f} mm if the cameras were elsewhere"
    )


def _during(view: View, frames: NDArray[np.bool_]) -> View:
    return replace(
        view,
        time_s=view.time_s[frames],
        points_px=view.points_px[frames],
        confidence=view.confidence[frames],
    )


def _as_in(camera: RigCamera, view: View) -> View:
    """Return a view through the lens of its camera, at shared times."""
    lens = camera.camera_at(*view.size_px)
    return replace(view, camera=lens, time_s=camera.clock.shared_time_s(view.time_s))
