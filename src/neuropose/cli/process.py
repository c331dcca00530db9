"""``neuropose process``: videos in, predictions out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
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
    OF_ONE_VIDEO,
    DeterministicOption,
    DeviceOption,
    EngineOption,
    JsonOption,
    ModelOption,
    NumAugOption,
    OwnOptions,
    SkeletonOption,
    UncertaintyOption,
    WorkersOption,
    given_camera,
    key_values,
    load_estimator,
    naming,
    pick_subject,
    require_video,
    writable_folder,
)
from neuropose.cli.render.video_summary import summary_json, summary_lines
from neuropose.errors import NeuroPoseError, OutputError, SubjectError
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.addresses import AtHand, Place
    from neuropose.config import Settings
    from neuropose.data import Camera
    from neuropose.estimator import Estimator, ProcessVideoResult

SUFFIX = ".poses.json"
CHECKPOINT_S = 5.0
"""The most work that ``--resume`` loses, approximately."""

_Videos = Annotated[
    list[str],
    typer.Argument(
        metavar="VIDEO",
        help="Videos, one or several, also s3://…; or one live source: rtsp://…, /dev/video0.",
    ),
]
_Seconds = Annotated[
    float | None, typer.Option(metavar="SECONDS", min=0.0, help="Of a live source: how long.")
]
_Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|DIR",
        help="FILE.json or .npz for one video, else a folder; default: VIDEO.poses.json beside.",
    ),
]
_Fov = Annotated[
    float | None,
    typer.Option(metavar="DEGREES", help="Field of view along the larger picture side."),
]
_CameraFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Intrinsics, JSON: intrinsic_matrix, distortion."),
]
_Strategy = Annotated[
    str, typer.Option(metavar="STRATEGY", help="longest, largest, most_central or track:N.")
]
_Force = Annotated[
    bool, typer.Option("--force", help="Overwrite predictions that are already there.")
]
_Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Skip what is done, and go on where an earlier run with --resume ended."
    ),
]
_AllowGaps = Annotated[
    bool,
    typer.Option(
        "--allow-gaps", help="Accept a video of which less than half of the frames have a picture."
    ),
]


def process(
    context: typer.Context,
    sources: _Videos,
    output: _Output = None,
    model: ModelOption = None,
    fov: _Fov = None,
    camera: _CameraFile = None,
    subject: _Strategy = "longest",
    device: DeviceOption = None,
    workers: WorkersOption = None,
    skeleton: SkeletonOption = None,
    num_aug: NumAugOption = None,
    uncertainty: UncertaintyOption = None,
    deterministic: DeterministicOption = None,
    model_option: OwnOptions = None,
    seconds: _Seconds = None,
    resume: _Resume = False,
    allow_gaps: _AllowGaps = False,
    force: _Force = False,
    engine: EngineOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Find everybody in every frame of videos, in 3D, and write the predictions.

    A video that cannot be used does not stop the others.
    """
    from neuropose.addresses import at_hand, place
    from neuropose.data import check_strategy
    from neuropose.video.live import is_live

    check_strategy(subject)
    if resume and force:
        raise typer.BadParameter("--resume keeps what is done, --force does not: give one of them")
    gaps = allow_gaps or session(context).settings().allow_gaps
    how = _How(given_camera(fov, camera), fov, subject, resume, as_json, gaps)
    inference = {
        "skeleton": skeleton,
        "num_aug": num_aug,
        "uncertainty": uncertainty,
        "deterministic": deterministic,
    }
    own = tuple(model_option or ())
    load = cache(
        partial(load_estimator, session(context), model, device, workers, own, **inference)
    )
    goal = None if output is None else place(output)
    if any(map(is_live, sources)):
        if len(sources) > 1 or goal is None or resume:
            raise typer.BadParameter("of a live source: one alone, with --output, without --resume")
        _record(load, sources[0], goal, how, seconds, force=force)
        return
    if seconds is not None:
        raise typer.BadParameter("--seconds is for live sources: rtsp://…, /dev/video0")
    videos = _videos(sources)
    outputs = _plan_outputs(videos, goal, force=force or resume)
    entries: list[dict[str, Any]] = []
    failures: dict[Place, NeuroPoseError] = {}
    stack = ExitStack()
    try:
        found = None
        if engine == "dask":
            given = {"model": model, "model_options": key_values(own), **inference}
            found = stack.enter_context(
                _on_workers(session(context).settings(), given, load, videos, outputs, how)
            )
        for number, (video, out) in enumerate(zip(videos, outputs, strict=True), start=1):
            label = f"[{number}/{len(videos)}] {video.name}" if len(videos) > 1 else video.name
            entries.append({"video": str(video), "output": None, "error": None})
            try:
                with naming(video):
                    if found is None:
                        with at_hand(video, out) as here:
                            require_video(here.video)
                            _process_one(load(), here, video, out, how, label, entries[-1])
                    else:
                        _take_one(next(found), video, out, how, label, entries[-1])
            except OF_ONE_VIDEO as error:
                show_error(error, debug=session(context).debug)
                entries[-1]["error"] = f"{type(error).__name__}: {error}"
                failures[video] = error
    finally:
        stack.close()
        # Of what is done the caller learns, whatever stops the rest.
        if as_json and any(entry["output"] or entry["error"] for entry in entries):
            write_json(entries)
    if failures:
        if len(videos) > 1:
            names = ", ".join(str(video) for video in failures)
            note(f"{len(failures)} of {len(videos)} videos with an error: {names}")
        raise typer.Exit(list(failures.values())[-1].exit_code)


