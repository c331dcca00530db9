"""Which recording is meant, and which part of it, as the options of a command say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import note
from neuropose.cli._results import CORRECTED, RESULTS, is_of_job, results_in, session_beside

if TYPE_CHECKING:
    from neuropose.study.contract.pipeline import Source

ReconstructOption = Annotated[
    str | None,
    typer.Option(
        "--reconstruct",
        metavar="auto|on|off",
        help="Fit a body first: auto, to predictions; on, to markers too; default: the settings.",
    ),
]


def stature(height_mm: float | None) -> float | None:
    """Refuse a height that nobody has, before any data are read.

    Parameters
    ----------
    height_mm : float or None
        As it was given.

    Returns
    -------
    float or None
        The same.

    Raises
    ------
    ConfigError
        If nobody is of this height.
    """
    if height_mm is not None:
        from neuropose.skeletons.stature import require_stature

        require_stature(height_mm)
    return height_mm


HeightOption = Annotated[
    float | None,
    typer.Option(
        "--height-mm",
        min=1.0,
        metavar="MM",
        callback=stature,
        help="Stature of the person, if known.",
    ),
]
MarkersOption = Annotated[
    Path | None,
    typer.Option(
        "--markers", metavar="FILE", help="Joints and their markers, YAML: `neuropose markers -o`."
    ),
]
_OPTIONS = {"start_s": "from", "end_s": "to", "markers": "marker"}
OFF = "reconstruct is off"
"""Why the cameras of a job are taken one by one if nothing is reconstructed."""


def videos_in(
    paths: Sequence[Path], video: str | None, *, apart: str | None = None
) -> list[tuple[Path, str | None]]:
    """Return every recording in some files.

    Parameters
    ----------
    paths : sequence of Path
        Predictions, results of jobs, C3D or TRC.
    video : str or None
        The video that is meant; None: all videos of a job.
    apart : str, optional
        Why the cameras of a job are taken one by one. Default: where a body was fitted to all of
        them together, they are one recording, and a note says so. Videos of the job that are of
        none of its cameras are recordings of their own.

    Returns
    -------
    list of tuple
        The file, and the video if the file holds several; ``cameras``: all of them, together.

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If a file cannot be read, or is a damaged job's results.
    """
    from neuropose.data.jobs import CAMERAS
    from neuropose.io.job_files import holds_job_results, videos_of_job
    from neuropose.study.trial.recordings import holds_markers

    found: list[tuple[Path, str | None]] = []
    for path in paths:
        if video is not None or holds_markers(path) or not holds_job_results(path):
            found.append((path, video))
            continue
        videos = videos_of_job(path)
        alone = _beside_cameras(path, videos)
        if len(videos) > 1 and _together(path, apart, alone):
            found += [(path, key) for key in (CAMERAS, *alone)]
            _warn_of_others(path, videos, alone)
            continue
        found += [(path, key if len(videos) > 1 else None) for key in videos] or [(path, None)]
    return found


def _together(results: Path, apart: str | None, alone: Sequence[str]) -> bool:
    """Whether the cameras of a job are one recording; say so, or why they are not."""
    body = body_of_cameras(results)
    if body is None:
        return False
    job = recording_name(results, None)
    if results.name == CORRECTED and _lacks_corrections(body, results, alone):
        apart = "it was fitted before the corrections; neuropose jobs rerun fits it to them"
    if apart is not None:
        note(f"{job}: {body.name} is not used, and each camera is taken alone: {apart}")
        return False
    note(f"{job}: the body is that of all cameras together, {body.name}")
    _warn_of_other_height(body, results)
    return True


def _beside_cameras(results: Path, videos: Sequence[str]) -> list[str]:
    """Return the videos of none of a job's cameras: each of these has a body of its own."""
    from neuropose.io.reconstruction_file import SUFFIX

    return [key for key in videos if results.with_name(f"{key}{SUFFIX}").is_file()]


def _warn_of_others(results: Path, videos: Sequence[str], alone: Sequence[str]) -> None:
    """Say if a job has more videos than its cameras and what is measured beside them."""
    from neuropose.io import load_reconstruction

    body = body_of_cameras(results)
    assert body is not None
    others = [key for key in videos if key not in alone]
    more = len(others) - len(load_reconstruction(body).cameras)
    if more > 0:
        job = recording_name(results, None)
        note(
            f"{job}: {more} of {', '.join(others)} may be of no camera, and then is left out: "
            "--video takes one"
        )


def _warn_of_other_height(body: Path, results: Path) -> None:
    """Say if a session states a stature now that the body was not fitted with."""
    from neuropose.io import load_reconstruction

    session = session_beside(results)
    if session is None or session.height_mm is None:
        return
    fitted_mm = load_reconstruction(body).stated_height_mm
    if fitted_mm != session.height_mm:
        height = "no stated height" if fitted_mm is None else f"a height of {fitted_mm:.0f} mm"
        note(
            f"{recording_name(results, None)}: {body.name} was fitted with {height}, and the "
            f"session says {session.height_mm:.0f} mm: neuropose jobs rerun fits it anew"
        )


