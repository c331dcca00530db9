"""Whether a body is fitted to a recording before anything is measured, and the sequence of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from numpy.typing import ArrayLike

from neuropose.data import Reconstruction, Subject, VideoPredictions
from neuropose.errors import ReconstructionError
from neuropose.sequence.pose_sequence import PoseSequence

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


class Reconstruct(StrEnum):
    """Whether a body is fitted to a recording before anything is measured."""

    AUTO = "auto"
    """To predictions if their skeleton allows it; markers are measured as they are."""
    ON = "on"
    """To predictions and to markers."""
    OFF = "off"
    """To neither: joints are taken where the model or the markers have them."""


class Bodies(Protocol):
    """What `neuropose.body` provides."""

    def reconstruct(
        self, predictions: VideoPredictions, subject: str | Subject = ..., **how: Any
    ) -> Reconstruction:
        """Fit a body to one person of a video."""
        ...

    def reconstruct_markers(self, sequence: PoseSequence, **how: Any) -> Reconstruction:
        """Fit a body to a marker recording."""
        ...


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


def bodies() -> Bodies:
    """Return what fits bodies; it is loaded when it is first used.

    Returns
    -------
    Bodies
    """
    found: Any = importlib.import_module("neuropose.body")
    return found  # type: ignore[no-any-return]


def movement_of_predictions(
    predictions: VideoPredictions,
    subject: str | Subject = "longest",
    *,
    reconstruct: Reconstruct = Reconstruct.AUTO,
    up: ArrayLike | str | None = None,
    confirm_up: bool = False,
    canonical: Mapping[str, Sequence[str]] | None = None,
    progress: Progress | None = None,
    fitting: Bodies | None = None,
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
    progress : callable, optional
        Called with the share of the fit that is done.
    fitting : Bodies, optional
        Default: `neuropose.body`.

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
    fit = (bodies() if fitting is None else fitting).reconstruct
    try:
        found = fit(
            predictions,
            plain.subject or subject,
            up=plain.up,
            canonical=canonical,
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
    progress: Progress | None = None,
    fitting: Bodies | None = None,
) -> Moved:
    """Return the movement of a marker recording.

    Parameters
    ----------
    sequence : PoseSequence
        The markers.
    reconstruct : Reconstruct
        Only ``on`` fits a body.
    progress : callable, optional
        Called with the share of the fit that is done.
    fitting : Bodies, optional
        Default: `neuropose.body`.

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
    fit = (bodies() if fitting is None else fitting).reconstruct_markers
    found = fit(sequence, on_progress=progress)
    return Moved(PoseSequence.from_reconstruction(found), found)
