"""Features of the segments of a movement: one row per segment, NaN where data are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import ANGLES, joint_angles
from neuropose.analyzer.kinematics.orientation import Vertical
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.summary import symmetry_index
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.features.definitions import (
    ANGLE_FEATURES,
    FEATURES,
    JOINT_FEATURES,
    LEAST_FREQUENCY_S,
    TRACKED,
    column_name,
    split_side,
)
from neuropose.features.measuring import angle_values, joint_values
from neuropose.filters import differentiate
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

KEYS = ("segment", "side", "number", "start_s", "end_s", "confidence", "excluded")
"""Columns that identify a row."""

_ROUNDING = 1e-6  # of a frame


@dataclass(frozen=True)
class Segment:
    """A part of a movement.

    Parameters
    ----------
    kind : {"trial", "stride", "repetition"}
    number : int
        Number of the segment within its side, from 0.
    start_s, end_s : float
        Seconds, in the recording's own time.
    side : {"left", "right"} or None
    confidence : float
        0 to 1.
    excluded : str or None
        Why it is not summarised. None: it is included.
    values : mapping of str to float
        Values of a stride by the names of `neuropose.analyzer.tasks.gait.STRIDE_MEASURES`.
    """

    kind: Literal["trial", "stride", "repetition"]
    number: int
    start_s: float
    end_s: float
    side: Side | None = None
    confidence: float = 1.0
    excluded: str | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features, one row per segment.

    Parameters
    ----------
    table : DataFrame
        The columns of `KEYS`, then those of `neuropose.features.FEATURES`: always all of
        them, float64. NaN: missing in this segment, or as a whole, see `missing`.
    missing : mapping of str to str
        Reasons by column for the columns that have no number in any row.
    """

    table: pd.DataFrame
    missing: Mapping[str, str]

    @property
    def definitions(self) -> pd.DataFrame:
        """Definitions, one row per feature: ``column``, ``unit``, ``definition``, ``source``."""
        import pandas as pd

        columns = ["column", "unit", "definition", "source"]
        return pd.DataFrame([feature[:4] for feature in FEATURES.values()], columns=columns)

    def without(self, refused: Mapping[str, str]) -> FeatureTable:
        """Leave out what is not known well enough.

        Parameters
        ----------
        refused : mapping of str to str
            Reasons by column.

        Returns
        -------
        FeatureTable
            With NaN in these columns, and their reasons among `missing`.
        """
        table = self.table.assign(**dict.fromkeys(refused, np.nan))
        return FeatureTable(table, {**self.missing, **refused})


def movement_features(
    sequence: PoseSequence, segments: Sequence[Segment], *, upright: Vertical | None = None
) -> FeatureTable:
    """Measure the features of every segment of a movement.

    Parameters
    ----------
    sequence : PoseSequence
        Prepared positions, evenly sampled and smooth.
    segments : sequence of Segment
        Parts of the movement to describe.
    upright : Vertical, optional
        Default: estimated by `neuropose.analyzer.vertical`.

    Returns
    -------
    FeatureTable
        A row per segment, in their order. A segment in which a joint is missing in even one frame
        has NaN in every feature of that joint: a maximum over a gap is not a maximum.
        Smoothness is NaN in whole trials, frequencies in all but whole trials of at least
        `LEAST_FREQUENCY_S` of frames.

    Raises
    ------
    SequenceError
        If the sequence is not evenly sampled.

    Notes
    -----
    Speeds are relative to the pelvis, so that walks on a floor and on a treadmill have the same
    values. ``docs/reference/pipelines.md`` describes how the columns are named;
    `FeatureTable.definitions` has the unit, the definition and the source of each.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = walker_sequence(simulate_walk())
    >>> features = movement_features(walk, [Segment("trial", 0, 1.0, 5.0)])
    >>> features.table["knee_flexion_max_left_deg"].round(1).to_list()
    [58.6]
    """
    import pandas as pd

    if len(sequence) > 1 and not sequence.is_uniform:
        raise SequenceError("the frames are not evenly sampled", hint="prepare the sequence first")
    signals, missing = _signals(sequence, upright)
    rows = []
    for segment in segments:
        frames = _frames(sequence, segment)
        values = dict.fromkeys(FEATURES, np.nan)
        values["duration_s"] = segment.end_s - segment.start_s
        values |= _measured(signals, frames, sequence, segment)
        values |= _of_stride(segment)
        rows.append({**{key: _key(segment, key) for key in KEYS}, **values})
    table = pd.DataFrame(rows, columns=[*KEYS, *FEATURES])
    table = table.astype(dict.fromkeys(FEATURES, np.float64))
    absent = {
        column: missing.get(column) or _why(column, segments, sequence)
        for column in FEATURES
        if not len(table) or table[column].isna().all()
    }
    return FeatureTable(table, absent)


@dataclass(frozen=True, eq=False)
class _Signals:
    angles_deg: dict[str, Array]
    angle_rates_deg_s: dict[str, Array]
    velocities_mm_s: dict[tuple[str, str], Array]


