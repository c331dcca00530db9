"""``neuropose process``: videos in, predictions out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import (
    frame_progress,
    note,
    session,
    show_error,
    write,
    write_json,
)
from neuropose.cli._estimating import (
    DeviceOption,
    JsonOption,
    ModelOption,
    WorkersOption,
    check_strategy,
    load_estimator,
    pick_subject,
    read_camera,
    summary_json,
    summary_lines,
)
from neuropose.errors import CameraError, NeuroPoseError, OutputError, VideoError

if TYPE_CHECKING:
    from neuropose.estimator import Estimator
    from neuropose.io import Camera

SUFFIX = ".poses.json"


def process(
    context: typer.Context,
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEO...", help="Videos, one or several.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR",
            help="File for one video, folder for several; default: VIDEO.poses.json beside each.",
        ),
    ] = None,
    model: ModelOption = None,
    fov: Annotated[
        float | None,
        typer.Option(metavar="DEGREES", help="Field of view along the larger picture side."),
    ] = None,
    camera: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Intrinsics, JSON: intrinsic_matrix, distortion."),
    ] = None,
    subject: Annotated[
        str,
        typer.Option(metavar="STRATEGY", help="longest, largest, most_central or track:N."),
    ] = "longest",
    device: DeviceOption = None,
    workers: WorkersOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite predictions that are already there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Find everybody in every frame of videos, in 3D, and write the predictions."""
    check_strategy(subject)
    if fov is not None and camera is not None:
        raise CameraError("both --fov and --camera were given", hint="give one of them")
    intrinsics = read_camera(camera) if camera is not None else None
    outputs = _outputs(videos, output, force=force)
    estimator = load_estimator(session(context), model, device, workers)
    reports: list[dict[str, Any]] = []
    failed: list[NeuroPoseError] = []
    for video, out in zip(videos, outputs, strict=True):
        try:
            report = _process_one(estimator, video, out, intrinsics, fov, subject, as_json=as_json)
        except VideoError as error:
            if len(videos) == 1:
                raise
            note(f"{video}:")
            show_error(error, debug=session(context).debug)
            failed.append(error)
            report = {"error": f"{type(error).__name__}: {error}"}
        reports.append({"video": str(video), **report})
    if as_json:
        write_json(reports)
    if failed:
        raise typer.Exit(failed[-1].exit_code)


def _process_one(
    estimator: Estimator,
    video: Path,
    out: Path,
    camera: Camera | None,
    fov: float | None,
    strategy: str,
    *,
    as_json: bool,
) -> dict[str, Any]:
    from neuropose.io import save_video_predictions

    with frame_progress(video.name) as show:
        result = estimator.process_video(
            video,
            camera=camera,
            fov_degrees=fov,
            progress=lambda at: show(at.frames_done, at.frames_expected),
        )
    save_video_predictions(out, result.predictions)
    subject = pick_subject(result.predictions, strategy)
    if not as_json:
        write(f"{video}")
        for line in summary_lines(result, subject):
            write(f"  {line}")
        write(f"  written   {out}")
    return {"output": str(out), **summary_json(result, subject)}


def _outputs(videos: list[Path], output: Path | None, *, force: bool) -> list[Path]:
    """Where each video's predictions go; refused before any work is done if that cannot be."""
    names = [f"{video.stem}{SUFFIX}" for video in videos]
    into_folder = output is not None and (output.is_dir() or len(videos) > 1 or output.suffix == "")
    if output is None:
        outputs = [video.with_name(name) for video, name in zip(videos, names, strict=True)]
    elif into_folder:
        if output.exists() and not output.is_dir():
            raise OutputError(f"{output} is a file, but there are several videos", hint="a folder")
        outputs = [output / name for name in names]
    else:
        outputs = [output]
    if len(set(outputs)) < len(outputs):
        raise OutputError(
            "several videos have the same name, and would overwrite each other's predictions",
            hint="process them one by one, each with its own --output",
        )
    there = [out for out in outputs if out.exists()]
    if there and not force:
        raise OutputError(
            f"{there[0]} is already there", hint="--force overwrites it, --output writes elsewhere"
        )
    for out in outputs:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{out.parent} cannot be made: {error.strerror}") from error
    return outputs
