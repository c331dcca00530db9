"""Whether views agree, or are those of other cameras, moments or people.

The limits come from twelve sets of views of a rendered walk and a real trial: rays missed each
other by 9 to 34 mm, and a fit left 13 to 39 mm. When views were exchanged, or of another camera, it
was 40 to 148 mm and 38 to 206 mm, but for a camera in front and one behind, which look alike.
Where clocks are looked for, wrong views may fit better with a wrong one: views that were mirrored
had 54 and 57 mm, and exchanged ones 11 and 78 mm, by clocks that left a third of them in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.ndimage import median_filter

from neuropose.errors import ReconstructionError
from neuropose.filters.columns import runs
from neuropose.multiview.people import MatchedPerson

DOUBTFUL_APART_MM, MOST_APART_MM = 37.0, 50.0
"""Median by which rays of the same landmarks miss each other: doubted above, refused above."""
DOUBTFUL_RESIDUAL_MM, MOST_RESIDUAL_MM = 45.0, 65.0
"""Median of what a fit leaves of the landmarks' places: doubted above, refused above."""

_MOMENTS = 5  # whose median is looked at

_CHECK = (
    "check that each video is named as its camera and not mirrored, that no camera was moved or "
    "zoomed since the calibration, and that the clocks are right"
)


def doubts_of_views(apart_mm: float, residual_mm: float | None = None) -> tuple[str, ...]:
    """Say how views of one person do not fit each other.

    Parameters
    ----------
    apart_mm : float
        Median by which rays of the same landmarks miss each other.
    residual_mm : float, optional
        Median of what a fit of a body to all of them leaves of the landmarks' places.

    Returns
    -------
    tuple of str
        Nothing if they do.

    Examples
    --------
    >>> doubts_of_views(20.0)
    ()
    """
    if apart_mm <= DOUBTFUL_APART_MM and (residual_mm or 0.0) <= DOUBTFUL_RESIDUAL_MM:
        return ()
    how = _apart(apart_mm) if residual_mm is None else f"{_apart(apart_mm)}, {_left(residual_mm)}"
    return (f"the views do not fit each other well: {how}; {_CHECK}",)


def require_agreement(apart_mm: float, residual_mm: float = 0.0) -> None:
    """Raise if views fit each other so badly that one must be another's.

    Both distances being doubtful is as bad as one of them being too large.

    Parameters
    ----------
    apart_mm, residual_mm : float
        As for `doubts_of_views`.

    Raises
    ------
    ReconstructionError
        If they are above their limits.
    """
    if apart_mm > MOST_APART_MM:
        how = _apart(apart_mm)
    elif apart_mm > DOUBTFUL_APART_MM and residual_mm > DOUBTFUL_RESIDUAL_MM:
        how = f"{_apart(apart_mm)}, and {_left(residual_mm)}"
    elif residual_mm > MOST_RESIDUAL_MM:
        how = _left(residual_mm)
    else:
        return
    raise ReconstructionError(
        f"the views do not show one person at the same moments from these cameras: {how}",
        hint=_CHECK,
    )


def doubts_over_time(person: MatchedPerson) -> tuple[str, ...]:
    """Say from when to when views do not show the same person, though they do so otherwise.

    Parameters
    ----------
    person : MatchedPerson
        With the distances of rays over time.

    Returns
    -------
    tuple of str
        Nothing if they fit all the time, or if one moment or two do not.
    """
    bad = median_filter(person.course_mm, _MOMENTS, mode="nearest") > MOST_APART_MM
    return tuple(
        f"from {person.course_s[first]:.1f} to {person.course_s[stop - 1]:.1f} s the views do not "
        f"fit each other: {_apart(float(np.median(person.course_mm[first:stop])))}; was somebody "
        "else followed in one of them, or a camera knocked?"
        for first, stop in runs(bad)
    )


def doubts_of_unused(cameras: Iterable[str], person: MatchedPerson) -> tuple[str, ...]:
    """Say which cameras show nobody where the others see a person.

    Parameters
    ----------
    cameras : iterable of str
        Names of all cameras of the trial.
    person : MatchedPerson
        Whom two or more of them see.

    Returns
    -------
    tuple of str
        Nothing if the person is seen by all.
    """
    return tuple(
        f"{name} is not used: nobody in its view is where other cameras see this person; {_CHECK}"
        for name in cameras
        if name not in person.rows
    )


def doubts_of_elsewhere(frames: Mapping[str, int]) -> tuple[str, ...]:
    """Say in how many frames a camera followed somebody who is not where the others see the person.

    Parameters
    ----------
    frames : mapping of str to int
        By the name of the camera.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> doubts_of_elsewhere({"side": 0})
    ()
    """
    return tuple(
        f"{name} is left out where it shows somebody who is not where other cameras see this "
        f"person (frames: {count}): was somebody else followed, or the camera knocked?"
        for name, count in frames.items()
        if count
    )


def _apart(apart_mm: float) -> str:
    return f"rays of the same landmarks miss each other by {apart_mm:.0f} mm"


def _left(residual_mm: float) -> str:
    return f"the body is {residual_mm:.0f} mm from where they see its landmarks"
