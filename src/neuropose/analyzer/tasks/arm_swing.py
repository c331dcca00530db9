"""Arm swing in walking: amplitude, symmetry, and coordination with the legs."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.repetitions import RepetitionSettings, find_repetitions
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.gait.summary import symmetry_index, symmetry_ratio
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Report, Table
from neuropose.grammar import counted
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side, other

Array = NDArray[np.float64]
UNITS = {
    "amplitude_left": "mm",
    "amplitude_right": "mm",
    "amplitude_symmetry_index": "%",
    "amplitude_symmetry_ratio": "1",
    "angle_left": "deg",
    "angle_right": "deg",
    "angle_symmetry_index": "%",
    "angle_symmetry_ratio": "1",
    "lag_behind_leg_left": "%",
    "lag_behind_leg_right": "%",
    "lag_of_arms": "%",
    "coordination_left": "1",
    "coordination_right": "1",
    "coordination_of_arms": "1",
}
_LEAST_ANGLE_DEG = 5.0  # of both arms together: below that an index is about noise
_RAISED_DEG = 90.0  # from hanging
_LEAST_STRIDES = 3
_FEW = 10  # strides: by chance, lags seem steady
_JOINTS = tuple(
    f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "wrist", "hip", "ankle")
)


class ArmSwingSettings(TaskSettings):
    """How arm swing is measured.

    Parameters
    ----------
    origin : {"shoulder", "pelvis"}
        Origin of ``amplitude``. Relative to the pelvis, it includes the rotation of the trunk.
    least_step_mm : float
        A stride is one to-and-fro of the ankles past each other by at least this much.
    shortest_stride_s, longest_stride_s : float
        Strides outside these limits do not count.
    most_turn_deg : float
        Strides in which the heading changes by more do not count.
    affected_side : {"left", "right"} or None
        Affected side, for ratios of the affected to the unaffected side. None: no ratios.
    """

    origin: Literal["shoulder", "pelvis"] = "shoulder"
    least_step_mm: PositiveFloat = 100.0
    shortest_stride_s: PositiveFloat = 0.5
    longest_stride_s: Annotated[float, Field(gt=0.0)] = 3.0
    most_turn_deg: PositiveFloat = 20.0
    affected_side: Side | None = None


class _Stride(NamedTuple):
    side: Side
    rows: slice
    note: str | None


@with_standard_errors
def measure_arm_swing(recording: PoseSequence, settings: ArmSwingSettings | None = None) -> Report:
    """Measure the swing of both arms, stride by stride.

    Parameters
    ----------
    recording : PoseSequence
        Recording of walking, on the floor or a treadmill.
    settings : ArmSwingSettings, optional
        Which strides count, and the affected side; default: `ArmSwingSettings()`.

    Returns
    -------
    Report
        Mean and standard deviation over the strides of the same side's foot of ``amplitude`` (of
        the wrist, from end to end along the heading) and ``angle`` (of the line from shoulder to
        wrist in the plane of progression, from end to end); their signed symmetry indices,
        (L − R) / (0.5 (L + R)) · 100, and ratios of the affected to the unaffected side;
        ``lag_behind_leg``: how much later than the opposite leg an arm swings, in percent of the
        stride, 0 = together; ``lag_of_arms``: of the left arm behind the right one, 50 =
        alternating; ``coordination``: how steady that lag is from stride to stride, 1 = always
        the same, 0 = any. The table ``strides`` lists every stride, including those that do not
        count.

    Raises
    ------
    MissingJointsError
        If the skeleton has no shoulders, wrists, hips or ankles.

    Notes
    -----
    Amplitude and asymmetry: Lewek et al. 2010, Gait Posture 31:256; Mirelman et al. 2016, Mov
    Disord 31:1527. The signed index is that of Robinson et al. 1987. Lag: relative phase at the
    stride's frequency, from the first Fourier component of each stride (Wagenaar & van Emmerik
    2000, J Biomech 33:853; Donker et al. 2001, J Mot Behav 33:86); coordination is the length of
    its circular mean. Below 0.8 m/s arms may swing twice a stride: then it means little.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, swing_arms
    >>> trial = swing_arms(simulate_walk(), left_deg=10.0, right_deg=20.0)
    >>> report = measure_arm_swing(trial.sequence)
    >>> round(report.measures["angle_left"].value), round(report.measures["angle_right"].value)
    (20, 40)
    """
    settings = ArmSwingSettings() if settings is None else settings
    found, prepared = Findings("arm_swing", UNITS), None
    recording.require(*_JOINTS)
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        _measure(prepared, settings, found)
    return found.report(recording, settings, prepared)


def _ahead_of(prepared: PreparedRecording, joint: str, origin: str) -> Array:
    """Return how far a joint is ahead of another one along the heading, mm."""
    offset = prepared.sequence.joint(joint) - _place(prepared, origin)
    return np.asarray((offset * prepared.heading.forward).sum(axis=1))


def _place(prepared: PreparedRecording, name: str) -> Array:
    if name != "pelvis" or prepared.sequence.has(name):
        return prepared.sequence.joint(name)
    left, right = prepared.sequence.require("left_hip", "right_hip")
    return np.asarray(0.5 * (left + right))


def _angle_deg(prepared: PreparedRecording, side: Side) -> Array:
    wrist, shoulder = prepared.sequence.require(f"{side}_wrist", f"{side}_shoulder")
    down = -(wrist - shoulder) @ prepared.vertical.up
    ahead = _ahead_of(prepared, f"{side}_wrist", f"{side}_shoulder")
    return np.asarray(np.degrees(np.arctan2(ahead, down)))


def _strides(
    prepared: PreparedRecording,
    legs: dict[Side, Array],
    angles: dict[Side, Array],
    settings: ArmSwingSettings,
) -> list[_Stride]:
    """Cut at the moments when one foot is farthest ahead of the other, into each foot's strides."""
    how = RepetitionSettings(
        min_distance_s=settings.shortest_stride_s, prominence=settings.least_step_mm
    )
    turned = prepared.heading.turned_deg
    strides = []
    for side in SIDES:
        apart = legs[side] - legs[other(side)]
        peaks = [each.peak_frame for each in find_repetitions(prepared.time_s, apart, how)]
        for first, last in pairwise(peaks):
            note = None
            if (last - first) / prepared.rate_hz > settings.longest_stride_s:
                note = "too long"
            elif np.isnan(apart[first:last]).any():
                note = "an ankle is missing"
            elif not np.ptp(turned[first : last + 1]) <= settings.most_turn_deg:
                note = "in a turn"
            elif (np.abs(angles[side][first : last + 1]) > _RAISED_DEG).any():
                note = "the hand is above the shoulder"
            strides.append(_Stride(side, slice(first, last), note))
    return sorted(strides, key=lambda stride: stride.rows.start)