def _signals(sequence: PoseSequence, upright: Vertical | None) -> tuple[_Signals, dict[str, str]]:
    """Return signals of the whole movement, and why columns are not available."""
    rate_hz = sequence.sampling_rate_hz
    missing: dict[str, str] = {}
    angles: dict[str, Array] = {}
    try:
        measured = joint_angles(sequence, upright=upright)
    except (MissingJointsError, SequenceError) as error:
        missing |= {
            column_name(f"{name}_{kind}", unit, side): error.message
            for name, side in map(split_side, ANGLES)
            for kind, (unit, _, _) in ANGLE_FEATURES.items()
        }
    else:
        angles = {name: angle.values_deg for name, angle in measured.items() if not angle.reason}
        doubted = {name: angle.reason for name, angle in measured.items() if angle.reason}
        for angle, reason in (dict(measured.refused) | doubted).items():
            name, side = split_side(angle)
            for kind, (unit, _, _) in ANGLE_FEATURES.items():
                missing[column_name(f"{name}_{kind}", unit, side)] = reason
    velocities: dict[tuple[str, str], Array] = {}
    for joint in TRACKED:
        for side in SIDES:
            try:
                point, pelvis = sequence.require(f"{side}_{joint}", "pelvis")
            except MissingJointsError as error:
                missing |= {
                    column_name(f"{joint}_{kind}", unit, side): error.message
                    for kind, (unit, _, _) in JOINT_FEATURES.items()
                }
                continue
            velocities[joint, side] = differentiate(point - pelvis, rate_hz=rate_hz)
    rates = {name: differentiate(values, rate_hz=rate_hz) for name, values in angles.items()}
    return _Signals(angles, rates, velocities), missing


def _frames(sequence: PoseSequence, segment: Segment) -> slice:
    """Frames from start to end, both included."""
    rate_hz, first_s = sequence.sampling_rate_hz, float(sequence.time_s[0])
    start = int(np.ceil((segment.start_s - first_s) * rate_hz - _ROUNDING))
    end = int(np.floor((segment.end_s - first_s) * rate_hz + _ROUNDING))
    return slice(max(start, 0), end + 1)


def _measured(
    signals: _Signals, frames: slice, sequence: PoseSequence, segment: Segment
) -> dict[str, float]:
    values: dict[str, float] = {}
    for angle, series in signals.angles_deg.items():
        name, side = split_side(angle)
        found = angle_values(series[frames], signals.angle_rates_deg_s[angle][frames])
        for kind, value in found.items():
            values[column_name(f"{name}_{kind}", ANGLE_FEATURES[kind][0], side)] = value
    for (joint, side), velocity in signals.velocities_mm_s.items():
        for (kind, unit), value in joint_values(
            velocity[frames],
            sequence.sampling_rate_hz,
            smoothness=segment.kind != "trial",
            frequencies=_has_frequencies(sequence, segment),
        ).items():
            values[column_name(f"{joint}_{kind}", unit, side)] = value
    for column in FEATURES:
        if column.endswith("_symmetry_index_percent"):
            name = column.removesuffix("_symmetry_index_percent")
            unit = "deg" if name.endswith("_range") else "mm"
            left, right = (values.get(column_name(name, unit, side), np.nan) for side in SIDES)
            values[column] = symmetry_index(left, right)
    return values


def _has_frequencies(sequence: PoseSequence, segment: Segment) -> bool:
    """Whether it is a whole trial of several periods."""
    count = len(sequence.time_s[_frames(sequence, segment)])
    least = LEAST_FREQUENCY_S * sequence.sampling_rate_hz
    return segment.kind == "trial" and count >= least - _ROUNDING


def _of_stride(segment: Segment) -> dict[str, float]:
    return {
        column_name(name, STRIDE_MEASURES[name].unit, segment.side): value
        for name, value in segment.values.items()
    }


def _key(segment: Segment, key: str) -> object:
    return segment.kind if key == "segment" else getattr(segment, key)


def _why(column: str, segments: Sequence[Segment], sequence: PoseSequence) -> str:
    feature = FEATURES[column]
    if not segments:
        return "the movement has no segments"
    if feature.of_stride and all(
        segment.kind != "stride" or segment.side != feature.side for segment in segments
    ):
        return f"there is no stride of the {feature.side} foot"
    if ("_sparc_" in column or "_ldlj_" in column) and segments[0].kind == "trial":
        return "a whole trial is more than one movement"
    if "_frequency_" in column and all(segment.kind != "trial" for segment in segments):
        return f"a {segments[0].kind} is one period: a frequency is known to 1 / its duration only"
    if "_frequency_" in column and not any(
        _has_frequencies(sequence, segment) for segment in segments
    ):
        return f"the trial is shorter than {LEAST_FREQUENCY_S:g} s: too few periods for a frequency"
    return "what it is made from is missing within every segment"
