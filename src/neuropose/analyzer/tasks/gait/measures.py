"""The measures of a gait report, made from the strides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import Angle
from neuropose.analyzer.tasks.gait.analysis import LEG_ANGLES, GaitAnalysis
from neuropose.analyzer.tasks.gait.definitions import (
    ANGLE_MEASURES,
    COMPARED,
    COUNTS,
    STRIDE_MEASURES,
    SYMMETRY_MEASURES,
)
from neuropose.analyzer.tasks.gait.patterns.standstill import STANDS_STILL
from neuropose.analyzer.tasks.gait.phases import ErrorParts
from neuropose.analyzer.tasks.gait.steps import STEP_MEASURES, Step
from neuropose.analyzer.tasks.gait.strides import NO_REST, NOT_ABOVE_FLAT, TURNING, Stride
from neuropose.analyzer.tasks.gait.summary import summarise, symmetry_index, symmetry_ratio
from neuropose.analyzer.tasks.judging import TWO_SIDED
from neuropose.data import Measure
from neuropose.skeletons.sides import SIDES, Side
from neuropose.statistics.spread import (
    Interval,
    index_of_log_ratio,
    log_ratio_interval,
)

Array = NDArray[np.float64]

ON_FLOOR = (
    "the toe's lowest point in mid-swing is not above the floor by more than its error: it may drag"
)
_CLEARANCE = "foot_clearance"
_WITHOUT_HALTS = ("stride_time", "step_time", "cadence", "walking_speed")
ONLY_STEPS = "of single steps: the recording has no whole stride"
_UNKNOWN_LOG = 20.0  # an interval of the log ratio that reaches so far says nothing


def gait_measures(analysis: GaitAnalysis) -> dict[str, Measure]:
    """Make every measure of a gait report.

    Parameters
    ----------
    analysis : GaitAnalysis
        The analysed walk.

    Returns
    -------
    dict of str to Measure
        By name; each has a value, or the reason why there is none.
    """
    measures = _stride_measures(analysis)
    measures |= _symmetry(analysis, measures)
    measures |= _angle_measures(analysis)
    measures |= _counts(analysis)
    return measures


def _stride_measures(analysis: GaitAnalysis) -> dict[str, Measure]:
    measures = {}
    for name, definition in STRIDE_MEASURES.items():
        for side in (None, *SIDES):
            steps = [step for step in analysis.steps if side in (None, step.side)]
            if steps and name in STEP_MEASURES:
                measures[name if side is None else f"{name}_{side}"] = summarise(
                    [step.values[name] for step in steps],
                    definition.unit,
                    confidence=[step.confidence for step in steps],
                    standard_error=_standard_error(steps, name),
                    reason=NO_REST,
                    warnings=(ONLY_STEPS,),
                )
                continue
            strides = analysis.chosen(side)
            measures[name if side is None else f"{name}_{side}"] = summarise(
                [stride.values[name] for stride in strides],
                definition.unit,
                confidence=[stride_confidence(analysis, stride, name) for stride in strides],
                standard_error=_standard_error(strides, name),
                reason=_why_missing(analysis, side, name),
                warnings=(*_strange(strides, name), *_halting(analysis, side, name)),
            )
    return measures


def on_floor(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Refuse clearances that cannot be told from none, and the comparisons of such.

    Parameters
    ----------
    measures : mapping of str to Measure
        Of `gait_measures`, with their standard errors.

    Returns
    -------
    dict of str to Measure
        Those that are refused, each with the reason.
    """
    sides = {f"{_CLEARANCE}_{side}" for side in SIDES}
    clearances = {name: measures[name] for name in (_CLEARANCE, *sorted(sides))}
    refused = {
        name
        for name, each in clearances.items()
        if each.value is not None and each.value <= TWO_SIDED * (each.standard_error or 0.0)
    }
    if refused & sides:
        refused |= {f"{_CLEARANCE}_{comparison}" for comparison in SYMMETRY_MEASURES}
    return {
        name: Measure.missing(each.unit, ON_FLOOR, n=each.n, warnings=each.warnings)
        for name, each in measures.items()
        if name in refused
    }


def _standard_error(strides: Sequence[Stride | Step], name: str) -> float | None:
    """Return that of the mean; None for a measure whose error is not known."""
    error = _error_of_mean(strides, name)
    return None if error is None else float(np.hypot(error.random, error.systematic))


def _error_of_mean(strides: Sequence[Stride | Step], name: str) -> ErrorParts | None:
    errors = [
        stride.errors[name]
        for stride in strides
        if name in stride.errors and np.isfinite(stride.values[name])
    ]
    if not errors:
        return None
    random = np.array([error.random for error in errors])
    systematic = np.mean([error.systematic for error in errors])
    return ErrorParts(float(np.sqrt(np.sum(random**2)) / len(random)), float(systematic))


