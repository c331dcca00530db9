"""Arm swing in walking: how far each arm swings, how alike, and how in step with the legs."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from neuropose.analyzer.gait.summary import symmetry_index, symmetry_ratio
from neuropose.analyzer.repetitions import RepetitionSettings, find_repetitions
from neuropose.analyzer.sequence import PoseSequence
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.scene import Scene, TaskSettings, see
from neuropose.io import Report, Table

Array = NDArray[np.float64]
Side = Literal["left", "right"]

SIDES: tuple[Side, Side] = ("left", "right")
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
_FEW = 10  # strides: by chance, lags seem steady
_JOINTS = tuple(
    f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "wrist", "hip", "ankle")
)


class ArmSwingSettings(TaskSettings):
    """How arm swing is measured.

    Parameters
    ----------
    origin : {"shoulder", "pelvis"}
        From where ``amplitude`` is seen. From the pelvis, the turning of the trunk is part of it.
    least_step_mm : float
        A stride is one to-and-fro of the ankles past each other by this much at least.
    shortest_stride_s, longest_stride_s : float
        Others do not count.
    most_turn_deg : float
        Strides in which the heading changes by more do not count.
    affected_side : {"left", "right"} or None
        For ratios of the affected to the unaffected side. None: there are none.
    """

    origin: Literal["shoulder", "pelvis"] = "shoulder"
    least_step_mm: PositiveFloat = 100.0
    shortest_stride_s: PositiveFloat = 0.5
    longest_stride_s: Annotated[float, Field(gt=0.0)] = 3.0
    most_turn_deg: PositiveFloat = 20.0
    affected_side: Side | None = None


def arm_swing(recording: PoseSequence, settings: ArmSwingSettings | None = None) -> Report:
    """Measure the swing of both arms, stride by stride.

    Parameters
    ----------
    recording : PoseSequence
        Of walking, on the floor or a treadmill.
    settings : ArmSwingSettings, optional

    Returns
    -------
    Report
        Mean and standard deviation over strides of ``amplitude`` (of the wrist, from end to end
        along the heading) and ``angle`` (of the line from shoulder to wrist in the plane of
        progression, from end to end); their signed symmetry indices, (L − R) / (0.5 (L + R)) · 100,
        and ratios of the affected to the unaffected side;
        ``lag_behind_leg``: how much later than the opposite leg an arm swings, in percent of the
        stride, 0 = together; ``lag_of_arms``: of the left arm behind the right one, 50 =
        alternating; ``coordination``: how steady that lag is from stride to stride, 1 = always
        the same, 0 = any. The table ``strides`` has every stride, also those that do not count.

    Raises
    ------
    MissingJointsError
        If the skeleton has no shoulders, wrists, hips or ankles.

    Notes
    -----
    Amplitude and asymmetry: Lewek et al. 2010, Gait Posture 31:256; Mirelman et al. 2016, Mov
    Disord 31:1527. The signed index is that of Robinson et al. 1987. Lag: relative phase at the
    stride's frequency, from the first Fourier component of each stride (Wagenaar & van Emmerik
    2000, Hum Mov Sci 19:407); coordination is the length of its circular mean.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, swing_arms
    >>> report = arm_swing(swing_arms(simulate_walk(), left_deg=10.0, right_deg=20.0).sequence)
    >>> round(report.measures["angle_left"].value), round(report.measures["angle_right"].value)
    (20, 40)
    """
    settings = ArmSwingSettings() if settings is None else settings
    found, scene = Findings("arm_swing", UNITS), None
    recording.require(*_JOINTS)
    with found.refusals():
        scene = see(recording, settings.preparation)
        _measure(scene, settings, found)
    return found.report(recording, settings, scene)


def _ahead_of(scene: Scene, joint: str, origin: str) -> Array:
    """How far a joint is ahead of another one along the heading, mm."""
    offset = scene.sequence.joint(joint) - _place(scene, origin)
    return np.asarray((offset * scene.ahead.forward).sum(axis=1))


def _place(scene: Scene, name: str) -> Array:
    if name != "pelvis" or scene.sequence.has(name):
        return scene.sequence.joint(name)
    left, right = scene.sequence.require("left_hip", "right_hip")
    return np.asarray(0.5 * (left + right))


def _angle_deg(scene: Scene, side: Side) -> Array:
    wrist, shoulder = scene.sequence.require(f"{side}_wrist", f"{side}_shoulder")
    down = -(wrist - shoulder) @ scene.upright.up
    ahead = _ahead_of(scene, f"{side}_wrist", f"{side}_shoulder")
    return np.asarray(np.degrees(np.arctan2(ahead, down)))


def _strides(
    scene: Scene, legs: Array, settings: ArmSwingSettings
) -> list[tuple[slice, str | None]]:
    """Cut at each left step; a note says why a stride does not count."""
    how = RepetitionSettings(
        min_distance_s=settings.shortest_stride_s, prominence=settings.least_step_mm
    )
    peaks = [each.peak_frame for each in find_repetitions(scene.time_s, legs, how)]
    turned = scene.ahead.turned_deg
    strides: list[tuple[slice, str | None]] = []
    for first, last in pairwise(peaks):
        note = None
        if (last - first) / scene.rate_hz > settings.longest_stride_s:
            note = "too long"
        elif np.isnan(legs[first:last]).any():
            note = "an ankle is missing"
        elif np.ptp(turned[first : last + 1]) > settings.most_turn_deg:
            note = "in a turn"
        strides.append((slice(first, last), note))
    return strides


def _measure(scene: Scene, settings: ArmSwingSettings, found: Findings) -> None:
    legs = {side: _ahead_of(scene, f"{side}_ankle", "pelvis") for side in SIDES}
    strides = _strides(scene, legs["left"] - legs["right"], settings)
    counting = [rows for rows, note in strides if note is None]
    if not counting:
        why = f"none of {len(strides)} strides counts" if strides else "no stride was found"
        found.miss(f"{why}: arm swing is measured in walking straight ahead")
    if not strides:
        return
    if len(counting) < len(strides):
        found.warnings.append(
            f"{len(strides) - len(counting)} of {len(strides)} strides do not count: see the table"
        )
    origins = {
        side: f"{side}_shoulder" if settings.origin == "shoulder" else "pelvis" for side in SIDES
    }
    ways = {side: _ahead_of(scene, f"{side}_wrist", origins[side]) for side in SIDES}
    angles = {side: _angle_deg(scene, side) for side in SIDES}
    amplitudes = {side: _ranges(ways[side], strides) for side in SIDES}
    swings = {side: _ranges(angles[side], strides) for side in SIDES}
    found.tables["strides"] = Table.from_columns(
        {
            "start": ("s", scene.time_s[[rows.start for rows, _ in strides]]),
            "end": ("s", scene.time_s[[rows.stop for rows, _ in strides]]),
            **{f"amplitude_{side}": ("mm", amplitudes[side]) for side in SIDES},
            **{f"angle_{side}": ("deg", swings[side]) for side in SIDES},
            "note": (None, np.array([note for _, note in strides], dtype=object)),
        }
    )
    if not counting:
        return
    good = np.array([note is None for _, note in strides])
    trust = {
        side: scene.upright.confidence
        * scene.ahead.confidence
        * scene.trust(f"{side}_wrist", f"{side}_shoulder")
        for side in SIDES
    }
    for name, values in (("amplitude", amplitudes), ("angle", swings)):
        for side in SIDES:
            found.summarise(
                f"{name}_{side}",
                values[side][good],
                confidence=trust[side],
                reason=f"the {side} arm is missing in every stride",
            )
        both = [values[side][good] for side in SIDES]
        still = sum(float(np.median(swings[side][good])) for side in SIDES) < _LEAST_ANGLE_DEG
        _compare(name, both, still, settings.affected_side, min(trust.values()), found)
    _measure_lags(counting, angles, legs, trust, found)


def _ranges(values: Array, strides: list[tuple[slice, str | None]]) -> Array:
    """From end to end in each stride; NaN where a sample is missing."""
    return np.array([np.ptp(values[rows]) for rows, _ in strides])


def _compare(
    name: str,
    sides: list[Array],
    still: bool,
    affected: Side | None,
    trust: float,
    found: Findings,
) -> None:
    """Compare the means of both sides, of strides with both arms."""
    index, ratio = f"{name}_symmetry_index", f"{name}_symmetry_ratio"
    both = np.isfinite(sides[0]) & np.isfinite(sides[1])
    if still or not both.any():
        why = "both arms hang still: there is nothing to compare"
        found.miss(why if both.any() else "there is no stride with both arms", index, ratio)
        return
    left, right = (float(values[both].mean()) for values in sides)
    found.give(index, symmetry_index(left, right), int(both.sum()), confidence=trust)
    if affected is None:
        found.miss("it is not known which side is affected", ratio)
        return
    found.give(
        ratio,
        symmetry_ratio(left, right, affected),
        int(both.sum()),
        confidence=trust,
        reason="one arm does not move at all",
    )


def _measure_lags(
    strides: list[slice],
    angles: dict[Side, Array],
    legs: dict[Side, Array],
    trust: dict[Side, float],
    found: Findings,
) -> None:
    pairs = {
        "behind_leg_left": (angles["left"], legs["right"], trust["left"]),
        "behind_leg_right": (angles["right"], legs["left"], trust["right"]),
        "of_arms": (angles["left"], angles["right"], min(trust.values())),
    }
    for name, (one, other, sure) in pairs.items():
        phases = np.array([_phase(one[rows], other[rows]) for rows in strides])
        phases = phases[np.isfinite(phases)]
        mean = np.exp(1j * phases).mean() if len(phases) else complex("nan")
        lag = 100.0 * float(np.angle(mean)) / (2.0 * np.pi)
        if name == "of_arms":
            lag %= 100.0
        why = "no stride has both limbs in every frame, and moving"
        found.give(f"lag_{name}", lag, len(phases), confidence=sure, reason=why)
        steady = float(np.abs(mean)) if len(phases) > 1 else float("nan")
        found.give(
            f"coordination_{name.removeprefix('behind_leg_')}",
            steady,
            len(phases),
            confidence=sure,
            warnings=(_by_chance(len(phases)),) if 1 < len(phases) < _FEW else (),
            reason=why if not len(phases) else "one stride does not tell how steady a lag is",
        )


def _by_chance(strides: int) -> str:
    return f"{strides} strides: lags without any order would give about {strides**-0.5:.1f}"


def _phase(one: Array, other: Array) -> float:
    """How much later the first signal comes than the second, rad; NaN if one does not move."""
    turn = np.exp(-2j * np.pi * np.arange(len(one)) / len(one))
    first, second = ((each - each.mean()) @ turn for each in (one, other))
    if not min(abs(first), abs(second)) > 1e-9 * len(one):
        return float("nan")
    return float(np.angle(second * np.conj(first)))
