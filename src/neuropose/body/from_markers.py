"""Fit a body to markers, or to any other points in space."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from neuropose.body.model import BodyModel, load_body_model
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
from neuropose.skeletons.sides import SIDES

TORSION = "tibial_torsion"
"""How far a foot points outwards from the plane in which its knee bends.

Markers show it, and an ankle without it is farther off: 2.5° instead of 1.6° from Plug-in Gait's in
eight trials. Keypoints of a pose model do not show it.
"""
LEAST_TORSION_DEG = 1.0
"""A smaller one is not told apart from none."""


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
        Fixed coordinates to free, besides `TORSION` of legs whose feet have markers.
    model : Path, optional
        A lab's own body model (YAML).
    draws : int
        How many draws of the posterior to keep, 2 or more; fewer of very long recordings.
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
    body = _with_sacrum(load_body_model(model), sequence)
    landmarks = seen_landmarks(sequence, body)
    recording = Recording(
        sequence=sequence,
        views=(from_space(sequence, landmarks),),
        model=body,
        skeleton=sequence.source,
        shape=shape,
        height_mm=height_mm,
        free=tuple(free),
        draws=draws,
        on_progress=on_progress or silent,
    )
    if sequence.position_error.from_pictures:
        return fit_recording(recording)
    torsions = tuple(name for name in _torsions(body, landmarks) if name not in free)
    found = fit_recording(replace(recording, free=(*free, *torsions)))
    torsion_deg = [np.abs(np.nan_to_num(found.coordinate(name))) for name in torsions]
    if torsions and np.max(torsion_deg) < LEAST_TORSION_DEG:
        return fit_recording(replace(recording, on_progress=silent))
    return found


def _with_sacrum(body: BodyModel, sequence: PoseSequence) -> BodyModel:
    """Put the posterior spines into the middle if one marker on the sacrum stands for both."""
    spines = [f"{side}_psis" for side in SIDES]
    there = all(name in body.landmarks and sequence.has(name) for name in spines)
    if not there or len({tuple(sequence.made_of.get(name, (name,))) for name in spines}) > 1:
        return body
    in_the_middle = {}
    for name in spines:
        spine = body.landmarks[name]
        at = {length: (x, y, 0.0) for length, (x, y, _) in spine.at.items()}
        in_the_middle[name] = spine.model_copy(update={"at": at})
    return body.model_copy(update={"landmarks": {**body.landmarks, **in_the_middle}})


def _torsions(body: BodyModel, landmarks: Collection[str]) -> list[str]:
    """Return the coordinates of torsion of the legs of which heel and toe are seen."""
    fixed = {each.name for segment in body.segments for each in segment.coordinates if each.fixed}
    return [
        f"{side}_{TORSION}"
        for side in SIDES
        if f"{side}_{TORSION}" in fixed and {f"{side}_heel", f"{side}_toe"} <= set(landmarks)
    ]
