"""The predictions of several cameras, and the rig that they belong to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuropose.cli._results import choosing_video
from neuropose.errors import MultiviewError

if TYPE_CHECKING:
    from neuropose.data import Reconstruction, Rig, VideoPredictions


def several_cameras(
    files: Sequence[str], rig_file: Path, person: int, **how: Any
) -> Reconstruction:
    """Fit a body to what several cameras saw.

    Parameters
    ----------
    files : sequence of str
        Predictions of each camera, as in `views_of`.
    rig_file : Path
        The cameras.
    person : int
        Whom: 1 is who is seen longest by two cameras or more.
    **how
        Arguments of `neuropose.body.reconstruct_cameras`.

    Returns
    -------
    Reconstruction

    Raises
    ------
    typer.BadParameter
        If a file belongs to no camera, or two belong to one.
    NeuroPoseError
        If a file cannot be read, or no body can be fitted.
    """
    from neuropose import body
    from neuropose.io import load_rig

    rig = load_rig(rig_file)
    return body.reconstruct_cameras(views_of(files, rig), rig, person - 1, **how)


def views_of(files: Sequence[str], rig: Rig) -> dict[str, VideoPredictions]:
    """Load what each camera of a rig saw.

    Parameters
    ----------
    files : sequence of str
        Predictions of each camera, as in `camera_files`; or the results of one job, whose videos
        are named after the cameras. Where their names are not known any more, there is one video a
        camera, in the order of their names.
    rig : Rig
        The cameras.

    Returns
    -------
    dict of str to VideoPredictions
        By the camera's name, in the order of the rig.

    Raises
    ------
    typer.BadParameter
        If a file belongs to no camera, or two belong to one.
    MultiviewError
        If the videos of a job are not those of two cameras or more.
    FileMissingError, FileReadError, FileFormatError
        If a file cannot be read.
    """
    from neuropose.interfacer.layout import natural_order
    from neuropose.io import load_results
    from neuropose.multiview.names import cameras_of

    job = _videos_of_one_job(files)
    if job:
        named = _names_in_job(Path(files[0]), job)
        if named:
            seen = {camera: name for name, camera in cameras_of(named, rig.names).items()}
            return {each: job[named[seen[each]]] for each in rig.names if each in seen}
        if len(job) != len(rig.names):
            raise typer.BadParameter(
                f"{files[0]} has {len(job)} videos, the rig {len(rig.names)} cameras"
            )
        return dict(zip(sorted(rig.names, key=natural_order), job.values(), strict=True))
    paths = camera_files(files, rig.names)
    found = {}
    for name in rig.names:
        if name in paths:
            with choosing_video():
                found[name] = load_results(paths[name]).predictions
    return found


def _videos_of_one_job(files: Sequence[str]) -> Mapping[str, VideoPredictions]:
    from neuropose.io.job_files import holds_job_results, load_job_results

    if len(files) != 1 or not holds_job_results(Path(files[0])):
        return {}
    return load_job_results(Path(files[0])).videos


def _names_in_job(results: Path, keys: Collection[str]) -> dict[str, str]:
    """Return the key of each video by its file's name; empty if the names are not known."""
    from neuropose.data.jobs import video_key
    from neuropose.interfacer.layout import Layout
    from neuropose.io import load_status

    folder = results.absolute().parent
    status = Layout(folder.parents[1]).status if len(folder.parents) > 1 else None
    if status is None or not status.is_file():
        return {}
    entry = load_status(status).jobs.get(folder.name)
    names = () if entry is None else entry.videos
    numbered = {video_key(number): name for number, name in enumerate(names, start=1)}
    if not set(keys) <= set(numbered):
        return {}
    return {numbered[key]: key for key in keys}


def stated_camera(text: str) -> tuple[str, Path]:
    """Tell which camera a file is said to be from.

    Parameters
    ----------
    text : str
        ``CAMERA=FILE``, or a file; a file that is there is one, whatever its name.

    Returns
    -------
    tuple of str and Path
        The camera, empty if none is stated, and the file.

    Examples
    --------
    >>> stated_camera("left=a.mp4")[0], stated_camera("a.mp4")[0]
    ('left', '')
    """
    name, equals, rest = text.partition("=")
    if not equals or "/" in name or Path(text).exists():
        return "", Path(text)
    return name, Path(rest)


def camera_files(files: Sequence[str], cameras: Sequence[str]) -> Mapping[str, Path]:
    """Tell which camera each file is from.

    Parameters
    ----------
    files : sequence of str
        ``CAMERA=FILE``, or a file whose name is a camera's up to a dot, or has it as a part.
    cameras : sequence of str
        Names of the rig's cameras.

    Returns
    -------
    mapping of str to Path

    Raises
    ------
    typer.BadParameter
        If a file belongs to no camera, or two belong to one.

    Examples
    --------
    >>> camera_files(["left=a.json", "walk_right.poses.json"], ["left", "right"])["right"].name
    'walk_right.poses.json'
    """
    from neuropose.multiview.names import camera_of

    found: dict[str, Path] = {}
    for text in files:
        stated, equals, rest = text.partition("=")
        if equals and stated in cameras:
            name, path = stated, Path(rest)
        else:
            path = Path(text)
            try:
                name = camera_of(path.name, cameras)
            except MultiviewError as error:
                raise typer.BadParameter(
                    f"{error.message}: give CAMERA=FILE, with one of {', '.join(cameras)}"
                ) from error
        if name in found:
            raise typer.BadParameter(
                f"{found[name].name} and {path.name} are both from camera {name!r}: "
                "give CAMERA=FILE for each"
            )
        found[name] = path
    return found
