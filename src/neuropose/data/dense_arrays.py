"""Predictions as dense arrays: one axis for time, one for people, one for joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data.prediction_fields import PredictionFields
from neuropose.errors import MissingLibraryError

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, slots=True)
class PredictionArrays:
    """Predictions as dense arrays: T frames × P people (one per track) × J joints.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Presentation times in seconds.
    track_ids : ndarray, shape (P,)
        Track id of each person, ascending.
    boxes : ndarray, shape (T, P, 5)
        ``x, y, width, height`` in px, and confidence.
    poses3d : ndarray, shape (T, P, J, 3)
        Joint positions in mm, camera frame.
    poses2d : ndarray, shape (T, P, J, 2)
        Joint positions in px.
    confidence : ndarray, shape (T, P, J)
        Confidence of each joint, 0 to 1.
    uncertainty_mm : ndarray, shape (T, P, J), or None
        Standard deviation of each joint's position, if the model provides it.

    Notes
    -----
    Values are NaN where a person was not found in a frame. The arrays are writable copies.
    """

    time_s: NDArray[np.float64]
    track_ids: NDArray[np.int32]
    boxes: NDArray[np.float32]
    poses3d: NDArray[np.float32]
    poses2d: NDArray[np.float32]
    confidence: NDArray[np.float32]
    uncertainty_mm: NDArray[np.float32] | None


def dense_arrays(predictions: PredictionFields) -> PredictionArrays:
    """Arrange the detections by person.

    Parameters
    ----------
    predictions : VideoPredictions
        Every detection must be tracked, and no track may occur twice in a frame (the schema checks
        that).

    Returns
    -------
    PredictionArrays
        Copies, with NaN where a person was not found.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> dense_arrays(synthetic_predictions(frame_count=4)).poses3d.shape
    (4, 1, 33, 3)
    """
    frame_count = predictions.metadata.frame_count
    track_ids, person = np.unique(predictions.track_ids, return_inverse=True)
    frame = predictions.frame_index

    def dense(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.full((frame_count, len(track_ids), *rows.shape[1:]), np.nan, dtype=np.float32)
        out[frame, person] = rows
        return out

    uncertainty_mm = predictions.uncertainty_mm
    return PredictionArrays(
        time_s=predictions.time_s.copy(),
        track_ids=track_ids.astype(np.int32),
        boxes=dense(predictions.boxes),
        poses3d=dense(predictions.poses3d),
        poses2d=dense(predictions.poses2d),
        confidence=dense(predictions.confidence),
        uncertainty_mm=None if uncertainty_mm is None else dense(uncertainty_mm),
    )


def dataset(predictions: PredictionFields) -> xarray.Dataset:
    """Return an xarray dataset with the dimensions that the `movement` package uses.

    Parameters
    ----------
    predictions : VideoPredictions
        Every detection must be tracked.

    Returns
    -------
    xarray.Dataset
        ``position`` (time, space, keypoint, individual) in mm, camera frame;
        ``position_2d`` (time, space_2d, keypoint, individual) in px; ``confidence`` and, if the
        model provides it, ``uncertainty`` (time, keypoint, individual). Time is in seconds; NaN
        means not found.

    Raises
    ------
    MissingLibraryError
        If xarray is not installed (extra ``xarray``).

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> dataset(synthetic_predictions(frame_count=4)).position.dims
    ('time', 'space', 'keypoint', 'individual')
    """
    try:
        import xarray
    except ImportError as error:
        raise MissingLibraryError(
            f"a dataset needs xarray, which cannot be imported: {error}",
            hint="pip install 'neuropose[xarray]'",
        ) from error

    arrays = dense_arrays(predictions)
    per_joint = ("time", "keypoint", "individual")
    variables: dict[str, Any] = {
        "position": (
            ("time", "space", "keypoint", "individual"),
            arrays.poses3d.transpose(0, 3, 2, 1),
            {"units": "mm", "frame": "camera: x right, y down, z forward"},
        ),
        "position_2d": (
            ("time", "space_2d", "keypoint", "individual"),
            arrays.poses2d.transpose(0, 3, 2, 1),
            {"units": "px"},
        ),
        "confidence": (per_joint, arrays.confidence.transpose(0, 2, 1)),
    }
    if arrays.uncertainty_mm is not None:
        variables["uncertainty"] = (
            per_joint,
            arrays.uncertainty_mm.transpose(0, 2, 1),
            {"units": "mm"},
        )
    return xarray.Dataset(
        variables,
        coords={
            "time": arrays.time_s,
            "space": ["x", "y", "z"],
            "space_2d": ["x", "y"],
            "keypoint": list(predictions.skeleton.joints),
            "individual": [f"track_{track}" for track in arrays.track_ids],
        },
        attrs={
            "fps": predictions.metadata.fps,
            "time_unit": "seconds",
            "source_software": "NeuroPose",
            "ds_type": "poses",
        },
    )
