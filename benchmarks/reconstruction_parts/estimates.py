"""A reconstruction as a sequence, and intervals of whatever is measured on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer import PoseSequence
from neuropose.data import VideoPredictions
from neuropose.data.reconstruction import Reconstruction

Array = NDArray[np.float64]
Values = float | Array

WIDTH = 1.959964
"""Standard errors on each side of a 95 % interval."""


@dataclass(frozen=True)
class Estimate:
    """A measure, or one over time, with its standard error."""

    value: Values
    error: Values

    def holds(self, truth: Values) -> NDArray[np.bool_]:
        """Whether the truth is within the 95 % interval."""
        return np.abs(np.asarray(self.value) - truth) <= WIDTH * np.asarray(self.error)

    def __str__(self) -> str:
        return f"{self.value:.1f} ± {self.error:.1f}"


def fitted(predictions: VideoPredictions, subject: str = "longest") -> Reconstruction:
    """The body that explains the predictions."""
    from neuropose.body import reconstruct

    return reconstruct(predictions, subject)


def sequence_of(reconstruction: Reconstruction) -> PoseSequence:
    """The reconstructed joints as the analyzer sees them, with draws of their error."""
    return PoseSequence.from_reconstruction(reconstruction)


def drawn(
    sequence: PoseSequence, measure: Callable[[PoseSequence], Mapping[str, Values]]
) -> dict[str, Estimate]:
    """Measures of a reconstruction; the standard error is the root mean square change in its draws.

    So it is in reports: what any error can only increase has that in its error too.
    """
    values = measure(replace(sequence, draws_mm=None))
    draws = [measure(sequence.drawn(number)) for number in range(sequence.draw_count)]
    found = {}
    for name, value in values.items():
        changes = [each[name] - value for each in draws if name in each]
        found[name] = Estimate(value, np.sqrt(np.mean(np.square(changes), axis=0)))
    return found


def print_exchanges(reconstruction: Reconstruction) -> None:
    """Print where the fit found left and right exchanged."""
    for each in reconstruction.exchanges:
        print(
            f"    frames {each.first} to {each.last}: {each.limbs.value}, probability "
            f"{each.probability:.2f}{'' if each.settled else ', not settled'}"
        )