def stride_confidence(analysis: GaitAnalysis, stride: Stride, name: str) -> float:
    """Return the confidence of one value of a stride.

    Parameters
    ----------
    analysis : GaitAnalysis
        A walk.
    stride : Stride
        One of its strides.
    name : str
        One of `STRIDE_MEASURES`.

    Returns
    -------
    float
        0 to 1: `Stride.confidence`, of a length times those of the vertical, the heading and the
        surface.
    """
    walk, ground = analysis.walk, analysis.ground
    if not STRIDE_MEASURES[name].spatial or walk is None or ground is None:
        return stride.confidence[name]
    frames = (
        walk.prepared.vertical.confidence * walk.prepared.heading.confidence * ground.confidence
    )
    return stride.confidence[name] * frames


def _why_missing(analysis: GaitAnalysis, side: Side | None, name: str) -> str:
    if analysis.reason is not None:
        return analysis.reason
    strides, every = analysis.chosen(side), analysis.chosen(side, straight=False)
    if not every:
        return f"there is no stride of the {side} foot"
    if not strides:
        return _listed(f"none of {len(every)} strides is summarised", (s.excluded for s in every))
    return _listed("missing in every stride", (stride.reasons.get(name) for stride in strides))


def _listed(start: str, reasons: Iterable[str | None]) -> str:
    counted = Counter(reason for reason in reasons if reason)
    return f"{start}: {'; '.join(f'{reason} ({n})' for reason, n in counted.most_common())}"


def _strange(strides: Sequence[Stride], name: str) -> tuple[str, ...]:
    flags = [f"implausible {name.replace('_', ' ')}"]
    if name == "foot_clearance":
        flags.append(NOT_ABOVE_FLAT)
    counts = {flag: sum(flag in stride.flags for stride in strides) for flag in flags}
    return tuple(f"{flag} in {n} of {len(strides)} strides" for flag, n in counts.items() if n)


def _halting(analysis: GaitAnalysis, side: Side | None, name: str) -> tuple[str, ...]:
    """Say how much of a walk is in none of the means, as somebody stands still there."""
    every = analysis.chosen(side, straight=False)
    halting = sum(stride.excluded == STANDS_STILL for stride in every)
    if name not in _WITHOUT_HALTS or not halting:
        return ()
    stood_s = sum(end_s - start_s for start_s, end_s in analysis.halts)
    walked_s = max(each.end_s for each in every) - min(each.start_s for each in every)
    return (
        f"without {halting} of {len(every)} strides, in which the person stands still: "
        f"{stood_s:.1f} of {walked_s:.1f} s",
    )


def _symmetry(analysis: GaitAnalysis, measures: dict[str, Measure]) -> dict[str, Measure]:
    found = {}
    affected = analysis.affected_side
    for name in COMPARED:
        sides = {side: measures[f"{name}_{side}"] for side in SIDES}
        lacking = next((m.reason for m in sides.values() if m.reason is not None), None)
        left, right = (np.nan if m.value is None else m.value for m in sides.values())
        ratio = symmetry_ratio(left, right, affected or "left")
        values = {
            "symmetry_index": (symmetry_index(left, right), "the mean of both is not positive"),
            "symmetry_ratio": (
                (ratio, "a side is not positive")
                if affected
                else (np.nan, "it was not said which side is affected")
            ),
            "log_ratio": (float(np.log(ratio)), "a side is not positive"),
        }
        intervals = _symmetry_intervals(analysis, name)
        spatial = STRIDE_MEASURES[name].spatial
        errors = _symmetry_errors(analysis, name, left, right) if spatial else {}
        for comparison, (value, why) in values.items():
            unit = SYMMETRY_MEASURES[comparison].unit
            counts = [sides[side].n for side in SIDES]
            if not np.isfinite(value):
                measure = Measure.missing(unit, lacking or why, n=min(counts))
            else:
                measure = Measure(
                    value=value,
                    unit=unit,
                    n=min(counts),
                    confidence=min(m.confidence or 0.0 for m in sides.values()),
                    standard_error=errors.get(comparison),
                    interval=intervals.get(comparison),
                )
            found[f"{name}_{comparison}"] = measure
    return found


