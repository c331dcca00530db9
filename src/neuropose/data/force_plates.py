"""What force plates measured: ground reaction forces and where they act."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat64


class ForcePlate(ArrayContract):
    """One plate, or one foot of a file that has the forces by foot: A samples.

    Parameters
    ----------
    name : str
        Number of the plate, or the name of its columns.
    force_n : ndarray of float64, shape (A, 3)
        Ground reaction force, which pushes the foot up, along the axes of the file. NaN: missing.
    centre_of_pressure_mm : ndarray of float64, shape (A, 3)
        Where it acts. NaN: the plate is not loaded, or the file does not say.
    corners_mm : ndarray of float64, shape (4, 3), or None
        Corners of the plate's surface, in order. None: not recorded.
    """

    name: str
    force_n: ReadOnlyFloat64
    centre_of_pressure_mm: ReadOnlyFloat64
    corners_mm: ReadOnlyFloat64 | None = None


class ForcePlates(ArrayContract):
    """All plates of a recording.

    Parameters
    ----------
    format : {"c3d", "mot"}
    time_s : ndarray of float64, shape (A,)
        Times of the samples, ascending, on the clock of the markers.
    plates : tuple of ForcePlate
        In the file's order.
    warnings : tuple of str
        What the reader corrected or assumed.
    """

    format: Literal["c3d", "mot"]
    time_s: ReadOnlyFloat64
    plates: tuple[ForcePlate, ...]
    warnings: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        shape = (len(self.time_s), 3)
        for plate in self.plates:
            if plate.force_n.shape != shape or plate.centre_of_pressure_mm.shape != shape:
                raise ValueError(f"plate {plate.name} does not have {len(self.time_s)} samples")
            if plate.corners_mm is not None and plate.corners_mm.shape != (4, 3):
                raise ValueError(f"plate {plate.name} does not have four corners")
        if not (np.isfinite(self.time_s).all() and (np.diff(self.time_s) > 0.0).all()):
            raise ValueError("its times do not ascend")
        return self
