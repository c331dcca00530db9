"""What a model gives beyond joints: vertices, shape parameters, uncertainty of each point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from pydantic import model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat32, ReadOnlyInt32


class ExtraArrays(ArrayContract):
    """Arrays of a model's own, a row for each person in each frame, beside the predictions.

    Parameters
    ----------
    offsets : ndarray of int32, shape (T + 1,)
        The rows of frame t are ``offsets[t]`` to ``offsets[t + 1]``, as in the predictions.
    track_ids : ndarray of int32, shape (N,)
        Whom each row is of.
    arrays : mapping of str to ndarray of float32, shape (N, …)
        By the names that the model declares. NaN: missing.

    Examples
    --------
    >>> extra = ExtraArrays(
    ...     offsets=np.array([0, 1, 3], np.int32),
    ...     track_ids=np.array([0, 0, 1], np.int32),
    ...     arrays={"shape": np.zeros((3, 10), np.float32)},
    ... )
    >>> extra.of_track("shape", 0).shape
    (2, 10)
    """

    offsets: ReadOnlyInt32
    track_ids: ReadOnlyInt32
    arrays: Mapping[str, ReadOnlyFloat32]

    @model_validator(mode="after")
    def _check(self) -> Self:
        rows = len(self.track_ids)
        steps = np.diff(self.offsets)
        if not len(self.offsets) or self.offsets[0] != 0 or (steps < 0).any():
            raise ValueError("offsets must ascend from 0")
        if self.offsets[-1] != rows:
            raise ValueError(f"{rows} rows, but offsets up to {self.offsets[-1]}")
        for name, values in self.arrays.items():
            if not name.isidentifier():
                raise ValueError(f"{name!r} is not a name of an array: letters, digits and _")
            if values.ndim < 1 or len(values) != rows:
                raise ValueError(f"{name} has shape {values.shape}, not one row for each of {rows}")
        return self

    def of_track(self, name: str, track_id: int) -> np.ndarray:
        """Return the rows of one person.

        Parameters
        ----------
        name : str
            Name of the array.
        track_id : int
            The person.

        Returns
        -------
        ndarray of float32, shape (R, …)
            One row for each frame in which the person was found.

        Raises
        ------
        KeyError
            If the model gives no such array.
        """
        return np.asarray(self.arrays[name][self.track_ids == track_id])
