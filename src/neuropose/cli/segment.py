"""``neuropose segment``: repetitions found in predictions, and stored with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import note, write, write_json
from neuropose.cli._results import choosing_video
from neuropose.cli.render.video_summary import counted
from neuropose.errors import OutputError

if TYPE_CHECKING:
    from neuropose.analyzer.signals.repetitions import RepetitionSettings
    from neuropose.data import Segmentation, SegmentSignal

SUFFIX = ".segmented.json"
_AXES = ("up", "forward", "right", "x", "y", "z")
_SIGNALS = "--joint with --axis, --distance, --speed or --angle"

_Results = Annotated[
    Path, typer.Argument(metavar="RESULTS", help="A predictions file, or a job's results.json.")
]
_Joint = Annotated[
    str | None, typer.Option(metavar="JOINT", help="Look at its coordinate along --axis.")
]
_Axis = Annotated[
    str | None,
    typer.Option(metavar="|".join(_AXES), help="Of the body, or of the camera (x, y, z)."),
]
_Distance = Annotated[
    str | None, typer.Option(metavar="JOINT,JOINT", help="Look at the distance of two joints.")
]
_Speed = Annotated[str | None, typer.Option(metavar="JOINT", help="Look at its speed.")]
_Angle = Annotated[
    str | None,
    typer.Option(
        metavar="JOINT,JOINT,JOINT", help="Look at the angle at the second; 180: straight."
    ),
]
_Inverted = Annotated[
    bool, typer.Option("--inverted", help="Look for the signal's valleys instead of its peaks.")
]
_Video = Annotated[
    str | None, typer.Option(metavar="VIDEO", help="Which video of a job, such as video_01.")
]
_Strategy = Annotated[
    str, typer.Option(metavar="STRATEGY", help="longest, largest, most_central or track:N.")
]
_Up = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS|X,Y,Z", help="Away from the floor, in the camera's axes; default: found."
    ),
]
_ConfirmUp = Annotated[
    bool,
    typer.Option("--confirm-up", help="--up is right, even if the body says otherwise."),
]
_MinDistance = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Least time between two peaks.")
]
_Prominence = Annotated[
    float | None,
    typer.Option(metavar="NUMBER", help="Least height of a peak, unit of the signal."),
]
_Name = Annotated[str, typer.Option(metavar="NAME", help="Of the segmentation in the file.")]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help=f"Default: RESULTS{SUFFIX} beside the input."
    ),
]
_InPlace = Annotated[bool, typer.Option("--in-place", help="Write into the input file.")]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is already there.")]
_Json = Annotated[bool, typer.Option("--json", help="Result for machines, on stdout.")]


def segment(
    results: _Results,
    joint: _Joint = None,
    axis: _Axis = None,
    distance: _Distance = None,
    speed: _Speed = None,
    angle: _Angle = None,
    inverted: _Inverted = False,
    video: _Video = None,
    subject: _Strategy = "longest",
    up: _Up = None,
    confirm_up: _ConfirmUp = False,
    min_distance_s: _MinDistance = None,
    prominence: _Prominence = None,
    name: _Name = "repetitions",
    output: _Output = None,
    in_place: _InPlace = False,
    force: _Force = False,
    as_json: _Json = False,
) -> None:
    """Find repeated movements in predictions, from valley to valley, and store them there."""
    from neuropose.analyzer.segmentation import segment as segment_predictions
    from neuropose.data import check_strategy
    from neuropose.io import load_results

    signal = _signal(joint, axis, distance, speed, angle, inverted=inverted)
    settings = _settings(signal, min_distance_s, prominence)
    check_strategy(subject)
    _check_up(up, confirm_up=confirm_up)
    out = _out(results, output, in_place=in_place, force=force)
    with choosing_video():
        source = load_results(results, video)
    segmented = segment_predictions(
        source.predictions,
        signal,
        settings,
        subject=subject,
        up=up,
        confirm_up=confirm_up,
        name=name,
    )
    source.save(out, segmented)
    entry = segmented.segmentations[name]
    if as_json:
        write_json(
            {
                "results": str(results),
                "video": source.video,
                "name": name,
                "output": str(out),
                "segmentation": entry.model_dump(mode="json"),
            }
        )
        return
    for line in _lines(name, entry):
        write(line)
    write(f"written {out}")
    for warning in entry.warnings:
        note(f"warning: {warning}")


def _signal(
    joint: str | None,
    axis: str | None,
    distance: str | None,
    speed: str | None,
    angle: str | None,
    *,
    inverted: bool,
) -> SegmentSignal:
    from pydantic import ValidationError

    from neuropose.data import SegmentSignal

    given = {"axis": joint, "distance": distance, "speed": speed, "angle": angle}
    chosen = {kind: joints for kind, joints in given.items() if joints is not None}
    if len(chosen) != 1 or (axis is not None) is not (joint is not None):
        raise typer.BadParameter(f"give one signal: {_SIGNALS}")
    if axis is not None and axis not in _AXES:
        raise typer.BadParameter(f"{axis!r} is none of {', '.join(_AXES)}")
    [(kind, joints)] = chosen.items()
    names = [name.strip() for name in joints.split(",")]
    fields = {"kind": kind, "joints": names, "axis": axis, "inverted": inverted}
    try:
        return SegmentSignal.model_validate(fields)
    except ValidationError as error:
        raise typer.BadParameter(_first(error)) from error


def _check_up(up: str | None, *, confirm_up: bool) -> None:
    from neuropose.geometry import direction

    if confirm_up and up is None:
        raise typer.BadParameter("--confirm-up confirms --up; predictions state no vertical")
    try:
        if up is not None:
            direction(up)
    except ValueError as error:
        raise typer.BadParameter(f"--up: {error}") from None


def _settings(
    signal: SegmentSignal, min_distance_s: float | None, prominence: float | None
) -> RepetitionSettings:
    from pydantic import ValidationError

    from neuropose.analyzer.segmentation import default_settings

    given = {"min_distance_s": min_distance_s, "prominence": prominence}
    update = {field: value for field, value in given.items() if value is not None}
    default = default_settings(signal)
    try:
        return type(default)(**{**default.model_dump(), **update})
    except ValidationError as error:
        where = str(error.errors()[0]["loc"][0]).replace("_", "-")
        raise typer.BadParameter(f"--{where}: {_first(error)}") from error


def _first(error: Any) -> str:
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")


def _out(results: Path, output: Path | None, *, in_place: bool, force: bool) -> Path:
    if in_place and output is not None:
        raise typer.BadParameter("give --output or --in-place, one of them")
    if in_place:
        return results
    out = results.with_name(f"{results.stem}{SUFFIX}") if output is None else output
    if out.is_dir():
        raise OutputError(f"{out} is a folder", hint="give --output the name of a file")
    if out.exists() and not force:
        raise OutputError(
            f"{out} is already there",
            hint="--force overwrites it, --output writes elsewhere, --in-place adds to the input",
        )
    return out


def _lines(name: str, entry: Segmentation) -> list[str]:
    signal = entry.signal
    what = f"{signal.kind} of {', '.join(signal.joints)}"
    if signal.axis is not None:
        what = f"{', '.join(signal.joints)} along {signal.axis}"
    inverted = ", inverted" if signal.inverted else ""
    lines = [
        f"{name}: {counted(len(entry.windows), 'repetition')} in {what} ({signal.unit}{inverted}), "
        f"track {entry.track_id}"
    ]
    if entry.windows:
        lines.append("  no.   start s    peak s     end s        peak  prominence  confidence")
    for number, window in enumerate(entry.windows, start=1):
        line = (
            f"{number:5d}{window.start_s:10.3f}{window.peak_s:10.3f}{window.end_s:10.3f}"
            f"{window.peak:12.4g}{window.prominence:12.4g}{window.confidence:12.2f}"
        )
        lines.append(f"{line}  {'; '.join(window.reasons)}".rstrip())
    return lines
