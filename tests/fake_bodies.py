"""What fits bodies, without a body: the joints as they are, and an error of known size."""

from __future__ import annotations

from typing import Any

from neuropose.analyzer import PoseSequence
from neuropose.data import Reconstruction, Subject, VideoPredictions
from neuropose.errors import ReconstructionError
from neuropose.testing import reconstructed


class FakeBodies:
    """Stands for `neuropose.body`; keeps what it was asked for.

    Parameters
    ----------
    error_mm : float
        Of every joint.
    refusal : str, optional
        Why no body can be fitted.
    """

    def __init__(self, error_mm: float = 0.0, refusal: str | None = None) -> None:
        self.error_mm, self.refusal = error_mm, refusal
        self.asked: list[dict[str, Any]] = []

    def reconstruct(
        self, predictions: VideoPredictions, subject: str | Subject = "longest", **how: Any
    ) -> Reconstruction:
        sequence = PoseSequence.from_predictions(
            predictions, subject, up=how.get("up"), canonical=how.get("canonical")
        )
        return self._fitted(sequence, subject=subject, **how)

    def reconstruct_markers(self, sequence: PoseSequence, **how: Any) -> Reconstruction:
        return self._fitted(sequence, **how)

    def _fitted(self, sequence: PoseSequence, **how: Any) -> Reconstruction:
        self.asked.append(how)
        if self.refusal is not None:
            raise ReconstructionError(self.refusal, hint="film the whole person")
        if how.get("on_progress") is not None:
            for share in (0.5, 1.0):
                how["on_progress"](share)
        found = reconstructed(sequence, self.error_mm, draws=4)
        update: dict[str, Any] = {"settings": {"draws": 4}}
        if how.get("shape") is not None:
            update["shape"] = how["shape"]
        else:
            height_mm = how.get("height_mm") or found.shape.height_mm
            update["shape"] = found.shape.model_copy(update={"height_mm": height_mm})
            update["settings"]["height_mm"] = height_mm
        return found.model_copy(update=update)
