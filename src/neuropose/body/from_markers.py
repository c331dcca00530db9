"""Fit a body to markers, or to any other points in space."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from neuropose.body.model import load_body_model
from neuropose.body.observations import from_space
from neuropose.body.recording import (
    DRAWS,
    Progress,
    Recording,
    fit_recording,
    seen_landmarks,
    silent,
)
from neuropose.data import BodyShape, Reconstruction
from neuropose.sequence.pose_sequence import PoseSequence


def reconstruct_markers(
    sequence: PoseSequence,
    *,
    shape: BodyShape | None = None,
    height_mm: float | None = None,
    free: Collection[str] = (),
    model: Path | None = None,
    draws: int = DRAWS,
    on_progress: Progress | None = None,
) -> Reconstruction:
    """Fit a body to markers, or to any other points in space.

    Parameters
    ----------
    sequence : PoseSequence
        Positions of canonical joints and landmarks.
    shape : BodyShape, optional
        Lengths found in another recording of the same person.
    height_mm : float, optional
        Stature; default: that which the distances between joints tell.
    free : collection of str
        Fixed coordinates to free.
    model : Path, optional
        A lab's own body model (YAML).
    draws : int
        How many draws of the posterior to keep; fewer of very long recordings.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1.

    Returns
    -------
    Reconstruction
        In the axes of the sequence.

    Raises
    ------
    ConfigError
        If nobody is of this height.
    ReconstructionError
        If too little of the person is seen.
    BodyModelError
        If the body model cannot be read, or has no coordinate of a name in `free`.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> reconstruct_markers(walker_sequence(simulate_walk())).axes
    'lab'
    """
    body = load_body_model(model)
    return fit_recording(
        Recording(
            sequence=sequence,
            views=(from_space(sequence, seen_landmarks(sequence, body)),),
            model=body,
            skeleton=sequence.source,
            shape=shape,
            height_mm=height_mm,
            free=tuple(free),
            draws=draws,
            on_progress=on_progress or silent,
        )
    )
