"""Fit a body to one person in a video."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from neuropose.body.model import load_body_model
from neuropose.body.observations import from_camera
from neuropose.body.recording import (
    DRAWS,
    Progress,
    Recording,
    fit_recording,
    seen_landmarks,
    silent,
)
from neuropose.data import BodyShape, Reconstruction, Subject, VideoPredictions
from neuropose.errors import ReconstructionError
from neuropose.sequence.pose_sequence import PoseSequence


def reconstruct(
    predictions: VideoPredictions,
    subject: str | Subject = "longest",
    *,
    shape: BodyShape | None = None,
    height_mm: float | None = None,
    up: ArrayLike | str | None = None,
    canonical: Mapping[str, Sequence[str]] | None = None,
    free: Collection[str] = (),
    model: Path | None = None,
    draws: int = DRAWS,
    on_progress: Progress | None = None,
) -> Reconstruction:
    """Fit a body to one person in the predictions of a video.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions, with their camera.
    subject : str or Subject
        Whom: ``longest``, ``largest``, ``most_central`` or ``track:N``.
    shape : BodyShape, optional
        Lengths found in another recording of the same person.
    height_mm : float, optional
        Stature; default: that which the model's own lengths tell.
    up : array_like or str, optional
        Direction away from the floor in the axes of the camera; default: estimated.
    canonical : mapping of str to sequence of str, optional
        Canonical joints of an unknown skeleton and their sources.
    free : collection of str
        Fixed coordinates to free, such as ``left_knee_abduction``.
    model : Path, optional
        A lab's own body model (YAML); default: the one that comes with the program.
    draws : int
        How many draws of the posterior to keep, 2 or more; fewer of very long recordings.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1.

    Returns
    -------
    Reconstruction
        In the axes of the camera.

    Raises
    ------
    ConfigError
        If nobody is of this height.
    ReconstructionError
        If the predictions have no camera, or too little of the person is seen.
    SubjectError
        If the person cannot be picked.
    BodyModelError
        If the body model cannot be read, or has no coordinate of a name in `free`.

    Notes
    -----
    Gauss–Newton on all frames at once: points in the picture, the model's depths, constant lengths,
    ranges of motion, and smoothness in time. Nothing in it knows how people walk. See
    ``docs/guides/reconstruction.md``.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> found = reconstruct(synthetic_predictions(frame_count=20))
    >>> found.coordinates.shape[0], found.axes
    (20, 'camera')
    """
    if predictions.camera is None:
        raise ReconstructionError(
            "these predictions do not say which camera they were made with",
            hint="process the video again, or analyse the predictions without a reconstruction",
        )
    sequence = PoseSequence.from_predictions(
        predictions, subject=subject, canonical=canonical, up=up
    )
    body = load_body_model(model)
    landmarks = seen_landmarks(sequence, body)
    return fit_recording(
        Recording(
            sequence=sequence,
            views=(from_camera(predictions, sequence, landmarks),),
            model=body,
            skeleton=predictions.skeleton.name,
            shape=shape,
            height_mm=height_mm,
            free=tuple(free),
            draws=draws,
            on_progress=on_progress or silent,
        )
    ).model_copy(update={"provenance": predictions.provenance})