def _measure(prepared: PreparedRecording, settings: ArmSwingSettings, found: Findings) -> None:
    legs = {side: _ahead_of(prepared, f"{side}_ankle", "pelvis") for side in SIDES}
    angles = {side: _angle_deg(prepared, side) for side in SIDES}
    strides = _strides(prepared, legs, angles, settings)
    counting = [stride for stride in strides if stride.note is None]
    if not counting:
        why = f"none of {len(strides)} strides counts" if strides else "no stride was found"
        found.miss(f"{why}: arm swing is measured in walking straight ahead")
    if len(counting) < len(strides):
        found.warnings.append(
            f"{len(strides) - len(counting)} of {len(strides)} strides do not count: see the table"
        )
    origins = {
        side: f"{side}_shoulder" if settings.origin == "shoulder" else "pelvis" for side in SIDES
    }
    ways = {side: _ahead_of(prepared, f"{side}_wrist", origins[side]) for side in SIDES}
    _tabulate(prepared, strides, ways, angles, found)
    if not counting:
        return
    trust = {
        side: prepared.vertical.confidence
        * prepared.heading.confidence
        * prepared.confidence(f"{side}_wrist", f"{side}_shoulder")
        for side in SIDES
    }
    swings = {side: _ranges(angles[side], side, counting) for side in SIDES}
    still = (
        sum(float(swings[side].mean()) for side in SIDES if len(swings[side])) < _LEAST_ANGLE_DEG
    )
    amplitudes = {side: _ranges(ways[side], side, counting) for side in SIDES}
    for name, values in (("amplitude", amplitudes), ("angle", swings)):
        for side in SIDES:
            found.summarise(
                f"{name}_{side}",
                values[side],
                confidence=trust[side],
                warnings=_too_few(len(values[side])),
                reason=f"no stride of the {side} foot counts, or that arm is missing in all",
            )
        _compare(name, values, still, settings.affected_side, min(trust.values()), found)
    _measure_lags(counting, angles, legs, trust, found)


