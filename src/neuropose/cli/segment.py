"""``neuropose segment``: repetitions found in predictions, and stored with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import fit_progress, note, session, write, write_json
from neuropose.cli._recordings import ReconstructOption
from neuropose.cli._results import choosing_video
from neuropose.cli._set import checked_settings
from neuropose.errors import OutputError
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.analyzer.segmentation import SegmentSettings
    from neuropose.data import Reconstruct, Segmentation

SUFFIX = ".segmented.json"
_AXES = ("up", "forward", "right", "x", "y", "z")

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
_Height = Annotated[
    str | None, typer.Option(metavar="JOINT", help="Look at its height: --axis up.")
]
_Distance = Annotated[
    str | None, typer.Option(metavar="JOINT,JOINT", help="Look at the distance of two joints.")
]
_Speed = Annotated[str | None, typer.Option(metavar="JOINT", help="Look at its speed.")]
_Angle = Annotated[
    str | None,
    typer.Option(
        metavar="ANGLE|JOINT,JOINT,JOINT",
        help="Look at a joint angle, or at the angle at the second joint; 180: straight.",
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
_Reconstruction = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What `neuropose reconstruct` made of the predictions."),
]
_MinDistance = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Least time between two peaks.")
]
_Prominence = Annotated[
    float | None,
    typer.Option(metavar="NUMBER", help="Least height of a peak, unit of the signal."),
]
_Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A setting: signal.…, repetitions.…, preparation.…; docs/reference/pipelines.md.",
    ),
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
    context: typer.Context,
    results: _Results,
    joint: _Joint = None,
    axis: _Axis = None,
    height: _Height = None,
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
    reconstruct: ReconstructOption = None,
    reconstruction: _Reconstruction = None,
    settings: _Set = None,
    name: _Name = "repetitions",
    output: _Output = None,
    in_place: _InPlace = False,
    force: _Force = False,
    as_json: _Json = False,
) -> None:
    """Find repeated movements in predictions, from valley to valley, and store them there."""
    from neuropose.analyzer.segmentation import segment as segment_predictions
    from neuropose.body.movement import movement_of_predictions
    from neuropose.data import check_strategy
    from neuropose.io import load_reconstruction, load_results
    from neuropose.sequence import PoseSequence
    from neuropose.study.trial.recordings import holds_markers

    if axis is not None and axis not in _AXES:
        raise typer.BadParameter(f"{axis!r} is none of {', '.join(_AXES)}")
    signal = {
        "joint": joint,
        "axis": axis,
        "height": height,
        "distance": distance,
        "speed": speed,
        "angle": angle,
        "inverted": inverted or None,
    }
    repetitions = {"min_distance_s": min_distance_s, "prominence": prominence}
    how = _settings(signal, repetitions, settings or [])
    check_strategy(subject)
    _check_up(up, confirm_up=confirm_up)
    out = _out(results, output, in_place=in_place, force=force)
    whether = _reconstruct(reconstruct or session(context).settings().reconstruct)
    if holds_markers(results):
        raise typer.BadParameter(
            "repetitions are stored with predictions, and these are markers: measure them with "
            "neuropose analyze --task repetitions"
        )
    if results.suffix == ".npz":
        raise typer.BadParameter(
            "repetitions are stored with predictions: give these, and --reconstruction"
        )
    if reconstruction is not None and reconstruct is not None:
        raise typer.BadParameter("give --reconstruct or --reconstruction, one of them")
    with choosing_video():
        source = load_results(results, video)
    if reconstruction is not None:
        found = load_reconstruction(reconstruction)
        sequence = PoseSequence.from_reconstruction(found, up=up, confirm_up=confirm_up)
    else:
        with fit_progress(results.name) as progress:
            sequence = movement_of_predictions(
                source.predictions,
                subject,
                reconstruct=whether,
                up=up,
                confirm_up=confirm_up,
                progress=progress,
            ).sequence
    segmented = segment_predictions(
        source.predictions,
        how.signal,
        how.repetition_settings(),
        preparation=how.preparation,
        subject=subject,
        up=up,
        confirm_up=confirm_up,
        movement=sequence,
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


def _reconstruct(name: str) -> Reconstruct:
    from neuropose.data import Reconstruct

    try:
        return Reconstruct(name)
    except ValueError:
        raise typer.BadParameter(f"--reconstruct is auto, on or off, not {name!r}") from None


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
    signal: Mapping[str, Any], repetitions: Mapping[str, Any], assignments: Sequence[str]
) -> SegmentSettings:
    from neuropose.analyzer.segmentation import SegmentSettings

    given = {
        "signal": {name: value for name, value in signal.items() if value is not None},
        "repetitions": {name: value for name, value in repetitions.items() if value is not None},
    }
    return checked_settings(SegmentSettings, given, assignments, _where)


def _where(place: tuple[str | int, ...]) -> str:
    """Return what a value is from: the options of the signal, or another one."""
    if place[:1] == ("signal",):
        return "signal"
    return f"--{str(place[-1]).replace('_', '-')}"


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
    what = signal.description
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