def _symmetry_errors(
    analysis: GaitAnalysis, name: str, left: float, right: float
) -> dict[str, float]:
    """Return standard errors of comparisons: what is systematic is so on both sides.

    Where nothing else is known, as of lengths on a treadmill, it does not tell how sides differ.
    """
    errors = [_error_of_mean(analysis.chosen(side), name) for side in SIDES]
    if not (left > 0.0 and right > 0.0):
        return {}
    shares = [
        (error.random / mean, error.systematic / mean)
        for error, mean in zip(errors, (left, right), strict=True)
        if error is not None and error.random > 0.0
    ]
    if len(shares) < len(SIDES):
        return {}
    (own, shared), (others_own, others_shared) = shares
    of_log = float(np.linalg.norm([own, others_own, shared - others_shared]))
    return {
        "symmetry_index": 400.0 * left * right / (left + right) ** 2 * of_log,
        "symmetry_ratio": symmetry_ratio(left, right, analysis.affected_side or "left") * of_log,
        "log_ratio": of_log,
    }


def _symmetry_intervals(analysis: GaitAnalysis, name: str) -> dict[str, Interval]:
    """Return 95 % intervals of comparisons, from how much the strides of either side vary."""
    left, right = (known(analysis.values(name, side)) for side in SIDES)
    of_sides = log_ratio_interval(left, right)
    if of_sides is None or max(map(abs, of_sides)) > _UNKNOWN_LOG:
        return {}
    low, high = of_sides
    logs = (-high, -low) if analysis.affected_side == "right" else of_sides
    return {
        "symmetry_index": (index_of_log_ratio(low), index_of_log_ratio(high)),
        "symmetry_ratio": (float(np.exp(logs[0])), float(np.exp(logs[1]))),
        "log_ratio": logs,
    }


def known(values: Array) -> Array:
    """Return the values that are not missing.

    Parameters
    ----------
    values : ndarray, shape (N,)
        NaN: missing.

    Returns
    -------
    ndarray, shape (M,)
    """
    return values[np.isfinite(values)]


def _angle_measures(analysis: GaitAnalysis) -> dict[str, Measure]:
    measures = {}
    for name, side in product(LEG_ANGLES, SIDES):
        angle, refusal = leg_angle(analysis, f"{side}_{name}", judged=False)
        strides = analysis.chosen(side)
        for kind, definition in ANGLE_MEASURES.items():
            measures[f"{name}_{kind}_{side}"] = Measure.missing(
                definition.unit, refusal or _why_missing(analysis, side, "stride_time")
            )
        if angle is None or not strides:
            continue
        cycles = analysis.cycles(angle.values_deg, side)
        gaps = f"{cycles.left_out} of {len(strides)} strides have gaps and are left out"
        for kind, values in (("range", cycles.range), ("peak", cycles.peak)):
            measures[f"{name}_{kind}_{side}"] = summarise(
                values,
                ANGLE_MEASURES[kind].unit,
                confidence=np.minimum(angle.confidence, _seen(analysis, side, strides)),
                standard_error=angle.error_of(kind),
                reason="a joint is missing within every stride",
                warnings=(
                    *(warning for warning in angle.warnings if warning != angle.reason),
                    *((gaps,) if cycles.left_out and cycles.count else ()),
                ),
            )
    return measures


def leg_angle(
    analysis: GaitAnalysis, name: str, *, judged: bool = True
) -> tuple[Angle | None, str | None]:
    """Return an angle, or why there is none.

    Parameters
    ----------
    analysis : GaitAnalysis
        The analysed walk.
    name : str
        With its side (``left_knee_flexion``).
    judged : bool
        False: not even if its own error is too large; its range can be known all the same.

    Returns
    -------
    angle : Angle or None
    refusal : str or None
        The skeleton does not give it, or the view does not show it.
    """
    angles = analysis.angles
    if angles is None:
        return None, analysis.reason
    angle = angles.angles.get(name)
    if angle is not None and angle.reason is not None and (judged or not angle.measurable):
        return None, angle.reason
    return angle, angles.refused.get(name)


def _seen(analysis: GaitAnalysis, side: Side, strides: Sequence[Stride]) -> Array:
    """Tell how well the leg was seen in each stride."""
    spans = np.array([(stride.start_s, stride.end_s) for stride in strides])
    return analysis.walk.visibility.seen(side, spans) if analysis.walk else np.zeros(len(strides))


def _counts(analysis: GaitAnalysis) -> dict[str, Measure]:
    if analysis.walk is None or not (analysis.events or analysis.turns):
        why = analysis.reason or ""
        return {name: Measure.missing(each.unit, why) for name, each in COUNTS.items()}
    turning = sum(stride.excluded == TURNING for stride in analysis.strides)
    values = {"turns": len(analysis.turns), "turning_strides": turning}
    return {
        name: Measure(value=float(values[name]), unit=each.unit, n=len(analysis.strides))
        for name, each in COUNTS.items()
    }
