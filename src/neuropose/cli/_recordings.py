"""Which recording is meant, and which part of it, as the options of a command say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._results import results_in

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


def videos_in(paths: Sequence[Path], video: str | None) -> list[tuple[Path, str | None]]:
    """Return every recording in some files.

    Parameters
    ----------
    paths : sequence of Path
        Predictions, results of jobs, C3D or TRC.
    video : str or None
        The video that is meant; None: all videos of a job.

    Returns
    -------
    list of tuple
        The file, and the video if the file holds several.

    Raises
    ------
    FileMissingError, FileReadError, FileFormatError
        If a file cannot be read, or is a damaged job's results.
    """
    from neuropose.io.job_files import holds_job_results, videos_of_job
    from neuropose.study.trial.recordings import holds_markers

    found: list[tuple[Path, str | None]] = []
    for path in paths:
        if video is not None or holds_markers(path) or not holds_job_results(path):
            found.append((path, video))
            continue
        videos = videos_of_job(path)
        found += [(path, key if len(videos) > 1 else None) for key in videos] or [(path, None)]
    return found


def recordings_of(source: Path, video: str | None) -> list[tuple[Path, str | None]]:
    """Return every recording in a file, or in the folder of a finished job.

    Parameters
    ----------
    source : Path
        As for `videos_in`, or the folder, of which the marker files are recordings too.
    video : str or None
        The video that is meant; None: all of them.

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
        return videos_in([source], video)
    from neuropose.interfacer.layout import RESULTS_NAME, has_marker_name, is_made, natural_order
    from neuropose.io.job_files import videos_of_job

    results = results_in(source)
    inside = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
    markers = [
        source / name
        for name in sorted(inside, key=natural_order)
        if has_marker_name(name.rpartition("/")[2]) and not is_made(name, inputs=[RESULTS_NAME])
    ]
    if video is not None or not markers:
        return videos_in([results], video)
    videos = videos_in([results], None) if videos_of_job(results) else []
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
    of_job = path.name in ("results.json", "results.corrected.json") and path.absolute().parent.name
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

    Raises
    ------
    typer.BadParameter
        If an option does not go with this kind of file, or with any.
    """
    from pydantic import ValidationError

    from neuropose.study.contract.pipeline import Source
    from neuropose.study.trial.recordings import holds_markers

    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(given.get("markers"), Path):
        from neuropose.io import read_marker_map

        if not holds_markers(path):
            raise typer.BadParameter("--markers is for C3D and TRC files")
        given["markers"] = read_marker_map(given["markers"])
    is_of_one = path.suffix == ".npz"
    for name in ("video", "subject") if is_of_one else ():
        if name in given:
            raise typer.BadParameter(f"--{name} is for predictions; {path} is of one person")
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
