"""A gait analysis as a report: every measure with its doubts, every stride and event in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation import View, Viewpoint
from neuropose.analyzer.tasks.drawn import LEAST_FOUND, add_standard_errors, drawn_movements
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.gait.analysis import LEG_ANGLES, GaitAnalysis, analyze_gait
from neuropose.analyzer.tasks.gait.cycles import POINTS, root_mean_square_of_known
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.measures import (
    gait_measures,
    known,
    leg_angle,
    on_floor,
    stride_confidence,
)
from neuropose.analyzer.tasks.gait.strides import Stride, common_strides, without_impossible
from neuropose.analyzer.tasks.gait.summary import variability
from neuropose.analyzer.tasks.judging import Judge
from neuropose.analyzer.tasks.refused import without_refused
from neuropose.data import Choice, Event, InputFile, Measure, Provenance, Report, Table
from neuropose.data.report import OF_ERRORS
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.skeletons.sides import SIDES, Side, other
from neuropose.statistics.spread import cv_interval, sd_interval

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

_LOW_CONFIDENCE = 0.5
_PLACES = tuple(name for name, definition in STRIDE_MEASURES.items() if definition.spatial)
_VIEW_DOUBTS = {
    View.LATERAL: "step width and the leg that is hidden are known worst",
    View.OBLIQUE: "step length and step width both lie partly in depth",
    View.FRONTAL: "times and bends of the legs cannot be had, lengths of steps lie in depth",
}


def gait_report(
    analysis: GaitAnalysis,
    *,
    inputs: Sequence[InputFile] = (),
    predictions: Provenance | None = None,
) -> Report:
    """Make a report of a gait analysis.

    Parameters
    ----------
    analysis : GaitAnalysis
        The analysed walk.
    inputs : sequence of InputFile
        The files that it was made from.
    predictions : Provenance, optional
        Where the poses came from.

    Returns
    -------
    Report
        Every measure of `STRIDE_MEASURES` for both sides together and each (``_left``,
        ``_right``), the comparisons of `SYMMETRY_MEASURES`, range and peak of each joint angle,
        and the counts of `COUNTS`. The means are of straight walking; the table ``strides`` has
        all strides, those too that are left out, with the reason; a column whose name ends in
        ``_standard_error`` has that of each value in the column before it. The table ``cycles`` has
        mean and standard deviation of the joint angles over the gait cycle, and the standard error
        of that mean if the recording has draws of its error. The table ``variability`` has
        standard deviation and coefficient of variation of the strides with their 95 % intervals.
        The table ``to_review`` has stretches in
        which somebody may freeze or festinate, if there are any.

    Examples
    --------
    >>> from neuropose.analyzer.tasks.gait import analyze_gait
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> report = gait_report(analyze_gait(walker_sequence(simulate_walk())))
    >>> report.measures["stride_length"].value.__round__(), report.measures["stride_length"].n
    (1364, 9)
    """
    drawn = [
        analyze_gait(each, analysis.settings, affected_side=analysis.affected_side)
        for each in drawn_movements(analysis.recording)
    ]
    pairs = [_with_common_strides(analysis, each) for each in drawn]
    report = add_standard_errors(
        _report(analysis, pairs, inputs, predictions),
        analysis.recording,
        [(gait_measures(own), gait_measures(other)) for own, other in pairs],
        [_events(each) for each in drawn],
    )
    report = _without_clearance_on_floor(report)
    return report if _has_walked(report) else _without_surface(report)


def _without_clearance_on_floor(report: Report) -> Report:
    refused = on_floor(report.measures)
    tables = {name: without_refused(each, refused) for name, each in report.tables.items()}
    measures = {**report.measures, **refused}
    return report.model_copy(update={"measures": measures, "tables": tables}) if refused else report


def _has_walked(report: Report) -> bool:
    return any(report.measures[name].value is not None for name in STRIDE_MEASURES)


def _without_surface(report: Report) -> Report:
    """Name no surface where no stride could be measured: nobody may have walked on it."""
    choices = {name: each for name, each in report.choices.items() if name != "surface"}
    return report.model_copy(update={"choices": choices})


def _with_common_strides(
    analysis: GaitAnalysis, drawn: GaitAnalysis
) -> tuple[GaitAnalysis, GaitAnalysis]:
    own, others = common_strides(analysis.strides, drawn.strides)
    return replace(analysis, strides=own), replace(drawn, strides=others)


def _report(
    analysis: GaitAnalysis,
    pairs: Sequence[tuple[GaitAnalysis, GaitAnalysis]],
    inputs: Sequence[InputFile],
    predictions: Provenance | None,
) -> Report:
    findings = Findings("gait", {})
    measures = gait_measures(analysis)
    findings.measures = measures if pairs else _judged(measures, analysis.recording)
    findings.units = {name: each.unit for name, each in findings.measures.items()}
    findings.tables = {
        "strides": _stride_table(analysis, pairs),
        "cycles": _cycle_table(analysis, pairs),
    }
    findings.tables |= {"variability": _variability(analysis)} | _to_review(analysis)
    refused = {
        full
        for name, side in product(STRIDE_MEASURES, (None, *SIDES))
        if findings.measures[full := f"{name}_{side}" if side else name].value is None
        and len(known(analysis.values(name, side)))
    }
    findings.tables = {n: without_refused(each, refused) for n, each in findings.tables.items()}
    findings.events = _events(analysis)
    findings.choices = _choices(analysis)
    findings.warnings = list(_warnings(analysis))
    walk = analysis.walk
    return findings.report(
        analysis.recording,
        analysis.settings,
        None if walk is None else walk.prepared,
        records=() if walk is None else walk.records,
        parameters={"affected_side": analysis.affected_side},
        inputs=inputs,
        predictions=predictions,
    )


def _judged(measures: Mapping[str, Measure], recording: PoseSequence) -> dict[str, Measure]:
    """Refuse places whose own error is too large, where no draws tell of the others'."""
    judge = Judge("gait", recording)
    judged = dict(measures)
    for name, each in measures.items():
        if not name.startswith(_PLACES):
            continue
        told = judge.judged(name, each)
        # An interval that is there has the spread of the strides in it.
        kept = told.value is not None and each.interval is not None
        judged[name] = told.model_copy(update={"interval": each.interval}) if kept else told
    return judged


