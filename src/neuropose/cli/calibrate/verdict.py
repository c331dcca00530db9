"""What a technician should know of a calibration, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.data import Rig
    from neuropose.multiview.boards import Calibration, CameraCheck


def verdict_lines(found: Calibration) -> Iterator[str]:
    """Yield the lines of a verdict.

    Parameters
    ----------
    found : Calibration
        The calibration.

    Yields
    ------
    str
    """
    for check in found.checks:
        yield f"camera    {_camera(check)}"
    for pair, count in found.shared.items():
        yield f"pair      {apart(found.rig, *pair)}, {_moments(count)}"
    yield f"scale     squares of {found.board.square_mm:g} mm: is the printed bar 100 mm long?"
    yield f"floor     {_floor(found)}"
    for check in found.checks[1:]:
        yield f"clock     {check.name} began {check.offset_s:+.3f} s after {found.checks[0].name}"
    yield from conclusion(found.rig.warnings)


def apart(rig: Rig, one: str, other: str) -> str:
    """Say how far two cameras are from each other.

    Parameters
    ----------
    rig : Rig
        The cameras.
    one, other : str
        Names of two.

    Returns
    -------
    str
    """
    distance_m = math.dist(rig[one].centre_mm, rig[other].centre_mm) / 1000.0
    return f"{one} and {other}: {distance_m:.2f} m apart"


def conclusion(warnings: Sequence[str]) -> Iterator[str]:
    """Yield the warnings of a calibration, and whether it is good.

    Parameters
    ----------
    warnings : sequence of str
        Of the rig.

    Yields
    ------
    str
    """
    for warning in warnings:
        yield f"warning   {warning}"
    doubts = len(warnings)
    yield (
        f"verdict   usable; {counted(doubts, 'thing')} to better, above"
        if doubts
        else "verdict   good"
    )


def as_json_value(found: Calibration) -> dict[str, Any]:
    """Return the same for machines.

    Parameters
    ----------
    found : Calibration
        The calibration.

    Returns
    -------
    dict
    """
    return {
        "verdict": "good" if found.is_good else "usable",
        "warnings": list(found.rig.warnings),
        "board": str(found.board),
        "floor_found": found.floor is not None,
        "cameras": [
            {
                "name": check.name,
                "reprojection_px": _finite(check.rms_px),
                "pictures_with_board": check.sighting_count,
                "pictures": check.picture_count,
                "fov_degrees": check.fov_degrees,
                "offset_s": check.offset_s,
                "coverage": None if check.intrinsics is None else check.intrinsics.coverage,
                "focal_error": _focal_error(check),
                "centre_mm": found.rig[check.name].centre_mm.tolist(),
            }
            for check in found.checks
        ],
        "pairs": [
            {"cameras": list(pair), "moments": count} for pair, count in found.shared.items()
        ],
    }


def _focal_error(check: CameraCheck) -> float | None:
    return None if check.intrinsics is None else _finite(check.intrinsics.focal_error)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _camera(check: CameraCheck) -> str:
    seen = f"board in {check.sighting_count} of {check.picture_count} pictures"
    parts = [f"{check.name}: field of view {check.fov_degrees:.0f}°", seen]
    if check.intrinsics is not None:
        parts.append(f"in {100.0 * check.intrinsics.coverage:.0f} % of the picture")
        if (error := _focal_error(check)) is not None:
            parts.append(f"focal length ± {100.0 * error:.2f} %")
    else:
        parts.append("intrinsics as given")
    if math.isfinite(check.rms_px):
        parts.append(f"corners within {check.rms_px:.2f} px")
    return ", ".join(parts)


def _moments(count: int) -> str:
    return (
        f"the board seen by both at {counted(count, 'moment')}"
        if count
        else "the board never seen by both"
    )


def _floor(found: Calibration) -> str:
    floor = found.floor
    if floor is None:
        return "not known; z points up as the cameras were held"
    heights = ", ".join(f"{height / 1000.0:.2f}" for height in found.rig.heights_mm())
    return (
        f"where the board lay from {floor.start_s:.1f} to {floor.end_s:.1f} s, seen by "
        f"{counted(floor.camera_count, 'camera')}; z points up; cameras are {heights} m high"
    )
