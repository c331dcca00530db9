"""The predictions of a video: array-backed, frozen and read-only.

T frames, N detections in the whole video (any number per frame), J joints. Detections of one frame
are adjacent: those of frame t are rows ``offsets[t]:offsets[t + 1]``.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import model_validator

from neuropose.data.array_contract import ArrayContract
from neuropose.data.arrays import ReadOnlyFloat32, ReadOnlyInt32
from neuropose.data.checks import check_detections, check_frames, check_segmentations, frame_id
from neuropose.data.corrections import SubjectIs, corrections_of
from neuropose.data.dense_arrays import PredictionArrays, dataset, dense_arrays
from neuropose.data.prediction_fields import UNTRACKED, PredictionFields
from neuropose.data.subjects import Subject, check_strategy, pick_subject
from neuropose.errors import SubjectError

if TYPE_CHECKING:
    import xarray


class FramePrediction(ArrayContract):
    """One frame of a `VideoPredictions`: read-only views of P detections.

    Parameters
    ----------
    time_s : float
        Presentation time in seconds from the first frame. NaN: not known.
    boxes : ndarray, shape (P, 5)
        ``x, y, width, height`` in px and the detection's confidence, 0 to 1.
    poses3d : ndarray, shape (P, J, 3)
        Joint positions in mm, camera frame (x right, y down, z forward). NaN: missing.
    poses2d : ndarray, shape (P, J, 2)
        Joint positions in px of the displayed picture. NaN: missing.
    confidence : ndarray, shape (P, J)
        Confidence of each joint, 0 to 1. NaN: the model does not provide it.
    track_ids : ndarray, shape (P,)
        Identity of each person, constant over the video; `UNTRACKED` if none was assigned.
    uncertainty_mm : ndarray, shape (P, J), or None
        Standard deviation of each joint's position, if the model provides it.
    gap_reason : str or None
        Why there is no data, if the frame lies in a gap.
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
        Size, frame rate and gaps of the video.
    camera : Camera or None
        Intrinsics of the camera; None if not known (older files).
    skeleton : Skeleton
        Names and edges of the J joints.
    time_s : ndarray of float64, shape (T,)
        Presentation times in seconds, ascending. NaN: not known.
    offsets : ndarray of int32, shape (T + 1,)
        Rows of frame t are ``offsets[t]:offsets[t + 1]``.
    boxes : ndarray of float32, shape (N, 5)
        ``x, y, width, height`` in px, and confidence, 0 to 1.
    poses3d : ndarray of float32, shape (N, J, 3)
        Joint positions in mm, camera frame.
    poses2d : ndarray of float32, shape (N, J, 2)
        Joint positions in px of the displayed picture.
    confidence : ndarray of float32, shape (N, J)
        Confidence of each joint, 0 to 1.
    track_ids : ndarray of int32, shape (N,)
        Identity of each detection; `UNTRACKED` if none was assigned.
    uncertainty_mm : ndarray of float32, shape (N, J), or None
        Standard deviation of each joint's position, if the model provides it.
    segmentations : mapping of str to Segmentation
        Named segmentations of the video, with their settings. Entries of other programs are kept as
        they are, as long as JSON can hold them.
    provenance : Provenance or None
        How the predictions were made; None if not known (older files).
    warnings : tuple of str
        What a reader of any of the numbers should know, the most serious first.

    Notes
    -----
    Units, frames and the meaning of NaN are those of `FramePrediction`. Arrays are copied into
    memory that NumPy cannot make writeable again (unless they already lie in such memory), so
    nothing can change a prediction, not even the arrays it was made from.

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

    def __repr__(self) -> str:
        metadata = self.metadata
        return (
            f"<VideoPredictions: {metadata.frame_count} frames of {metadata.width}×"
            f"{metadata.height} px at {metadata.fps:.4g} frames/s, {self.people_count} people in "
            f"{self.frames_with_people} of them, {self.skeleton.name}>"
        )

    __str__ = __repr__

    def _repr_html_(self) -> str:
        warnings = "".join(f"<li>{html.escape(warning)}</li>" for warning in self.warnings)
        return f"<p>{html.escape(repr(self)[1:-1])}</p><ul>{warnings}</ul>"

    @property
    def people_count(self) -> int:
        """Number of different people; detections without an identity count as one person."""
        return len(np.unique(self.track_ids))

    @property
    def frames_with_people(self) -> int:
        """Number of frames in which anybody was found."""
        return int(np.count_nonzero(np.diff(self.offsets)))

    def subject(self, strategy: str = "longest") -> Subject:
        """Pick the person that the video is about; see `neuropose.data.subjects.pick_subject`.

        Parameters
        ----------
        strategy : str
            ``longest``, ``largest``, ``most_central`` or ``track:N``. If the subject was corrected
            (`neuropose.corrections`), that is the subject unless a track is named.

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
        said = [each for each in corrections_of(self.provenance) if isinstance(each, SubjectIs)]
        if not said or strategy.startswith("track:"):
            return pick_subject(self, strategy)
        check_strategy(strategy)
        picked = pick_subject(self, f"track:{said[-1].track}")
        return picked.model_copy(update={"reason": f"named by {said[-1].by} in a correction"})

    def to_arrays(self) -> PredictionArrays:
        """Return dense arrays with one axis for people; NaN where a person was not found.

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
        """Return the predictions as an xarray dataset in the layout of the `movement` package.

        Returns
        -------
        xarray.Dataset
            See `neuropose.data.dense_arrays.dataset`.

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
                "the detections of this (older) file have no identities",
                hint="assign them with neuropose.estimator.assign_tracks(predictions)",
            )


class FramesView(Mapping[str, FramePrediction]):
    """The frames of a `VideoPredictions` by id, each made on access.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions that hold the frames.
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
            last = frame_id(max(len(self) - 1, 0))
            raise KeyError(f"there is no frame {key!r}; they are 'frame_000000' to {last!r}")
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
