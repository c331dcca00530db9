"""``neuropose calibrate people``: cameras from a person who walks through all views."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.cli._recordings import stature
from neuropose.cli.calibrate.people_verdict import as_json_value, verdict_lines
from neuropose.cli.calibrate.people_views import seen_by_cameras
from neuropose.errors import OutputError

_Predictions = Annotated[
    list[str],
    typer.Argument(
        metavar="CAMERA=PREDICTIONS…",
        help="Of one movement, predictions of each camera; CAMERA may be left out if the file is "
        "called after it.",
    ),
]
_Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The rig to write.")]
_Intrinsics = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE", help="Rig or other calibration that has the intrinsics of the cameras."
    ),
]
_Height = Annotated[
    float | None,
    typer.Option(
        "--height-mm",
        min=1.0,
        metavar="MM",
        callback=stature,
        help="Of the person, without shoes: gives the scale.",
    ),
]
_Distance = Annotated[
    str | None,
    typer.Option(metavar="CAMERA,CAMERA,MM", help="Between two cameras: gives the scale instead."),
]
_Synchronised = Annotated[
    bool,
    typer.Option(
        "--synchronised", help="All videos share one clock; default: found from the movement."
    ),
]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a rig that is already there.")]


def people(
    predictions: _Predictions,
    output: _Output = Path("rig.toml"),
    intrinsics: _Intrinsics = None,
    height_mm: _Height = None,
    distance: _Distance = None,
    synchronised: _Synchronised = False,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Find where cameras are without a board, from a person who walks through all views.

    Of each video, whoever is seen longest. What lenses do must be known: --intrinsics, or
    predictions that were made with --camera.
    """
    from neuropose.data import Clock, Source
    from neuropose.io import save_rig
    from neuropose.multiview import calibrate_from_people

    if height_mm is not None and distance is not None:
        raise typer.BadParameter("--height-mm and --distance both give the scale: choose one")
    between = None if distance is None else _between(distance)
    if output.exists() and not force:
        raise OutputError(f"{output} is already there", hint="choose another --output, or --force")
    writable_folder(output.parent)
    seen = seen_by_cameras(predictions, intrinsics or [])
    one_clock = {view.name: Clock(source=Source.GIVEN) for view in seen.views}
    found = calibrate_from_people(
        seen.views,
        clocks=one_clock if synchronised else None,
        height_mm=height_mm,
        distance_mm=between,
    )
    # When videos began is true of these only, and is found anew for others.
    cameras = [
        camera.model_copy(update={"clock": one_clock[camera.name] if synchronised else Clock()})
        for camera in found.rig.cameras
    ]
    warnings = (*found.rig.warnings, *seen.doubts)
    save_rig(output, found.rig.model_copy(update={"cameras": cameras, "warnings": warnings}))
    if as_json:
        write_json({**as_json_value(found, warnings, seen.origins), "written": str(output)})
        return
    for line in verdict_lines(found, warnings, seen.origins):
        write(line)
    write(f"written   {output}")


def _between(text: str) -> tuple[str, str, float]:
    """Parse two cameras and the distance between them."""
    try:
        one, other, length = text.split(",")
        length_mm = float(length)
    except ValueError:
        length_mm = math.nan
    if not math.isfinite(length_mm):
        raise typer.BadParameter(
            f"{text!r} is not two cameras and a distance in mm, such as side,front,3420",
            param_hint="--distance",
        )
    return one.strip(), other.strip(), length_mm