def _too_few(strides: int) -> tuple[str, ...]:
    if not 0 < strides < _LEAST_STRIDES:
        return ()
    return ("of one stride only" if strides == 1 else f"of {strides} strides only",)


def _ranges(values: Array, side: Side, strides: list[_Stride]) -> Array:
    """Return the range in each stride of one foot; only strides in which no sample is missing."""
    ranges = np.array([np.ptp(values[stride.rows]) for stride in strides if stride.side == side])
    return ranges[np.isfinite(ranges)] if len(ranges) else np.empty(0)


def _tabulate(
    prepared: PreparedRecording,
    strides: list[_Stride],
    ways: dict[Side, Array],
    angles: dict[Side, Array],
    found: Findings,
) -> None:
    found.tables["strides"] = Table.from_columns(
        {
            "side": (None, [stride.side for stride in strides]),
            "start": ("s", [prepared.time_s[stride.rows.start] for stride in strides]),
            "end": ("s", [prepared.time_s[stride.rows.stop] for stride in strides]),
            "amplitude": ("mm", [np.ptp(ways[stride.side][stride.rows]) for stride in strides]),
            "angle": ("deg", [np.ptp(angles[stride.side][stride.rows]) for stride in strides]),
            "note": (None, np.array([stride.note for stride in strides], dtype=object)),
        }
    )


def _compare(
    name: str,
    values: dict[Side, Array],
    still: bool,
    affected: Side | None,
    trust: float,
    found: Findings,
) -> None:
    """Compare the means of both sides."""
    index, ratio = f"{name}_symmetry_index", f"{name}_symmetry_ratio"
    n = min(len(values[side]) for side in SIDES)
    if still or not n:
        why = "both arms hang still: there is nothing to compare"
        found.miss(
            why if n else "one arm has no stride that counts, or is missing in all", index, ratio
        )
        return
    left, right = (float(values[side].mean()) for side in SIDES)
    found.give(index, symmetry_index(left, right), n, confidence=trust)
    if affected is None:
        found.miss("it was not said which side is affected", ratio)
        return
    found.give(
        ratio,
        symmetry_ratio(left, right, affected),
        n,
        confidence=trust,
        reason="one arm does not move at all",
    )


def _measure_lags(
    strides: list[_Stride],
    angles: dict[Side, Array],
    legs: dict[Side, Array],
    trust: dict[Side, float],
    found: Findings,
) -> None:
    for side in SIDES:
        own = [stride for stride in strides if stride.side == side]
        phases = _phases(angles[side], legs[other(side)], own)
        _give_lag(f"behind_leg_{side}", side, phases, trust[side], found)
    phases = _phases(angles["left"], angles["right"], strides)
    _give_lag("of_arms", "of_arms", phases, min(trust.values()), found)


def _give_lag(name: str, of: str, phases: Array, trust: float, found: Findings) -> None:
    """Record the circular mean of the phases, and how steady they are."""
    n = len(phases)
    mean = np.exp(1j * phases).mean() if n else complex("nan")
    lag = 100.0 * float(np.angle(mean)) / (2.0 * np.pi)
    if name == "of_arms":
        lag %= 100.0
    why = "no stride has both limbs in every frame, and moving"
    found.give(f"lag_{name}", lag, n, confidence=trust, reason=why)
    found.give(
        f"coordination_{of}",
        float(np.abs(mean)) if n > 1 else float("nan"),
        n,
        confidence=trust,
        warnings=(_by_chance(n),) if 1 < n < _FEW else (),
        reason="one stride does not show how steady a lag is" if n else why,
    )


def _by_chance(strides: int) -> str:
    return f"{counted(strides, 'stride')}: random lags would give about {strides**-0.5:.1f}"


def _phases(one: Array, two: Array, strides: list[_Stride]) -> Array:
    phases = np.array([_phase(one[stride.rows], two[stride.rows]) for stride in strides])
    return phases[np.isfinite(phases)] if len(phases) else np.empty(0)


def _phase(one: Array, two: Array) -> float:
    """Return the delay of the first signal behind the second, rad; NaN if one does not move."""
    turn = np.exp(-2j * np.pi * np.arange(len(one)) / len(one))
    first, second = ((each - each.mean()) @ turn for each in (one, two))
    if not min(abs(first), abs(second)) > 1e-9 * len(one):
        return float("nan")
    return float(np.angle(second * np.conj(first)))