def cycles_frame(analysis: GaitAnalysis, *, straight: bool = True) -> pd.DataFrame:
    """Return the joint angles of every stride, over its cycle.

    Parameters
    ----------
    analysis : GaitAnalysis
        The analysed walk.
    straight : bool
        Only strides that are summarised.

    Returns
    -------
    pandas.DataFrame
        In degrees, indexed by ``percent`` of the cycle, 0 to 100. The columns have the levels
        ``angle`` (``hip_flexion``, ``knee_flexion``, ``ankle_dorsiflexion``), ``side`` and
        ``stride`` (from 1, in time); angles that the skeleton or the view does not give are left
        out. A stride with a gap is NaN as a whole.

    Examples
    --------
    >>> from neuropose.analyzer import analyze_gait
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> curves = cycles_frame(analyze_gait(walker_sequence(simulate_walk())))
    >>> curves["knee_flexion", "left"].shape  # .plot() draws them
    (101, 5)
    """
    import pandas as pd

    curves = {}
    for name in LEG_ANGLES:
        for side in SIDES:
            angle, _ = leg_angle(analysis, f"{side}_{name}")
            if angle is None:
                continue
            cycles = analysis.cycles(angle.values_deg, side, straight=straight)
            for number, values in enumerate(cycles.values, start=1):
                curves[name, side, number] = values
    percent = pd.Index(np.linspace(0.0, 100.0, POINTS), name="percent")
    columns = pd.MultiIndex.from_tuples(curves, names=["angle", "side", "stride"])
    values = np.column_stack(list(curves.values())) if curves else np.empty((POINTS, 0))
    return pd.DataFrame(values, index=percent, columns=columns).sort_index(axis="columns")


def _events(analysis: GaitAnalysis) -> list[Event]:
    return [
        Event(
            name=event.kind,
            time_s=event.time_s,
            side=event.side,
            confidence=event.confidence,
            standard_error_s=event.standard_error_s,
            warnings=event.flags,
        )
        for event in analysis.events
    ]


