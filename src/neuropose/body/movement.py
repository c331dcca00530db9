"""The movement that is measured: of a body that is fitted first, or of the recording as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from neuropose.body.from_markers import reconstruct_markers
from neuropose.body.from_video import reconstruct as reconstruct_predictions
from neuropose.data import Reconstruct, Reconstruction, Subject, VideoPredictions
from neuropose.errors import ReconstructionError
from neuropose.sequence.pose_sequence import PoseSequence

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""
Fit = Callable[..., Reconstruction]
"""`neuropose.body.reconstruct`, or what is called in the same way."""


@dataclass(frozen=True, eq=False)
class Moved:
    """The movement that is measured.

    Parameters
    ----------
    sequence : PoseSequence
        Of the body that was fitted, or of the recording as it is.
    reconstruction : Reconstruction or None
        The body. None: none was fitted.
    """

    sequence: PoseSequence
    reconstruction: Reconstruction | None = None


def movement_of_predictions(
    predictions: VideoPredictions,
    subject: str | Subject = "longest",
    *,
    reconstruct: Reconstruct = Reconstruct.AUTO,
    up: ArrayLike | str | None = None,
    confirm_up: bool = False,
    canonical: Mapping[str, Sequence[str]] | None = None,
    height_mm: float | None = None,
    progress: Progress | None = None,
    fit: Fit | None = None,
) -> Moved:
    """Return the movement of one person in a video.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions of a video.
    subject : str or Subject
        A strategy, or a choice made before.
    reconstruct : Reconstruct
        ``auto``: if no body can be fitted, the predictions are taken as they are, with a warning.
    up : array_like, shape (3,), or str, optional
        Direction away from the floor, if it was measured.
    confirm_up : bool
        Whether `up` is right even if the body contradicts it.
    canonical : mapping of str to sequence of str, optional
        For a skeleton that NeuroPose does not know: canonical joints, and whose mean each is.
    height_mm : float, optional
        Stature of the person, if it is known.
    progress : callable, optional
        Called with the share of the fit that is done.
    fit : callable, optional
        What fits a body; default: `neuropose.body.reconstruct`.

    Returns
    -------
    Moved

    Raises
    ------
    SubjectError
        If the subject cannot be picked.
    SequenceError
        If `canonical` or `up` does not fit.
    ReconstructionError
        If no body can be fitted, and `reconstruct` is ``on``.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> moved = movement_of_predictions(synthetic_predictions(), reconstruct=Reconstruct.OFF)
    >>> moved.reconstruction is None, moved.sequence.source
    (True, "skeleton 'blazepose_33'")
    """
    plain = PoseSequence.from_predictions(
        predictions, subject, canonical=canonical, up=up, confirm_up=confirm_up
    )
    if reconstruct is Reconstruct.OFF:
        return Moved(plain)
    fitting = reconstruct_predictions if fit is None else fit
    try:
        found = fitting(
            predictions,
            plain.subject or subject,
            up=plain.up,
            canonical=canonical,
            height_mm=height_mm,
            on_progress=progress,
        )
    except ReconstructionError as error:
        if reconstruct is Reconstruct.ON:
            raise
        warning = f"no body was fitted: {error.message}"
        return Moved(replace(plain, warnings=(warning, *plain.warnings)))
    if found.subject is None:
        found = found.model_copy(update={"subject": plain.subject})
    sequence = PoseSequence.from_reconstruction(found, up=plain.up, confirm_up=confirm_up)
    return Moved(sequence, found)


def movement_of_markers(
    sequence: PoseSequence,
    *,
    reconstruct: Reconstruct = Reconstruct.AUTO,
    height_mm: float | None = None,
    progress: Progress | None = None,
    fit: Fit | None = None,
) -> Moved:
    """Return the movement of a marker recording.

    Parameters
    ----------
    sequence : PoseSequence
        The markers.
    reconstruct : Reconstruct
        Only ``on`` fits a body.
    height_mm : float, optional
        Stature of the person, if it is known.
    progress : callable, optional
        Called with the share of the fit that is done.
    fit : callable, optional
        What fits a body; default: `neuropose.body.reconstruct_markers`.

    Returns
    -------
    Moved

    Raises
    ------
    ReconstructionError
        If no body can be fitted.
    """
    if reconstruct is not Reconstruct.ON:
        return Moved(sequence)
    found = (reconstruct_markers if fit is None else fit)(
        sequence, height_mm=height_mm, on_progress=progress
    )
    return Moved(PoseSequence.from_reconstruction(found), found)