@dataclass(frozen=True)
class _How:
    camera: Camera | None
    fov_degrees: float | None
    strategy: str
    resume: bool
    as_json: bool
    allow_gaps: bool


def _videos(sources: list[str]) -> list[Place]:
    """Return the videos that are meant; no shell has expanded what has an address."""
    from neuropose.addresses import place

    places = [place(source) for source in sources]
    return [
        video
        for each in places
        for video in ([each] if isinstance(each, Path) else each.matching())
    ]


def _process_one(
    estimator: Estimator,
    here: AtHand,
    video: Place,
    out: Place,
    how: _How,
    label: str,
    entry: dict[str, Any],
) -> None:
    """Process, save, report; what is known of the video by then goes into `entry`."""
    from neuropose.interfacer.checkpoints import CheckpointFile
    from neuropose.io import extra_arrays_path, save_extra_arrays, save_video_predictions

    if how.resume and _is_done(estimator, here, out, how):
        entry["output"] = str(out)
        note(f"{label}: done in an earlier run: {out}")
        return
    kept = _kept(out, how)
    checkpoints = None if kept is None else CheckpointFile(kept, interval_s=CHECKPOINT_S)
    with frame_progress(label) as show:
        result = estimator.process_video(
            here.video,
            camera=how.camera,
            fov_degrees=how.fov_degrees,
            progress=lambda at: show(at.frames_done, at.frames_expected),
            checkpoints=checkpoints,
        )
    save_video_predictions(here.out, result.predictions)
    if result.extra_arrays is not None:
        side = extra_arrays_path(here.out)
        save_extra_arrays(side, result.extra_arrays)
        written = out.with_name(side.name)
        note(f"{label}: {', '.join(result.extra_arrays.arrays)} written to {written}")
    here.publish()
    if checkpoints is not None:
        checkpoints.discard()
    _tell(result, video, out, how, label, entry)


@contextmanager
def _on_workers(
    settings: Settings,
    given: dict[str, Any],
    load: Callable[[], Estimator],
    videos: list[Place],
    outputs: list[Place],
    how: _How,
) -> Iterator[Iterator[Any]]:
    """Yield what a worker returns or raises for each video in order; None if it is done."""
    from neuropose.estimator import load_estimator as load_from_settings
    from neuropose.interfacer.cluster import opened_pool
    from neuropose.interfacer.cluster.worker import GivenCamera, process_to_file

    done = {
        out
        for video, out in zip(videos, outputs, strict=True)
        if how.resume and out.exists() and _was_done(load(), video, out, how)
    }
    camera = GivenCamera(how.camera, how.fov_degrees)
    items = [
        (
            _absolute(video),
            _absolute(out),
            _kept(_absolute(out), how),
            camera,
        )
        for video, out in zip(videos, outputs, strict=True)
        if out not in done
    ]
    if not items:
        yield iter([None] * len(videos))
        return
    folders = [out.absolute().parent for out in outputs if isinstance(out, Path)]
    shared, name = (*folders, settings.data_dir)[0], f"neuropose-{secrets.token_hex(4)}"
    writable_folder(shared)
    make = partial(load_from_settings, settings, **given)
    with opened_pool(settings, shared, name, make) as pool:
        made = pool.map(process_to_file, items)
        yield (None if out in done else next(made) for out in outputs)


def _take_one(
    found: Any, video: Place, out: Place, how: _How, label: str, entry: dict[str, Any]
) -> None:
    """Report what a worker has made of a video."""
    from neuropose.addresses import at_hand
    from neuropose.estimator import ProcessVideoResult
    from neuropose.io import load_video_predictions

    if isinstance(found, BaseException):
        raise found
    if found is None:
        entry["output"] = str(out)
        note(f"{label}: done in an earlier run: {out}")
        return
    with at_hand(Path(), out) as here:
        predictions = load_video_predictions(here.out)
    result = ProcessVideoResult(predictions=predictions, metrics=found)
    _tell(result, video, out, how, label, entry)


def _tell(
    result: ProcessVideoResult,
    video: Place,
    out: Place,
    how: _How,
    label: str,
    entry: dict[str, Any],
) -> None:
    """Report a video whose predictions are written."""
    from neuropose.data.doubts import require_pictures

    if result.metrics.resumed_frames:
        note(f"{label}: continued at frame {result.metrics.resumed_frames}")
    entry["output"] = str(out)
    subject = None
    try:
        subject = pick_subject(result.predictions, how.strategy)
    except SubjectError as error:
        error.hint = f"{error.hint}; the predictions are saved all the same"
        raise
    finally:
        entry |= summary_json(result, subject)
        if not how.as_json:
            write(str(video))
            for line in summary_lines(result, subject):
                write(f"  {line}")
            write(f"  written   {out}")
    if not how.allow_gaps:
        require_pictures(result.predictions.metadata)


