"""A processed video, summed up on one screen for a person, or as JSON for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.data import Camera, Subject, TrackSummary, VideoMetadata, VideoPredictions
    from neuropose.estimator import ProcessVideoResult

_MOST_TRACKS = 6
_MOST_GAPS = 4


def summary_lines(result: ProcessVideoResult, subject: Subject | None) -> list[str]:
    """Sum up a video on one screen.

    Parameters
    ----------
    result : ProcessVideoResult
    subject : Subject or None
        None if there is none.

    Returns
    -------
    list of str
    """
    predictions, metrics = result.predictions, result.metrics
    frames = predictions.metadata.frame_count
    share = f"{metrics.frames_with_pose} of {counted(frames, 'frame')}"
    return [
        *(f"warning   {warning}" for warning in predictions.warnings),
        f"video     {video_line(predictions.metadata)}",
        f"pictures  {predictions.metadata.picture_count} of {counted(frames, 'frame')}",
        f"poses     in {share} ({100.0 * metrics.frames_with_pose / frames:.0f} %)",
        *_people_lines(predictions, subject),
        *_gap_lines(predictions),
        *_camera_lines(predictions.camera),
        f"speed     {metrics.frames_per_second:.1f} frames/s, {metrics.wall_s:.1f} s, "
        f"{counted(metrics.workers, 'core')}, peak memory {metrics.peak_memory_mb:.0f} MB",
    ]


def summary_json(result: ProcessVideoResult, subject: Subject | None) -> dict[str, Any]:
    """Sum up a video for a machine.

    Parameters
    ----------
    result : ProcessVideoResult
    subject : Subject or None

    Returns
    -------
    dict
        Of what JSON can hold.
    """
    return {
        "warnings": list(result.predictions.warnings),
        "people": result.predictions.people_count,
        "pictures": result.predictions.metadata.picture_count,
        "metadata": result.predictions.metadata.model_dump(mode="json"),
        "camera": result.predictions.camera and result.predictions.camera.model_dump(mode="json"),
        "subject": subject and subject.model_dump(mode="json"),
        "metrics": result.metrics.model_dump(mode="json"),
    }


def video_line(metadata: VideoMetadata) -> str:
    """Say what a video is like.

    Parameters
    ----------
    metadata : VideoMetadata

    Returns
    -------
    str
    """
    rate = f"{metadata.fps:.4g} frames/s"
    if metadata.variable_frame_rate:
        rate += " on average, variable"
    size = f"{metadata.width}×{metadata.height} px"
    return f"{counted(metadata.frame_count, 'frame')}, {size}, {rate}"


def _people_lines(predictions: VideoPredictions, subject: Subject | None) -> list[str]:
    from neuropose.data import summarise_tracks

    if subject is not None:
        tracks = [subject.summary, *subject.alternatives]
        chosen = f"subject: {subject.in_words}"
    else:
        tracks = sorted(summarise_tracks(predictions), key=lambda track: -track.frame_count)
        chosen = "no subject"
    if not tracks:
        return ["people    0 people found"]
    lines = [f"people    {len(tracks)} found; {chosen}"]
    lines += [
        f"          track {track.track_id}: {counted(track.frame_count, 'frame')} "
        f"({track.first_frame} to {track.last_frame}), {_height(track)}"
        for track in tracks[:_MOST_TRACKS]
    ]
    if len(tracks) > _MOST_TRACKS:
        lines.append(f"          and {len(tracks) - _MOST_TRACKS} more")
    return lines


def _height(track: TrackSummary) -> str:
    if track.median_height_px is None:
        return "of unknown height"
    return f"{track.median_height_px:.0f} px high"


def _gap_lines(predictions: VideoPredictions) -> list[str]:
    gaps = predictions.metadata.gaps
    lines = [
        f"gap       frames {gap.first_frame} to {gap.last_frame}: {gap.reason}"
        for gap in gaps[:_MOST_GAPS]
    ]
    if len(gaps) > _MOST_GAPS:
        rest = len(gaps) - _MOST_GAPS
        lines.append(f"          and {rest} more, listed in the metadata of the result")
    return lines


def _camera_lines(camera: Camera | None) -> list[str]:
    from neuropose.data import Source

    if camera is None:
        return []
    if camera.fov_degrees is None:
        return ["camera    intrinsics as given"]
    along = f"{camera.fov_degrees:g}° along the larger side"
    if camera.fov_source is Source.GIVEN:
        return [f"camera    {along}, as given"]
    return [f"camera    assumed: {along}; distances scale with it (--fov, --camera)"]
