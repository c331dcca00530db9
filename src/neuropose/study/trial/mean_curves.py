"""Mean curves of joint angles over the cycle, 0 to 100 %, of one recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import ANGLES, Angle, joint_angles
from neuropose.analyzer.tasks.gait.cycles import POINTS, normalise_cycles
from neuropose.data import Table
from neuropose.skeletons.sides import SIDES
from neuropose.study.trial.segments import CutTrial

Array = NDArray[np.float64]

PERCENT = np.linspace(0.0, 100.0, POINTS)


def mean_curves(trial: CutTrial, angles: Sequence[str]) -> Table:
    """Return the mean of angles over the cycles that count, side by side.

    Parameters
    ----------
    trial : CutTrial
        Strides or repetitions.
    angles : sequence of str
        Of strides, names without a side mean the stride's own.

    Returns
    -------
    Table
        A row a percent of each curve: ``curve`` (what `curve_name` gives), ``percent``, ``mean``
        and ``sd`` between cycles, ``n`` cycles. Without a mean: no cycle is complete. A cycle in
        which the angle is missing at any moment is left out as a whole.

    Raises
    ------
    MissingJointsError
        If the skeleton does not give an angle.

    Notes
    -----
    See `neuropose.analyzer.tasks.gait.normalise_cycles`.
    """
    prepared = trial.prepared
    sides = [side for side in (*SIDES, None) if trial.has(side)]
    wanted = {
        curve_name(name, side): (_with_side(name, side), side) for side in sides for name in angles
    }
    needed = {angle for angle, _ in wanted.values()}
    found: Mapping[str, Angle] = {}
    if needed:
        upright, facing = prepared.vertical, prepared.heading
        found = joint_angles(prepared.sequence, sorted(needed), upright=upright, facing=facing)
    names: list[str] = []
    parts: list[Array] = []
    for curve, (angle, side) in wanted.items():
        cycles = trial.counted(side)
        over = normalise_cycles(
            prepared.time_s,
            found[angle].usable_deg,
            [each.start_s for each in cycles],
            [each.end_s for each in cycles],
        )
        names += [curve] * POINTS
        count = np.full(POINTS, float(over.count))
        parts.append(np.stack([PERCENT, over.mean, over.sd, count]))
    percent, mean, sd, count = np.concatenate(parts, axis=1) if parts else np.empty((4, 0))
    return Table.from_columns(
        {
            "curve": (None, np.array(names, object)),
            "percent": ("%", percent),
            "mean": ("deg", mean),
            "sd": ("deg", sd),
            "n": ("1", count),
        }
    )


def curve_name(angle: str, side: str | None) -> str:
    """Return the name of a curve: the angle, then the side of the strides.

    Parameters
    ----------
    angle : str
        Name of the angle.
    side : {"left", "right"} or None

    Returns
    -------
    str

    Examples
    --------
    >>> curve_name("knee_flexion", "left"), curve_name("right_elbow_flexion", None)
    ('knee_flexion_left', 'right_elbow_flexion')
    """
    return angle if side is None else f"{angle}_{side}"


def curves_of(table: Table) -> dict[str, Array]:
    """Return the means of a table of `mean_curves`.

    Parameters
    ----------
    table : Table
        The table.

    Returns
    -------
    dict of str to ndarray, shape (POINTS,)
        Degrees. NaN: there is none.
    """
    names = table.column("curve")
    means = table.column("mean")
    return {name: means[names == name] for name in dict.fromkeys(names)}


def _with_side(angle: str, side: str | None) -> str:
    own = f"{side}_{angle}"
    return own if own in ANGLES else angle
