"""How well cameras agree on the joints that were triangulated: for machines, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuropose.cli.reconstruct.triangulated import Triangulated
    from neuropose.multiview import Triangulation


def triangulation_json(done: Triangulated) -> dict[str, Any]:
    """Return how well the cameras agree, for machines.

    Parameters
    ----------
    done : Triangulated
        What was triangulated.

    Returns
    -------
    dict
    """
    import numpy as np

    found = done.found
    seen = np.isfinite(found.residual_px)
    exchanged = found.exchanged.any(axis=2).mean(axis=1)
    return {
        "cameras": [
            {
                "name": name,
                "reprojection_px": _median(found.residual_px[number]),
                "seen": float(seen[number].mean()),
                "exchanged": float(exchanged[number]),
                "offset_s": done.rig[name].clock.offset_s,
            }
            for number, name in enumerate(found.cameras)
        ],
        "joints": {
            joint: {
                "reprojection_px": _median(found.residual_px[:, :, number]),
                "missing": _missing(found.points_mm[:, number]),
            }
            for number, joint in enumerate(found.joints)
        },
        "frames": len(found.time_s),
        "duration_s": float(np.ptp(found.time_s)),
        "seen_by_two_s": done.person.seen_s,
        "apart_mm": done.person.apart_mm,
        "standard_error_mm": _median(_errors_mm(found)),
        "missing": _missing(found.points_mm),
        "notes": list(done.notes),
    }


def triangulation_lines(done: Triangulated) -> Iterator[str]:
    """Yield how well the cameras agree, in words.

    Parameters
    ----------
    done : Triangulated
        What was triangulated.

    Yields
    ------
    str
    """
    said = triangulation_json(done)
    for camera in said["cameras"]:
        parts = [f"joints within {_px(camera['reprojection_px'])} (median)"]
        parts.append(f"{_percent(camera['seen'])} seen")
        if camera["exchanged"]:
            parts.append(f"left and right exchanged in {_percent(camera['exchanged'])} of frames")
        if camera["offset_s"]:
            parts.append(f"clock {camera['offset_s']:+.3f} s")
        yield f"camera      {camera['name']}: {', '.join(parts)}"
    yield (
        f"joints      {len(said['joints'])} in {said['frames']} frames, "
        f"{said['duration_s']:.1f} s; {_percent(said['missing'])} missing"
    )
    worst = sorted(said["joints"].items(), key=lambda each: -each[1]["missing"])[:3]
    most = [f"{name} {_percent(each['missing'])}" for name, each in worst if each["missing"] > 0.0]
    if most:
        yield f"missing     most: {', '.join(most)}"
    if said["standard_error_mm"] is not None:
        yield f"error       {said['standard_error_mm']:.0f} mm along each axis, as views disagree"


def _errors_mm(found: Triangulation) -> NDArray[Any]:
    """Return standard errors of the joints along an axis, root mean square of the three."""
    import numpy as np

    return np.asarray(np.sqrt(np.trace(found.covariance_mm2, axis1=2, axis2=3) / 3.0))


def _median(values: NDArray[Any]) -> float | None:
    import numpy as np

    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


def _missing(points_mm: NDArray[Any]) -> float:
    import numpy as np

    return float(np.isnan(points_mm).any(axis=-1).mean())


def _px(value: float | None) -> str:
    return "an unknown distance" if value is None else f"{value:.1f} px"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"
