"""Slices of a video's predictions by frame number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuropose.data.metadata import FrameGap, Provenance, VideoMetadata
from neuropose.data.predictions import VideoPredictions
from neuropose.data.segmentation import Segmentation
from neuropose.errors import SignalError


def slice_frames(predictions: VideoPredictions, first: int, last: int) -> VideoPredictions:
    """Return the predictions of a range of frames.

    Parameters
    ----------
    predictions : VideoPredictions
        Predictions of the whole video.
    first, last : int
        Frame numbers, both inclusive.

    Returns
    -------
    VideoPredictions
        Frames are counted from 0 again, but their times stay those of the recording. Gaps are
        clipped. Segmentations keep the windows that lie within the range; entries of other programs
        are dropped, because it is not known which frames they refer to. The settings in the
        provenance say under ``slice`` which frames of the video these are.

    Raises
    ------
    SignalError
        If the predictions have no such frames.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> part = slice_frames(synthetic_predictions(frame_count=30), 10, 19)
    >>> part.metadata.frame_count, round(float(part.time_s[0]), 3)
    (10, 0.333)
    """
    count = predictions.metadata.frame_count
    if not 0 <= first <= last < count:
        raise SignalError(
            f"there are no frames {first} to {last}", hint=f"the video has frames 0 to {count - 1}"
        )
    offsets = predictions.offsets[first : last + 2]
    rows = slice(int(offsets[0]), int(offsets[-1]))
    arrays = {
        name: getattr(predictions, name)
        for name in ("boxes", "poses3d", "poses2d", "confidence", "track_ids", "uncertainty_mm")
    }
    return predictions.model_copy(
        update={
            **{name: None if array is None else array[rows] for name, array in arrays.items()},
            "metadata": _metadata(predictions.metadata, first, last),
            "time_s": predictions.time_s[first : last + 1],
            "offsets": offsets - offsets[0],
            "segmentations": _segmentations(predictions.segmentations, first, last),
            "provenance": _provenance(predictions.provenance, first, last),
        }
    )


def _metadata(metadata: VideoMetadata, first: int, last: int) -> VideoMetadata:
    gaps = tuple(
        FrameGap(
            first_frame=max(gap.first_frame, first) - first,
            last_frame=min(gap.last_frame, last) - first,
            reason=gap.reason,
        )
        for gap in metadata.gaps
        if gap.last_frame >= first and gap.first_frame <= last
    )
    return metadata.model_copy(update={"frame_count": last - first + 1, "gaps": gaps})


def _segmentations(entries: Mapping[str, Any], first: int, last: int) -> dict[str, Segmentation]:
    return {
        name: entry.model_copy(
            update={
                "windows": tuple(
                    window.model_copy(
                        update={
                            "start_frame": window.start_frame - first,
                            "peak_frame": window.peak_frame - first,
                            "end_frame": window.end_frame - first,
                        }
                    )
                    for window in entry.windows
                    if first <= window.start_frame and window.end_frame <= last
                )
            }
        )
        for name, entry in entries.items()
        if isinstance(entry, Segmentation)
    }


def _provenance(provenance: Provenance | None, first: int, last: int) -> Provenance | None:
    if provenance is None:
        return None
    before = provenance.settings.get("slice", {}).get("first_frame", 0)
    cut = {"first_frame": before + first, "last_frame": before + last}
    return provenance.model_copy(update={"settings": {**provenance.settings, "slice": cut}})