def _lacks_corrections(body: Path, results: Path, alone: Sequence[str]) -> bool:
    """Whether a person has corrected the results since the body was fitted to them."""
    from neuropose.data.corrections import corrections_of
    from neuropose.io import load_job_results, load_reconstruction

    videos = load_job_results(results).videos
    made = sum(len(corrections_of(videos[key].provenance)) for key in videos if key not in alone)
    return made != len(corrections_of(load_reconstruction(body).provenance))


def body_of_cameras(results: Path) -> Path | None:
    """Return the body that was fitted to all cameras of a job together.

    Parameters
    ----------
    results : Path
        The results of the job.

    Returns
    -------
    Path or None
        None: there is no such file beside them.
    """
    from neuropose.data.jobs import CAMERAS
    from neuropose.io.reconstruction_file import SUFFIX

    body = results.with_name(f"{CAMERAS}{SUFFIX}")
    return body if is_of_job(results) and body.is_file() else None


def recordings_of(
    source: Path, video: str | None, *, apart: str | None = None
) -> list[tuple[Path, str | None]]:
    """Return every recording in a file, or in the folder of a finished job.

    Parameters
    ----------
    source : Path
        As for `videos_in`, or the folder, of which the marker files are recordings too.
    video : str or None
        The video that is meant; None: all of them.
    apart : str, optional
        As for `videos_in`.

    Returns
    -------
    list of tuple
        As `videos_in`.

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If a file cannot be read, or is a damaged job's results.
    """
    if not source.is_dir():
        return videos_in([source], video, apart=apart)
    from neuropose.interfacer.layout import has_marker_name, is_made, natural_order
    from neuropose.io.job_files import videos_of_job
    from neuropose.io.markers.estimates import is_estimate

    results = results_in(source)
    exported = f"{recording_name(results, None)}."  # what `neuropose export` writes begins with it
    inside = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    markers = [
        source / name
        for name in sorted(inside, key=natural_order)
        if has_marker_name(name.rpartition("/")[2])
        and not is_made(name.removeprefix(exported), inputs=[RESULTS])
        and not (name.startswith((exported, "results.")) and is_estimate(source / name))
    ]
    if video is not None or not markers:
        return videos_in([results], video, apart=apart)
    videos = videos_in([results], None, apart=apart) if videos_of_job(results) else []
    return [*videos, *((path, None) for path in markers)]


def recording_name(path: Path, video: str | None) -> str:
    """Return what a recording is called in a table: as its file, or the folder of its job.

    Parameters
    ----------
    path : Path
        The file.
    video : str or None
        Which video of a job, if it has several.

    Returns
    -------
    str

    Examples
    --------
    >>> recording_name(Path("out/anna/results.json"), "video_02")
    'anna video_02'
    >>> recording_name(Path("walk.poses.json"), None)
    'walk'
    """
    of_job = is_of_job(path) and path.absolute().parent.name
    name = of_job or path.name.removesuffix(".json").removesuffix(".npz").removesuffix(".poses")
    return name if video is None else f"{name} {video}"


def source_of(path: Path, **options: Any) -> Source:
    """Return what is to be analysed, from the options of a command.

    Parameters
    ----------
    path : Path
        Predictions, a job's results, a reconstruction, C3D or TRC.
    **options
        Fields of `Source`; None: not given. `markers` may be a file.

    Returns
    -------
    Source
        Of the body of all cameras, if the video is ``cameras``.

    Raises
    ------
    typer.BadParameter
        If an option does not go with this kind of file, or with any.
    """
    from pydantic import ValidationError

    from neuropose.data.jobs import CAMERAS
    from neuropose.io import holds_reconstruction
    from neuropose.study.contract.pipeline import Source
    from neuropose.study.trial.recordings import holds_markers

    given = {name: value for name, value in options.items() if value is not None}
    if given.get("video") == CAMERAS and (body := body_of_cameras(path)) is not None:
        path = body
        del given["video"]
    if isinstance(given.get("markers"), Path):
        from neuropose.io import read_marker_map

        if not holds_markers(path):
            raise typer.BadParameter("--markers is for C3D and TRC files")
        given["markers"] = read_marker_map(given["markers"])
    is_of_one = path.suffix == ".npz"
    for name in ("video", "subject") if is_of_one else ():
        if name in given:
            raise typer.BadParameter(f"--{name} is for predictions; {path} is of one person")
    if "height_mm" in given and is_of_one and holds_reconstruction(path):
        raise typer.BadParameter(f"--height-mm is for the fit, and {path} is fitted already")
    if "video" in given and holds_markers(path):
        raise typer.BadParameter(f"--video is for the results of a job; {path} holds markers")
    for name in ("markers", "units") if not holds_markers(path) else ():
        if given.get(name):
            raise typer.BadParameter(f"--{_OPTIONS.get(name, name)} is for C3D and TRC files")
    if given.get("confirm_up") and "up" not in given and not holds_markers(path):
        raise typer.BadParameter("--confirm-up confirms --up; predictions state no vertical")
    try:
        return Source(file=path, **given)
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        name = str(first["loc"][0])
        raise typer.BadParameter(f"--{_OPTIONS.get(name, name)}: {first['msg']}") from None