def _stride_table(
    analysis: GaitAnalysis, pairs: Sequence[tuple[GaitAnalysis, GaitAnalysis]]
) -> Table:
    strides = [without_impossible(stride) for stride in analysis.strides]
    drawn = _drawn_values(pairs)
    columns: dict[str, tuple[str | None, list[object]]] = {
        "side": (None, [stride.side for stride in strides]),
        "start": ("s", [stride.start_s for stride in strides]),
        "end": ("s", [stride.end_s for stride in strides]),
    }
    for name, definition in STRIDE_MEASURES.items():
        columns[name] = (definition.unit, [stride.values[name] for stride in strides])
        errors = [_standard_error(each, name, drawn, len(pairs)) for each in strides]
        if np.isfinite(errors).any():
            columns[f"{name}{OF_ERRORS}"] = (definition.unit, list(errors))
    columns["confidence"] = ("1", [_least_sure(analysis, stride) for stride in strides])
    columns["excluded"] = (None, [stride.excluded for stride in strides])
    columns["notes"] = (None, ["; ".join(_notes(stride)) or None for stride in strides])
    return Table.from_columns(columns)  # type: ignore[arg-type]


def _least_sure(analysis: GaitAnalysis, stride: Stride) -> float:
    """Return the confidence of the least sure value that a stride has; of its time if it has none.

    What it lacks says nothing of what it has.
    """
    has = [name for name, value in stride.values.items() if not np.isnan(value)]
    return min(stride_confidence(analysis, stride, name) for name in has or ["stride_time"])


_Drawn = Mapping[tuple[Side, float], Sequence[Mapping[str, float]]]
"""Values of a stride in the drawn movements that have it, by its side and start."""


def _drawn_values(pairs: Sequence[tuple[GaitAnalysis, GaitAnalysis]]) -> _Drawn:
    found: dict[tuple[Side, float], list[Mapping[str, float]]] = {}
    for own, drawn in pairs:
        for stride, its_other in zip(own.strides, drawn.strides, strict=True):
            found.setdefault((stride.side, stride.start_s), []).append(its_other.values)
    return found


def _standard_error(stride: Stride, name: str, drawn: _Drawn, draws: int) -> float:
    """Return that of one value, NaN if not known: of the positions, and of timing its events."""
    value, own = stride.values[name], stride.errors.get(name)
    timed = 0.0 if own is None else float(np.hypot(own.random, own.systematic))
    if not draws:
        return timed if own is not None and np.isfinite(value) else np.nan
    others = known(np.array([e[name] for e in drawn.get((stride.side, stride.start_s), ())]))
    if not np.isfinite(value) or len(others) < LEAST_FOUND * draws:
        return np.nan
    return float(np.hypot(np.sqrt(np.mean((others - value) ** 2)), timed))


def _variability(analysis: GaitAnalysis) -> Table:
    """Return how much strides vary, and how well that is known from so many."""
    rows = []
    for name, side in product(STRIDE_MEASURES, (None, *SIDES)):
        values = known(analysis.values(name, side))
        if len(values) > 1:
            sd, cv_percent, _ = variability(values)
            nothing = (None, None)
            bounds = (*(sd_interval(values) or nothing), *(cv_interval(values) or nothing))
            rows.append(
                (name, side, STRIDE_MEASURES[name].unit, len(values), sd, cv_percent, *bounds)
            )
    names = ("measure", "side", "unit", "n", "sd", "cv", "sd_low", "sd_high", "cv_low", "cv_high")
    return Table.from_columns(
        {
            column: (
                "%" if column.startswith("cv") else None,
                np.array([row[place] for row in rows], dtype=object),
            )
            for place, column in enumerate(names)
        }
    )


def _to_review(analysis: GaitAnalysis) -> dict[str, Table]:
    stretches = analysis.to_review
    if not stretches:
        return {}
    return {
        "to_review": Table.from_columns(
            {
                "kind": (None, [each.kind for each in stretches]),
                "start": ("s", [each.start_s for each in stretches]),
                "end": ("s", [each.end_s for each in stretches]),
                "detail": (None, [each.detail for each in stretches]),
            }
        )
    }


