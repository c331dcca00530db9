"""The prediction schema: what a video becomes, array-backed, frozen and read-only.

T frames, N detections over the whole video (any number a frame), J joints. Detections of one frame
are adjacent: those of frame t are rows ``offsets[t]:offsets[t + 1]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat32, ReadOnlyInt32
from neuropose.data.checks import check_detections, check_frames, check_segmentations, frame_id
from neuropose.data.dense_arrays import PredictionArrays, dataset, dense_arrays
from neuropose.data.prediction_fields import UNTRACKED, PredictionFields
from neuropose.data.subjects import Subject, pick_subject
from neuropose.errors import SubjectError

if TYPE_CHECKING:
    import xarray


class FramePrediction(ArrayContract):
    """One frame of a `VideoPredictions`: read-only views of P detections.

    Parameters
    ----------
    time_s : float
        Presentation time of the frame, seconds from the first frame. NaN: not known.
    boxes : ndarray, shape (P, 5)
        ``x, y, width, height`` in px and the detection's confidence, 0 to 1.
    poses3d : ndarray, shape (P, J, 3)
        mm, camera frame (x right, y down, z forward). NaN: missing.
    poses2d : ndarray, shape (P, J, 2)
        px in the displayed picture. NaN: missing.
    confidence : ndarray, shape (P, J)
        Per joint, 0 to 1. NaN: the model gives none.
    track_ids : ndarray, shape (P,)
        Identity of each person, constant over the video; `UNTRACKED` if none was given.
    uncertainty_mm : ndarray, shape (P, J), or None
        Standard deviation per joint, if the model gives one.
    gap_reason : str or None
        Why nothing is known, if the frame lies in a gap.
    """

    time_s: float
    boxes: ReadOnlyFloat32
    poses3d: ReadOnlyFloat32
    poses2d: ReadOnlyFloat32
    confidence: ReadOnlyFloat32
    track_ids: ReadOnlyInt32
    uncertainty_mm: ReadOnlyFloat32 | None = None
    gap_reason: str | None = None


class VideoPredictions(PredictionFields):
    """Everything that was found in one video.

    Parameters
    ----------
    metadata : VideoMetadata
    camera : Camera or None
        None: not known (older files).
    skeleton : Skeleton
    time_s : ndarray of float64, shape (T,)
        Presentation times in seconds, ascending. NaN: not known.
    offsets : ndarray of int32, shape (T + 1,)
        Rows of frame t are ``offsets[t]:offsets[t + 1]``.
    boxes : ndarray of float32, shape (N, 5)
    poses3d : ndarray of float32, shape (N, J, 3)
    poses2d : ndarray of float32, shape (N, J, 2)
    confidence : ndarray of float32, shape (N, J)
    track_ids : ndarray of int32, shape (N,)
    uncertainty_mm : ndarray of float32, shape (N, J), or None
    segmentations : mapping of str to Segmentation
        Named segmentations of the video, with their settings (the analyzer's). What other
        programs put there stays as it is, as long as JSON can hold it.
    provenance : Provenance or None
        None: not known (older files).
    warnings : tuple of str
        What a reader of any of the numbers should know, the gravest first.

    Notes
    -----
    Units, frames and the meaning of NaN are those of `FramePrediction`. Arrays are copied into
    memory that NumPy cannot make writeable again (unless they lie in such memory already): nothing
    can change a prediction, neither through it nor through what it was made from.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> predictions = synthetic_predictions(frame_count=3)
    >>> predictions.frames["frame_000002"].poses3d.shape
    (1, 33, 3)
    """

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_frames(self)
        check_detections(self)
        check_segmentations(self)
        return self

    @cached_property
    def frames(self) -> FramesView:
        """The frames by their ids, ``frame_000000`` onwards."""
        return FramesView(self)

    @property
    def people_count(self) -> int:
        """How many different people were found; detections without identity count as one."""
        return len(np.unique(self.track_ids))

    @property
    def frames_with_people(self) -> int:
        """Number of frames in which anybody was found."""
        return int(np.count_nonzero(np.diff(self.offsets)))

    def subject(self, strategy: str = "longest") -> Subject:
        """Pick the person that the video is about; see `neuropose.io.subjects.pick_subject`.

        Parameters
        ----------
        strategy : str
            ``longest``, ``largest``, ``most_central`` or ``track:N``.

        Returns
        -------
        Subject
            The choice, its reason and the alternatives.

        Raises
        ------
        SubjectError
            If nobody was found, the strategy is not known, the track does not exist or the
            detections are not tracked.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> synthetic_predictions().subject("largest").track_id
        0
        """
        self._require_tracks()
        return pick_subject(self, strategy)

    def to_arrays(self) -> PredictionArrays:
        """Lay the predictions out densely, one axis for people; NaN where not found.

        Returns
        -------
        PredictionArrays
            Writable copies, shapes (T, P, J, …).

        Raises
        ------
        SubjectError
            If the detections are not tracked.

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> synthetic_predictions(frame_count=5).to_arrays().poses2d.shape
        (5, 1, 33, 2)
        """
        self._require_tracks()
        return dense_arrays(self)

    def to_xarray(self) -> xarray.Dataset:
        """Give the predictions as an xarray dataset, in the layout of the `movement` package.

        Returns
        -------
        xarray.Dataset
            See `neuropose.data.arrays.dataset`.

        Raises
        ------
        SubjectError
            If the detections are not tracked.
        MissingLibraryError
            If xarray is not installed (extra ``xarray``).

        Examples
        --------
        >>> from neuropose.testing import synthetic_predictions
        >>> synthetic_predictions(frame_count=5).to_xarray().sizes["time"]
        5
        """
        self._require_tracks()
        return dataset(self)

    def _require_tracks(self) -> None:
        if (self.track_ids == UNTRACKED).any():
            raise SubjectError(
                "the detections of this (older) file carry no identities",
                hint="give them some with neuropose.estimator.assign_tracks(predictions)",
            )


class FramesView(Mapping[str, FramePrediction]):
    """The frames of a `VideoPredictions` by id; each is made when it is asked for.

    Parameters
    ----------
    predictions : VideoPredictions
        Whose frames.
    """

    def __init__(self, predictions: VideoPredictions) -> None:
        self._predictions = predictions

    def __len__(self) -> int:
        return self._predictions.metadata.frame_count

    def __iter__(self) -> Iterator[str]:
        return (frame_id(number) for number in range(len(self)))

    def __getitem__(self, key: str) -> FramePrediction:
        digits = key.removeprefix("frame_") if isinstance(key, str) else ""
        number = int(digits) if digits.isascii() and digits.isdigit() else -1
        if not 0 <= number < len(self) or key != frame_id(number):
            raise KeyError(key)
        source = self._predictions
        rows = slice(int(source.offsets[number]), int(source.offsets[number + 1]))
        uncertainty_mm = source.uncertainty_mm
        return FramePrediction.model_construct(
            time_s=float(source.time_s[number]),
            boxes=source.boxes[rows],
            poses3d=source.poses3d[rows],
            poses2d=source.poses2d[rows],
            confidence=source.confidence[rows],
            track_ids=source.track_ids[rows],
            uncertainty_mm=None if uncertainty_mm is None else uncertainty_mm[rows],
            gap_reason=next(
                (
                    gap.reason
                    for gap in source.metadata.gaps
                    if gap.first_frame <= number <= gap.last_frame
                ),
                None,
            ),
        )
