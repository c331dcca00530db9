"""A reconstruction of each video of a job, kept beside its predictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from neuropose.data import Reconstruction, VideoPredictions
from neuropose.data.corrections import names_subject
from neuropose.errors import CancelledError, NeuroPoseError, OutputError
from neuropose.io import load_reconstruction, save_reconstruction
from neuropose.io.reconstruction_file import SUFFIX
from neuropose.study.contract.pipeline import ANY_SUBJECT

Fit = Callable[[VideoPredictions, Callable[[float], None]], Reconstruction | None]
"""Fits a body to the subject of a video, and is told whom to tell the share that is done."""


def fit_subject(
    predictions: VideoPredictions,
    progress: Callable[[float], None],
    *,
    subject: str = "longest",
    height_mm: float | None = None,
    up: tuple[float, float, float] | None = None,
) -> Reconstruction | None:
    """Fit a body to one person in the video.

    Parameters
    ----------
    predictions : VideoPredictions
        Of the video.
    progress : callable
        Called with the share that is done.
    subject : str
        Which person, unless a correction says it; default: the one who is seen longest.
    height_mm : float, optional
        Stature of the person, if it is known.
    up : tuple of float, optional
        Direction away from the floor, in the axes of the camera, if it is known.

    Returns
    -------
    Reconstruction or None
        None: nobody was found.

    Raises
    ------
    ReconstructionError
        If no body can be fitted.
    """
    from neuropose.body.movement import movement_of_predictions
    from neuropose.data import Reconstruct

    if not len(predictions.track_ids):
        return None
    if names_subject(predictions.provenance):
        subject = ANY_SUBJECT
    return movement_of_predictions(
        predictions,
        subject,
        reconstruct=Reconstruct.ON,
        height_mm=height_mm,
        up=up,
        progress=progress,
    ).reconstruction


class ReconstructionKeeper:
    """Keeps a reconstruction of each video; what goes wrong with one harms no predictions.

    Parameters
    ----------
    fit : callable
        See `Fit`.
    report : callable
        Called with a line, without names, that is worth knowing later.
    cancel : callable
        Called repeatedly; returns True to stop.
    """

    def __init__(
        self, fit: Fit, *, report: Callable[[str], None], cancel: Callable[[], bool]
    ) -> None:
        self._fit = fit
        self._report = report
        self._cancel = cancel

    def keep(self, path: Path, predictions: VideoPredictions) -> None:
        """Write the reconstruction of a video, unless an earlier attempt has.

        Parameters
        ----------
        path : Path
            The file to write.
        predictions : VideoPredictions
            Of the video.

        Raises
        ------
        CancelledError
            If `cancel` returned True.
        OutputError
            If it cannot be written.
        """
        if _is_of(path, predictions):
            return
        try:
            found = self._fit(predictions, lambda _: self._go_on())
            if found is not None:
                save_reconstruction(path, found)
        except (CancelledError, OutputError):
            raise
        except Exception as error:
            kind = (
                "" if isinstance(error, NeuroPoseError) else f"unexpected {type(error).__name__}: "
            )
            name = path.name.removesuffix(SUFFIX).replace("_", " ")
            self._report(f"{name}: no body was fitted: {kind}{error}")

    def _go_on(self) -> None:
        if self._cancel():
            raise CancelledError("the work was cancelled")


def _is_of(path: Path, predictions: VideoPredictions) -> bool:
    """Whether a file holds a reconstruction of these predictions, made by this version."""
    if not path.exists() or predictions.provenance is None:
        return False
    try:
        return load_reconstruction(path).provenance == predictions.provenance
    except NeuroPoseError:
        return False
