"""What a technician should know of a calibration without a board, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from neuropose.cli.calibrate.verdict import apart, conclusion

if TYPE_CHECKING:
    from neuropose.data import Rig
    from neuropose.multiview import PeopleCalibration


def verdict_lines(
    found: PeopleCalibration, warnings: Sequence[str], intrinsics: Mapping[str, str]
) -> Iterator[str]:
    """Yield the lines of a verdict.

    Parameters
    ----------
    found : PeopleCalibration
        The calibration.
    warnings : sequence of str
        All of them.
    intrinsics : mapping of str to str
        Where those of each camera come from.

    Yields
    ------
    str
    """
    rig = found.rig
    for check in found.checks:
        yield (
            f"camera    {check.name}: {check.height_mm / 1000.0:.2f} m high, joints within "
            f"{check.reprojection_px:.1f} px ({check.misfit_mm:.0f} mm), person in "
            f"{100.0 * check.coverage:.0f} % of the picture, intrinsics {intrinsics[check.name]}"
        )
    for one, other in combinations(rig.names, 2):
        yield f"pair      {apart(rig, one, other)}"
    yield f"person    {_person(found)}"
    yield f"scale     {_scale(rig)}"
    yield (
        "floor     where the feet stood; z points up, "
        f"as the body and the floor have it, within {found.tilt_error_deg:.1f}°"
    )
    first, *others = rig.cameras
    for camera in others:
        error_s = camera.clock.offset_error_s
        within = "" if error_s is None else f", within {1000.0 * error_s:.0f} ms"
        later_s = camera.clock.offset_s - first.clock.offset_s
        yield f"clock     {camera.name} began {later_s:+.3f} s after {first.name}{within}"
    yield from conclusion(warnings)


def as_json_value(
    found: PeopleCalibration, warnings: Sequence[str], intrinsics: Mapping[str, str]
) -> dict[str, Any]:
    """Return the same for machines.

    Parameters
    ----------
    found : PeopleCalibration
        The calibration.
    warnings : sequence of str
        All of them.
    intrinsics : mapping of str to str
        Where those of each camera come from.

    Returns
    -------
    dict
    """
    rig = found.rig
    return {
        "verdict": "usable" if warnings else "good",
        "warnings": list(warnings),
        "scale": rig.assumptions["scale"].value,
        "scale_source": str(rig.scale_source),
        "scale_error": rig.scale_error,
        "stature_mm": _finite(found.stature_mm),
        "travelled_mm": _finite(found.travelled_mm),
        "apart_deg": _finite(found.apart_deg),
        "tilt_error_deg": _finite(found.tilt_error_deg),
        "cameras": [
            {
                "name": check.name,
                "reprojection_px": _finite(check.reprojection_px),
                "misfit_mm": _finite(check.misfit_mm),
                "coverage": check.coverage,
                "height_mm": check.height_mm,
                "intrinsics": intrinsics[check.name],
                "offset_s": rig[check.name].clock.offset_s,
                "offset_error_s": rig[check.name].clock.offset_error_s,
                "centre_mm": rig[check.name].centre_mm.tolist(),
            }
            for check in found.checks
        ],
    }


def _person(found: PeopleCalibration) -> str:
    walked = f"walked {found.travelled_mm / 1000.0:.1f} m"
    views = f"seen from directions up to {found.apart_deg:.0f}° apart"
    if math.isnan(found.stature_mm):
        return f"{walked}, {views}"
    return f"{found.stature_mm / 1000.0:.2f} m tall, {walked}, {views}"


def _scale(rig: Rig) -> str:
    from neuropose.data import Source

    what = rig.assumptions["scale"].value
    percent = 100.0 * (rig.scale_error or 0.0)
    if rig.scale_source is Source.ASSUMED:
        return f"ASSUMED, {what}: any length may be {percent:.0f} % off; measure one"
    return f"{what}, as given: lengths within {percent:.1f} %"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
