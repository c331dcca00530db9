"""Options of the commands that measure a recording: the task, and how the file is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from neuropose.analyzer.tasks.registry import TASKS, find_task
from neuropose.cli._estimating import is_folder, writable_folder
from neuropose.cli._results import is_of_job
from neuropose.cli.process import SUFFIX as PREDICTIONS_SUFFIX
from neuropose.errors import OutputError

TaskOption = Annotated[
    str | None,
    typer.Option("--task", metavar="TASK", help=f"What to measure: {', '.join(TASKS)}."),
]
AffectedOption = Annotated[
    str | None,
    typer.Option(metavar="left|right", help="For ratios of the affected to the other side."),
]
SubjectOption = Annotated[
    str | None,
    typer.Option(
        metavar="STRATEGY|NAME",
        help="longest (the default), largest, most_central or track:N; of markers, the name.",
    ),
]
VideoOption = Annotated[
    str | None, typer.Option(metavar="VIDEO", help="One video of a job, such as video_01, only.")
]
StartOption = Annotated[
    float | None, typer.Option("--from", metavar="SECONDS", help="Leave out before.")
]
EndOption = Annotated[
    float | None, typer.Option("--to", metavar="SECONDS", help="Leave out after.")
]
UpOption = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS|X,Y,Z",
        help="Away from the floor, in the file's axes: z, -y or numbers; default: given or found.",
    ),
]
ConfirmUpOption = Annotated[
    bool,
    typer.Option("--confirm-up", help="That vertical is right, even if the body says otherwise."),
]
MarkerOption = Annotated[
    list[str] | None,
    typer.Option(metavar="JOINT=NAME,NAME", help="Markers that a joint is the mean of."),
]
UnitsOption = Annotated[
    str | None,
    typer.Option(metavar="UNIT", help="Of a C3D or TRC file: mm, cm, m …; default: as it states."),
]
PlatesOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Force plates of the walk: a C3D file or OpenSim's MOT."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting of the task (docs/guides/analysis.md); its value is YAML.",
    ),
]


def assignments(
    task: str,
    settings: Sequence[str] | None,
    *,
    affected_side: str | None,
    plates: Path | None = None,
) -> list[str]:
    """Return what is set by ``--set``, and by the options that stand for a setting.

    Parameters
    ----------
    task : str
        Name of the task.
    settings : sequence of str or None
        ``KEY=VALUE``, as given.
    affected_side : str or None
        As given.
    plates : Path or None
        Force plates of the walk: events are those of the plates where they tell them.

    Returns
    -------
    list of str
        ``KEY=VALUE``.

    Raises
    ------
    typer.BadParameter
        If the task has no such option, or the affected side is no side.
    """
    found = list(settings or [])
    if affected_side is not None:
        found.append(_affected_setting(affected_side, task))
    if plates is not None:
        if task != "gait":
            raise typer.BadParameter("--plates is for --task gait")
        if not any(each.startswith("events=") for each in found):
            found.append("events=both")
    return found


def _affected_setting(side: str, task: str) -> str:
    from neuropose.skeletons.sides import SIDES

    if side not in SIDES:
        raise typer.BadParameter(f"--affected-side is left or right, not {side!r}")
    if "affected_side" not in find_task(task).settings_class().model_fields:
        able = [
            name
            for name, each in TASKS.items()
            if "affected_side" in each.settings_class().model_fields
        ]
        raise typer.BadParameter(f"--affected-side is for {', '.join(able)}, not for {task}")
    return f"affected_side={side}"


def markers_of(given: list[str], file: Path | None) -> dict[str, tuple[str, ...]] | None:
    """Return the markers that joints are the means of.

    Parameters
    ----------
    given : list of str
        ``JOINT=NAME,NAME``.
    file : Path or None
        A mapping of `neuropose markers`; `given` takes the place of what it says.

    Returns
    -------
    dict or None
        None: nothing is said.

    Raises
    ------
    typer.BadParameter
        If one is not written like this.
    """
    from neuropose.io import read_marker_map

    markers = {} if file is None else dict(read_marker_map(file))
    for each in given:
        joint, equals, names = each.partition("=")
        parts = tuple(name.strip() for name in names.split(",") if name.strip())
        if not equals or not parts:
            raise typer.BadParameter(f"--marker takes JOINT=NAME, not {each!r}")
        markers[joint.strip()] = parts
    return markers or None


def report_path(
    results: Path,
    video: str | None,
    task: str,
    output: Path | None,
    *,
    force: bool,
    suffix: str = "json",
) -> Path:
    """Return where a report goes; whatever forbids it is found before any work is done.

    Parameters
    ----------
    results : Path
        The recording.
    video : str or None
        Which video of a job, if it has several.
    task : str
        Name of the task.
    output : Path or None
        A file or a folder. None: beside the recording.
    force : bool
        Whether a report that is already there is overwritten.
    suffix : str
        What the name ends in if no file was given.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    stem = results.name.removesuffix(PREDICTIONS_SUFFIX)
    stem = Path(stem).stem if stem == results.name else stem
    name = ".".join(part for part in (stem, video, task, suffix) if part)
    out = results.with_name(name) if output is None else output
    if is_folder(out):  # jobs have results of the same name
        of_job = results.absolute().parent.name if is_of_job(results) else ""
        out = out / ".".join(part for part in (of_job or stem, video, task, suffix) if part)
    if out.exists():
        if out.is_dir() or (results.exists() and out.samefile(results)):
            raise OutputError(f"{out} is not a report", hint="choose another --output")
        if not force:
            raise OutputError(
                f"{out} is already there", hint="--force overwrites it, --output writes elsewhere"
            )
    writable_folder(out.parent)
    return out
