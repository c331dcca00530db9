"""What the commands that run a model share: options, loading, the summary of a video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import Session, reporting
from neuropose.errors import CameraError, SubjectError

if TYPE_CHECKING:
    from neuropose.estimator import Estimator, ProcessVideoResult
    from neuropose.io import Camera, Subject, VideoPredictions

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Pose model; `neuropose models list`."),
]
DeviceOption = Annotated[
    str | None, typer.Option("--device", metavar="auto|cpu|gpu|gpu:N", help="Where it runs.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="CPU cores; does not change the result."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Result for machines, on stdout.")]


def load_estimator(
    session: Session, model: str | None, device: str | None, workers: int | None
) -> Estimator:
    """Load the model and make an estimator, as the options say, else the settings.

    Parameters
    ----------
    session : Session
    model, device : str or None
    workers : int or None

    Returns
    -------
    Estimator

    Raises
    ------
    ConfigError, ModelError, AssetError
    """
    from neuropose.estimator import Estimator, load_model

    settings = session.settings()
    with reporting() as report:
        loaded = load_model(
            model or settings.model,
            model_cache_dir=settings.model_cache_dir,
            device=device or settings.device,
            report=report,
        )
    chosen = workers if workers is not None else settings.workers
    return Estimator(
        loaded,
        workers=None if chosen == "auto" else chosen,
        default_fov_degrees=settings.default_fov_degrees,
    )


def read_camera(path: Path) -> Camera:
    """Read a camera file: JSON with ``intrinsic_matrix`` and, if any, ``distortion``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Camera

    Raises
    ------
    CameraError
        If the file cannot be read or holds no camera.
    """
    from pydantic import ValidationError

    from neuropose.io import Camera, CameraSource

    hint = 'a camera file: {"intrinsic_matrix": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]}, in px'
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CameraError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CameraError(f"{path} is not JSON: {error}", hint=hint) from error
    if not isinstance(content, dict) or not content.keys() <= {"intrinsic_matrix", "distortion"}:
        raise CameraError(
            f"{path} must hold intrinsic_matrix and, if any, distortion; nothing else", hint=hint
        )
    try:
        return Camera.model_validate({**content, "source": CameraSource.GIVEN})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CameraError(f"{path}: {where}: {first['msg']}", hint=hint) from error


def pick_subject(predictions: VideoPredictions, strategy: str) -> Subject | None:
    """Pick the subject; None if nobody was found in the video.

    Parameters
    ----------
    predictions : VideoPredictions
    strategy : str

    Returns
    -------
    Subject or None

    Raises
    ------
    SubjectError
        If the strategy is not known or the track does not exist.
    """
    if not len(predictions.track_ids):
        return None
    return predictions.subject(strategy)


def check_strategy(strategy: str) -> None:
    """Refuse a subject strategy that does not exist, before any work is done.

    Parameters
    ----------
    strategy : str

    Raises
    ------
    SubjectError
    """
    from neuropose.io import SUBJECT_STRATEGIES

    number = strategy.removeprefix("track:")
    if strategy not in SUBJECT_STRATEGIES and not (number != strategy and number.isdigit()):
        raise SubjectError(
            f"unknown subject strategy {strategy!r}",
            hint=f"use one of {', '.join(SUBJECT_STRATEGIES)}",
        )


def summary_lines(result: ProcessVideoResult, subject: Subject | None) -> list[str]:
    """Sum up a video on one screen.

    Parameters
    ----------
    result : ProcessVideoResult
    subject : Subject or None

    Returns
    -------
    list of str
    """
    predictions, metrics = result.predictions, result.metrics
    metadata, camera = predictions.metadata, predictions.camera
    frames = metadata.frame_count
    rate = f"{metadata.fps:.4g} frames/s"
    if metadata.variable_frame_rate:
        rate += " on average, variable"
    lines = [
        f"video     {frames} frames, {metadata.width}×{metadata.height} px, {rate}",
        f"poses     in {metrics.frames_with_pose} of {frames} frames "
        f"({_percent(metrics.frames_with_pose, frames)})",
    ]
    if subject is None:
        lines.append("people    nobody was found")
    else:
        tracks = (subject.summary, *subject.alternatives)
        lines.append(f"people    {len(tracks)} found; subject: track {subject.track_id}, ")
        lines[-1] += subject.reason
        lines += [
            f"          track {track.track_id}: {track.frame_count} frames "
            f"({track.first_frame} to {track.last_frame}), {track.median_height_px:.0f} px high"
            for track in tracks[:_MOST_TRACKS]
        ]
        if len(tracks) > _MOST_TRACKS:
            lines.append(f"          and {len(tracks) - _MOST_TRACKS} more, seen for less")
    lines += [f"gap       {line}" for line in _gap_lines(predictions)]
    if camera is not None and camera.fov_degrees is not None:
        lines.append(
            f"camera    assumed: {camera.fov_degrees:g}° along the larger side; "
            "distances scale with it (--fov, --camera)"
        )
    elif camera is not None:
        lines.append("camera    intrinsics as given")
    lines.append(
        f"speed     {metrics.frames_per_second:.1f} frames/s, {metrics.wall_s:.1f} s, "
        f"{metrics.workers} cores, peak memory {metrics.peak_memory_mb:.0f} MB"
    )
    return lines


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
        "metadata": result.predictions.metadata.model_dump(mode="json"),
        "camera": result.predictions.camera and result.predictions.camera.model_dump(mode="json"),
        "subject": subject and subject.model_dump(mode="json"),
        "metrics": result.metrics.model_dump(mode="json"),
    }


_MOST_TRACKS = 6
_MOST_GAPS = 4


def _gap_lines(predictions: VideoPredictions) -> list[str]:
    gaps = predictions.metadata.gaps
    lines = [
        f"frames {gap.first_frame} to {gap.last_frame}: {gap.reason}" for gap in gaps[:_MOST_GAPS]
    ]
    if len(gaps) > _MOST_GAPS:
        lines.append(f"and {len(gaps) - _MOST_GAPS} more, listed in the metadata of the result")
    return lines


def _percent(part: int, whole: int) -> str:
    return f"{100.0 * part / whole:.0f} %" if whole else "none"