def _record(
    load: Callable[[], Estimator],
    source: str,
    output: Place,
    how: _How,
    seconds: float | None,
    *,
    force: bool,
) -> None:
    """Record poses from a live source until it ends, the time is over or Ctrl-C."""
    from neuropose.addresses import at_hand
    from neuropose.io import save_video_predictions
    from neuropose.video.live import LiveReader

    [out] = _plan_outputs([Path("live")], output, force=force)
    estimator = load()
    with frame_progress("live") as show, LiveReader(source) as reader:
        predictions = estimator.record(
            reader,
            seconds=seconds,
            camera=how.camera,
            fov_degrees=how.fov_degrees,
            progress=lambda done: show(done, None),
        )
    with at_hand(Path(), out) as here:
        save_video_predictions(here.out, predictions)
        here.publish()
    subject = pick_subject(predictions, how.strategy)
    if how.as_json:
        said = subject and subject.model_dump(mode="json")
        people = {"people": predictions.people_count, "subject": said}
        found = {"warnings": list(predictions.warnings), **people}
        metadata = predictions.metadata.model_dump(mode="json")
        entry = {"video": source, "output": str(out), "error": None, **found}
        write_json([entry | {"metadata": metadata}])
        return
    for warning in predictions.warnings:
        note(f"warning: {warning}")
    frames = counted(predictions.metadata.frame_count, "frame")
    write(f"{frames}, {counted(predictions.people_count, 'person', 'people')} found")
    write(f"written   {out}")


def _kept(out: Place, how: _How) -> Path | None:
    """Return where results are kept on the way: beside the output, if that is on this machine."""
    if not how.resume or not isinstance(out, Path):
        return None
    return out.with_name(f".{out.name}.checkpoint")


def _absolute(where: Place) -> Place:
    return where.absolute() if isinstance(where, Path) else where


def _was_done(estimator: Estimator, video: Place, out: Place, how: _How) -> bool:
    from neuropose.addresses import at_hand

    with at_hand(video, out) as here:
        return _is_done(estimator, here, out, how)


def _is_done(estimator: Estimator, here: AtHand, out: Place, how: _How) -> bool:
    """Whether the output is what processing the video would give; anything else is not replaced."""
    from neuropose.io import load_video_predictions

    if not here.out.exists():
        return False
    earlier = load_video_predictions(here.out)
    if not estimator.would_give(
        here.video,
        earlier.provenance,
        earlier.camera,
        given=how.camera,
        fov_degrees=how.fov_degrees,
    ):
        raise OutputError(
            f"{out} is of another video, model, camera or setting",
            hint="--force instead of --resume overwrites it, --output writes elsewhere",
        )
    return True


def _plan_outputs(videos: list[Place], output: Place | None, *, force: bool) -> list[Place]:
    """Where each video's predictions go; whatever forbids it is found before any work is done."""
    outputs = _outputs(videos, output)
    taken: dict[Place, Place] = {}
    for video, out in zip(videos, outputs, strict=True):
        if out in taken:
            raise OutputError(
                f"the predictions of {taken[out]} and of {video} would both be {out}",
                hint="process them one by one, each with its own --output",
            )
        taken[out] = video
        if not out.exists():
            continue
        if _is_taken_by_another(out, videos):
            raise OutputError(f"{out} is not a predictions file", hint="choose another --output")
        if not force:
            raise OutputError(
                f"{out} is already there",
                hint="--resume skips it if it is done, --force overwrites it, --output writes "
                "elsewhere",
            )
    for folder in {out.parent for out in outputs if isinstance(out, Path)}:
        writable_folder(folder)
    return outputs


def _is_taken_by_another(out: Place, videos: list[Place]) -> bool:
    """Return whether what is there cannot be predictions: a folder, or one of the videos."""
    if not isinstance(out, Path):
        return out in videos
    here = (video for video in videos if isinstance(video, Path))
    return out.is_dir() or any(other.exists() and out.samefile(other) for other in here)


def _outputs(videos: list[Place], output: Place | None) -> list[Place]:
    names = [f"{video.stem}{SUFFIX}" for video in videos]
    if output is None:
        return [video.with_name(name) for video, name in zip(videos, names, strict=True)]
    is_file = output.suffix in (".json", ".npz")
    if isinstance(output, Path):
        is_file = output.is_file() or (is_file and not output.is_dir())
    if is_file and len(videos) > 1:
        raise OutputError(
            f"{output} is one file, but there are {len(videos)} videos",
            hint="give --output a folder",
        )
    return [output] if is_file else [output / name for name in names]
