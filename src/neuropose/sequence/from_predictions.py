"""Fields of a sequence for one person in predictions, with canonical joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Assumption, Camera, Source, Subject, VideoMetadata, VideoPredictions
from neuropose.data.corrections import corrections_of
from neuropose.data.doubts import camera_doubt, damage_doubt
from neuropose.grammar import counted
from neuropose.sequence.data import ReferenceFrame, SequenceGap
from neuropose.skeletons import Skeleton
from neuropose.skeletons.canonical import NAMES, arrange, check_canonical, means

Array = NDArray[np.float64]

_RIVAL = 0.5  # of the subject's frames: an alternative worth mentioning
NOT_FOUND = "the subject was not found"


def predicted_fields(
    predictions: VideoPredictions,
    subject: str | Subject,
    canonical: Mapping[str, Sequence[str]] | None,
) -> dict[str, Any]:
    """Return the fields of `PoseSequence` for one person of a video.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions of a video.
    subject : str or Subject
        A strategy, or a choice made before.
    canonical : mapping of str to sequence of str, or None
        Canonical joints and their sources; None: those of the skeleton.

    Returns
    -------
    dict of str to value

    Raises
    ------
    SubjectError
        If the subject cannot be picked.
    SequenceError
        If `canonical` does not fit the skeleton.
    """
    name = subject if isinstance(subject, str) else f"track:{subject.track_id}"
    picked = predictions.subject(name)
    chosen = picked if isinstance(subject, str) else subject
    rows = np.flatnonzero(predictions.track_ids == picked.track_id)
    frames = predictions.frame_index[rows]
    first, last = int(frames[0]), int(frames[-1])
    skeleton = predictions.skeleton
    given, notes = canonical_joints(skeleton, canonical)
    sources, aliases = arrange(skeleton.joints, given)
    positions_mm = means(predictions.poses3d[rows].astype(np.float64), skeleton.joints, sources)
    confidence = _least(predictions.confidence[rows], skeleton, sources)
    time_s, unclear = _times_s(predictions)
    return {
        "time_s": time_s[first : last + 1],
        "positions_mm": _spread(positions_mm, frames - first, last - first + 1),
        "confidence": (
            None
            if np.isnan(confidence).all()
            else _spread(confidence, frames - first, last - first + 1)
        ),
        "joints": tuple(sources),
        "aliases": aliases,
        "made_of": sources,
        "frame": ReferenceFrame.CAMERA,
        "source": f"skeleton {skeleton.name!r}",
        "first_frame": first,
        "gaps": _gaps(predictions, frames),
        "subject": chosen,
        "corrections": corrections_of(predictions.provenance),
        "warnings": (*_doubts(predictions), *notes, *unclear, *_rivals(chosen)),
        "assumptions": {
            "camera": _camera(predictions.camera),
            "rate": _rate(predictions.metadata),
            "unit": Assumption(source=Source.FILE, value="mm"),
            "subject": _subject(chosen),
        },
    }


def _doubts(predictions: VideoPredictions) -> tuple[str, ...]:
    """Return the warnings of the predictions, with those that older files lack."""
    metadata = predictions.metadata
    derived = (
        damage_doubt(metadata),
        camera_doubt(predictions.camera, metadata.width, metadata.height),
    )
    known = (doubt for doubt in derived if doubt is not None)
    return tuple(dict.fromkeys((*predictions.warnings, *known)))


def _camera(camera: Camera | None) -> Assumption:
    if camera is None:
        return Assumption(source=Source.NOT_RECORDED, value="field of view")
    if camera.fov_degrees is None:
        return Assumption(source=Source.GIVEN, value="intrinsic matrix")
    return Assumption(
        source=camera.fov_source or Source.NOT_RECORDED,
        value=f"field of view of {camera.fov_degrees:g}°",
        detail="along the larger side of the picture",
    )


def _rate(metadata: VideoMetadata) -> Assumption:
    return Assumption(
        source=metadata.fps_source or Source.NOT_RECORDED,
        value=f"{metadata.fps:.4g} frames/s",
        detail="on average, variable" if metadata.variable_frame_rate else None,
    )


def _subject(subject: Subject) -> Assumption:
    """Return the assumption about the subject: given only if the caller names a track."""
    named = subject.strategy.startswith("track:")
    return Assumption(
        source=Source.GIVEN if named else Source.ASSUMED,
        value=f"track {subject.track_id}",
        detail=subject.reason,
    )


def canonical_joints(
    skeleton: Skeleton, canonical: Mapping[str, Sequence[str]] | None
) -> tuple[Mapping[str, Sequence[str]], list[str]]:
    """Return the canonical joints of a skeleton.

    Parameters
    ----------
    skeleton : Skeleton
        Skeleton of the predictions.
    canonical : mapping of str to sequence of str, or None
        Canonical joints and their sources; None: those of the skeleton.

    Returns
    -------
    canonical : mapping of str to sequence of str
    notes : list of str
        What the user should know about it.

    Raises
    ------
    SequenceError
        If `canonical` does not fit the skeleton.
    """
    name = f"skeleton {skeleton.name!r}"
    if canonical is not None:
        check_canonical(skeleton.joints, canonical, name)
        return canonical, []
    if skeleton.canonical:
        return skeleton.canonical, []
    known = {joint: (joint,) for joint in skeleton.joints if joint in NAMES}
    return known, [f"{name} is not known: joints go by their own names"]


def _least(
    scores: NDArray[np.float32], skeleton: Skeleton, sources: Mapping[str, tuple[str, ...]]
) -> Array:
    """Confidence of each column: that of the least certain of its joints."""
    members = [[skeleton.index(joint) for joint in joints] for joints in sources.values()]
    columns = [scores[:, joints].min(axis=1) for joints in members]
    return np.stack(columns, axis=1).astype(np.float64)


def _spread(values: Array, at: NDArray[np.int32], length: int) -> Array:
    spread = np.full((length, *values.shape[1:]), np.nan)
    spread[at] = values
    return spread


def _times_s(predictions: VideoPredictions) -> tuple[Array, list[str]]:
    """Return the times of all frames; unknown and repeated ones lie evenly between neighbours."""
    time_s = predictions.time_s
    numbers = np.arange(len(time_s))
    known = np.flatnonzero(~np.isnan(time_s))
    known = known[np.diff(time_s[known], prepend=-np.inf) > 0.0]
    unclear = len(time_s) - len(known)
    if not unclear:
        return time_s, []
    interval_s = 1.0 / predictions.metadata.fps
    if not len(known):
        return np.asarray(numbers * interval_s), [
            "frames have no times: the mean frame rate was used"
        ]
    filled: Array = np.interp(numbers, known, time_s[known])
    before, after = numbers < known[0], numbers > known[-1]
    filled[before] += (numbers[before] - known[0]) * interval_s
    filled[after] += (numbers[after] - known[-1]) * interval_s
    return filled, [f"the time of {counted(unclear, 'frame')} is not known: it was interpolated"]


def _gaps(predictions: VideoPredictions, frames: NDArray[np.int32]) -> tuple[SequenceGap, ...]:
    """Find the runs of frames without the subject, cut where the reason changes."""
    first, last = int(frames[0]), int(frames[-1])
    reasons: list[str | None] = [NOT_FOUND] * (last - first + 1)
    for gap in predictions.metadata.gaps:
        for frame in range(max(gap.first_frame, first), min(gap.last_frame, last) + 1):
            reasons[frame - first] = gap.reason
    for frame in frames:
        reasons[int(frame) - first] = None
    gaps = []
    start = 0
    for row in range(1, len(reasons) + 1):
        if row == len(reasons) or reasons[row] != reasons[start]:
            reason = reasons[start]
            if reason is not None:
                gaps.append(SequenceGap(start, row - 1, reason))
            start = row
    return tuple(gaps)


def _rivals(subject: Subject) -> list[str]:
    rivals = [
        f"track {other.track_id} ({counted(other.frame_count, 'frame')})"
        for other in subject.alternatives
        if other.frame_count >= _RIVAL * subject.summary.frame_count
    ]
    if not rivals or subject.strategy.startswith("track:"):
        return []
    return [
        f"track {subject.track_id} was taken ({subject.reason}); "
        f"also there for at least half as long: {', '.join(rivals)}"
    ]