def _notes(stride: Stride) -> list[str]:
    """List the flags, and each reason with the values that it keeps back."""
    reasons: dict[str, list[str]] = {}
    for name, reason in stride.reasons.items():
        reasons.setdefault(reason, []).append(name.replace("_", " "))
    return [*stride.flags, *(f"no {', '.join(names)}: {why}" for why, names in reasons.items())]


def _cycle_table(
    analysis: GaitAnalysis, pairs: Sequence[tuple[GaitAnalysis, GaitAnalysis]]
) -> Table:
    columns: dict[str, tuple[str | None, list[float]]] = {
        "percent": ("%", np.linspace(0.0, 100.0, POINTS).tolist())
    }
    for name, side in product(LEG_ANGLES, SIDES):
        angle, _ = leg_angle(analysis, f"{side}_{name}")
        if angle is not None:
            cycles = analysis.cycles(angle.values_deg, side)
            columns[f"{name}_mean_{side}"] = ("deg", cycles.mean.tolist())
            columns[f"{name}_sd_{side}"] = ("deg", cycles.sd.tolist())
            if pairs:
                error = _error_of_mean(pairs, name, side).tolist()
                columns[f"{name}_standard_error_{side}"] = ("deg", error)
    return Table.from_columns(columns)


def _error_of_mean(
    pairs: Sequence[tuple[GaitAnalysis, GaitAnalysis]], name: str, side: Side
) -> Array:
    """Return the standard error of the mean of an angle over the cycle, shape (POINTS,)."""
    changes = [_mean_cycle(b, name, side) - _mean_cycle(a, name, side) for a, b in pairs]
    return root_mean_square_of_known(np.array(changes))


def _mean_cycle(analysis: GaitAnalysis, name: str, side: Side) -> Array:
    angle, _ = leg_angle(analysis, f"{side}_{name}", judged=False)
    if angle is None:
        return np.full(POINTS, np.nan)
    return analysis.cycles(angle.values_deg, side).mean


def _choices(analysis: GaitAnalysis) -> dict[str, Choice]:
    walk, ground = analysis.walk, analysis.ground
    if walk is None or ground is None:
        return {}
    surface = ground.surface.value
    angles = analysis.angles.angles if analysis.angles else {}
    on = Choice(method=surface, confidence=ground.confidence, warnings=ground.warnings)
    return {
        "surface": on,
        **_view(walk.prepared.viewpoint, has_errors=bool(analysis.recording.draw_count)),
        **{name: angle.as_choice() for name, angle in angles.items()},
    }


def _view(viewpoint: Viewpoint | None, *, has_errors: bool) -> dict[str, Choice]:
    """Tell from where one camera sees the walk; where no measure has an error, what is doubtful."""
    view = None if viewpoint is None else viewpoint.during()
    if view is None:
        return {}
    doubts = () if has_errors else (_VIEW_DOUBTS[view],)
    return {"view": Choice(method=f"one camera, {view}", warnings=doubts)}


def _warnings(analysis: GaitAnalysis) -> tuple[str, ...]:
    warnings = list(analysis.warnings)
    left_out = Counter(stride.excluded for stride in analysis.strides if stride.excluded)
    warnings += [
        f"{n} {'stride is' if n == 1 else 'strides are'} not summarised: {why}"
        for why, n in left_out.most_common()
    ]
    flagged = sum(bool(event.flags) for event in analysis.events)
    if flagged:
        warnings.append(f"{flagged} of {len(analysis.events)} events are flagged: see them")
    for each in analysis.to_review:
        warnings.append(
            f"look at {each.start_s:.1f} to {each.end_s:.1f} s: {each.kind}? {each.detail}; "
            "this is no diagnosis"
        )
    for side in SIDES:
        strides = analysis.chosen(side)
        doubtful = sum(stride.confidence["stride_time"] < _LOW_CONFIDENCE for stride in strides)
        if doubtful and not analysis.recording.draw_count:  # errors say more
            warnings.append(
                f"{doubtful} of {len(strides)} {side} strides have a confidence below "
                f"{_LOW_CONFIDENCE:g}"
            )
        if analysis.strides and not strides and analysis.chosen(other(side)):
            warnings.append(f"no stride of the {side} foot is summarised")
    return tuple(dict.fromkeys(warnings))
