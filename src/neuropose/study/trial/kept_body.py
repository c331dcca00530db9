"""The body that the daemon has fitted already, so that it is not fitted again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.body.movement import Fit
from neuropose.data import Reconstruction, Subject, VideoPredictions
from neuropose.errors import NeuroPoseError
from neuropose.io import load_reconstruction
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.pipeline import Source

Array = NDArray[np.float64]
_RESULTS, _FIRST = ("results.json", "results.corrected.json"), "video_01"


def fit_beside(
    source: Source, tell: Callable[[Path], None], *, session_height_mm: float | None = None
) -> Fit | None:
    """Return what takes the body beside a job's results, if it is the one that is wanted.

    Parameters
    ----------
    source : Source
        The recording.
    tell : callable
        Called with the file of a body that is taken.
    session_height_mm : float, optional
        Stature that the job's session says: a body of the daemon's is of that one, as far as a
        stated stature goes.

    Returns
    -------
    callable or None
        Fits a body anew if the one that is there is of other poses, of another person or with
        another stature or vertical. None: the source is not a job's results, or
        there is none.
    """
    path = source.file.with_name(f"{source.video or _FIRST}{SUFFIX}")
    if source.file.name not in _RESULTS or not path.is_file():
        return None

    def fit(predictions: VideoPredictions, subject: str | Subject, **how: Any) -> Reconstruction:
        from neuropose.body import reconstruct

        said = how.get("canonical") is not None
        found = None if said else _of(path, predictions, subject)
        if found is not None and not _stands_as(found, how.get("up")):
            found = None
        height_mm = how.get("height_mm")
        wanted = height_mm is None or height_mm == session_height_mm
        if found is None or not wanted or height_mm not in (None, found.stated_height_mm):
            return reconstruct(predictions, subject, **how)
        tell(path)
        return found

    return fit


def is_as_said(
    found: Reconstruction, *, height_mm: float | None, up: Sequence[float] | None = None
) -> bool:
    """Return whether a body was fitted with what is said of the person now.

    Parameters
    ----------
    found : Reconstruction
        The body.
    height_mm : float or None
        Stature. None: nothing is said, and any will do.
    up : sequence of float, optional
        Away from the floor, in the axes of the camera. None: any will do.

    Returns
    -------
    bool
    """
    stands = _stands_as(found, None if up is None else np.asarray(up, dtype=np.float64))
    return stands and height_mm in (None, found.stated_height_mm)


def _stands_as(found: Reconstruction, up: Array | None) -> bool:
    """Whether the body was fitted with this vertical; None: any will do."""
    if up is None:
        return True
    is_given = found.up_source == "given" and found.up is not None
    return is_given and np.allclose(np.array(found.up), up, atol=1e-6)


def _of(path: Path, predictions: VideoPredictions, subject: str | Subject) -> Reconstruction | None:
    try:
        found = load_reconstruction(path)
    except NeuroPoseError:
        return None
    same = (
        found.provenance == predictions.provenance
        and found.subject is not None
        and isinstance(subject, Subject)
        and found.subject.track_id == subject.track_id
    )
    return found if same else None
