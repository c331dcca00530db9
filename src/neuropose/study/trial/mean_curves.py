"""Mean curves of joint angles over the cycle, 0 to 100 %, of one recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import ANGLES, Angle, joint_angles
from neuropose.analyzer.tasks.gait.cycles import (
    POINTS,
    normalise_cycles,
    root_mean_square_of_known,
)
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
        and ``sd`` between cycles, ``standard_error`` of the mean if a body was fitted, ``n``
        cycles. Without a mean: no cycle is complete. A cycle in which the angle is missing at any
        moment is left out as a whole.

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
    drawn: list[dict[str, Array]] = []
    if needed:
        upright, facing = prepared.vertical, prepared.heading
        found = joint_angles(prepared.sequence, sorted(needed), upright=upright, facing=facing)
        for number in range(prepared.sequence.draw_count):
            allowed = joint_angles(prepared.sequence.drawn(number), sorted(needed))
            drawn.append({name: each.values_deg for name, each in allowed.items()})
    names: list[str] = []
    parts: list[Array] = []
    for curve, (angle, side) in wanted.items():
        cycles = trial.counted(side)
        starts_s, ends_s = [each.start_s for each in cycles], [each.end_s for each in cycles]
        over, *others = (
            normalise_cycles(prepared.time_s, values, starts_s, ends_s)
            for values in (found[angle].usable_deg, *(each[angle] for each in drawn))
        )
        names += [curve] * POINTS
        count = np.full(POINTS, float(over.count))
        changes = np.reshape([each.mean - over.mean for each in others], (-1, POINTS))
        error = root_mean_square_of_known(changes)
        parts.append(np.stack([PERCENT, over.mean, over.sd, error, count]))
    columns = np.concatenate(parts, axis=1) if parts else np.empty((5, 0))
    percent, mean, sd, error, count = columns
    return Table.from_columns(
        {
            "curve": (None, np.array(names, object)),
            "percent": ("%", percent),
            "mean": ("deg", mean),
            "sd": ("deg", sd),
            "standard_error": ("deg", error),
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
