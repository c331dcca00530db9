"""What is learned from laboratories: how late each motion tells of an event, and how surely."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.events_parts.intervals import median_standard_error_s, worse
from benchmarks.events_parts.laboratories import Trial
from benchmarks.events_parts.scores import (
    EDGE_S,
    KINDS,
    NEAR_S,
    Score,
    compare,
    found,
    score_all,
)
from neuropose.analyzer import analyze_gait
from neuropose.analyzer.tasks.gait import GaitAnalysis, GaitSettings
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.contacts import of_heel, toe_falls
from neuropose.analyzer.tasks.gait.foot_events.detection import zeni
from neuropose.analyzer.tasks.gait.foot_events.errors import OWN_S
from neuropose.analyzer.tasks.gait.foot_events.foot_offs import toe_pushes, toe_speeds
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    Array,
    Timed,
    Turns,
    lowest,
    nearest_speeds,
    sharpest_turn,
    walking_speeds,
)
from neuropose.skeletons.sides import SIDES


def _of_heel(motion: Callable[[Feet, Array, Array], Timed]) -> Callable[[Turns], Timed]:
    return lambda turns: of_heel(motion, turns, toe_falls(turns).places)


MOTIONS: dict[str, tuple[str, Callable[[Turns], Timed]]] = {
    "toe_fall_lag_s": (KINDS[0], toe_falls),
    "heel_stop_lag_s": (KINDS[0], _of_heel(sharpest_turn)),
    "heel_lowest_lag_s": (KINDS[0], _of_heel(lowest)),
    "toe_speed_lag_s": (KINDS[1], toe_speeds),
    "toe_push_lag_s": (KINDS[1], lambda turns: toe_pushes(turns, toe_speeds(turns).places)),
}
"""Settings, and the motion that each is the delay of."""
Delays = dict[str, dict[str, list[float]]]
"""Seconds after the plates, by motion and laboratory."""


def delays(trials: Sequence[tuple[Trial, GaitAnalysis]]) -> Delays:
    """Measure how long after the plates each motion tells of every event."""
    result: Delays = {name: defaultdict(list) for name in MOTIONS}
    for trial, analysis in trials:
        walk, settings = analysis.walk, analysis.settings
        assert walk is not None
        last_s = float(trial.walk.time_s[-1])
        for side in SIDES:
            turned = dict(zip(KINDS, zeni(walk.feet, side, settings), strict=True))
            stances = walking_speeds(walk.feet, side, *turned.values())
            for name, (kind, motion) in MOTIONS.items():
                at = turned[kind]
                walking_mm_s = nearest_speeds(stances, at, KINDS.index(kind))
                turns = Turns(walk.timing_feet, side, at, walking_mm_s, settings)
                places = motion(turns).places
                told_s = walk.feet.time_s[0] + places / walk.feet.rate_hz
                for step in trial.contacts:
                    true_s = step.contact_s if kind == KINDS[0] else step.foot_off_s
                    apart_s = np.nan_to_num(np.abs(told_s - true_s), nan=np.inf)
                    whole = EDGE_S < true_s < last_s - EDGE_S
                    if step.side == side and whole and apart_s.min(initial=np.inf) < NEAR_S:
                        nearest = told_s[np.argmin(apart_s)]
                        result[name][trial.laboratory].append(float(nearest - true_s))
    return result


def learned(measured: Delays, *, without: str | None = None) -> GaitSettings:
    """Return settings whose delays are medians over laboratories of their medians."""
    lags = {
        name: round(float(np.median([np.median(each) for each in _others(of, without)])), 4)
        for name, of in measured.items()
    }
    return GaitSettings(**lags)


def print_learned(measured: Delays) -> None:
    """Print what all laboratories say, and how much they differ."""
    print("\ndelays after the plates, ms: median of each laboratory; of all; spread")
    for name, of in measured.items():
        medians = [1000.0 * np.median(each) for each in of.values()]
        within = np.mean([1000.0 * np.std(each) for each in of.values()])
        print(
            f"{name:16}"
            + " ".join(
                f"{laboratory} {ms:+.0f}," for laboratory, ms in zip(of, medians, strict=True)
            )
            + f" all {np.median(medians):+.1f};"
            f" between laboratories {np.std(medians):.1f}, within {within:.1f}"
        )


def print_errors(trials: Sequence[tuple[Trial, GaitAnalysis]]) -> None:
    """Print what standard errors are made from."""
    print("\nof single events, ms; what a recording shares, over what it is told to be")
    for kind in KINDS:
        print(f"{kind:16}{1000.0 * own_s(trials, kind):5.1f}{common_times(trials, kind):6.2f}")


@dataclass
class LeftOut:
    """Laboratories timed with delays and standard errors that the others tell.

    `scores` are of recordings as they are; `with_worse` has those with fewer frames and noise, too.
    Medians are those of the standard errors of all laboratories, by the one that was left out.
    """

    scores: dict[str, Score] = field(default_factory=dict)
    as_they_are: list[tuple[Trial, GaitAnalysis]] = field(default_factory=list)
    with_worse: list[tuple[Trial, GaitAnalysis]] = field(default_factory=list)
    medians_s: dict[str, float] = field(default_factory=dict)
    medians_with_worse_s: dict[str, float] = field(default_factory=dict)


def left_out(
    trials: Sequence[Trial],
    measured: Delays,
    made_worse: Sequence[tuple[Trial, GaitAnalysis]],
) -> LeftOut:
    """Time each laboratory with delays and standard errors that the others tell."""
    result = LeftOut()
    names = list(dict.fromkeys(trial.laboratory for trial in trials))
    for name in names:
        settings = learned(measured, without=name)
        analysed = [(trial, analyze_gait(trial.walk, settings)) for trial in trials]
        usable = [(trial, analysis) for trial, analysis in analysed if analysis.walk]
        others = [(trial, analysis) for trial, analysis in usable if trial.laboratory != name]
        mine = [(trial, analysis) for trial, analysis in usable if trial.laboratory == name]
        result.scores |= score_all((trial, found(analysis)) for trial, analysis in mine)
        told = {kind: (own_s(others, kind), common_times(others, kind)) for kind in KINDS}
        every = [(trial, _with_errors(analysis, told)) for trial, analysis in usable]
        result.medians_s[name] = median_standard_error_s(every)
        everything = [*every, *((trial, _with_errors(each, told)) for trial, each in made_worse)]
        result.medians_with_worse_s[name] = median_standard_error_s(everything)
        own = [each for each in every if each[0].laboratory == name]
        again = worse([trial for trial, _ in mine], settings)
        result.as_they_are += own
        result.with_worse += [
            *own,
            *((trial, _with_errors(analysis, told)) for trial, analysis in again),
        ]
    return result


def _with_errors(analysis: GaitAnalysis, told: dict[str, tuple[float, float]]) -> GaitAnalysis:
    """Put the standard errors that other laboratories tell in the place of those that ship."""
    events = []
    for event in analysis.events:
        own, common = told[event.kind]
        more = max(0.0, event.random_s**2 - OWN_S[event.kind] ** 2)
        random_s = float(np.sqrt(own**2 + more))
        events.append(replace(event, random_s=random_s, systematic_s=common * event.systematic_s))
    return replace(analysis, events=tuple(events))


def own_s(trials: Sequence[tuple[Trial, GaitAnalysis]], kind: str) -> float:
    """Return how single events differ from those of the same foot in the same recording."""
    by_laboratory: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for trial, analysis in trials:
        for side in SIDES:
            contacts = tuple(each for each in trial.contacts if each.side == side)
            errors = compare(replace(trial, contacts=contacts), found(analysis)).errors_ms[kind]
            if len(errors) > 1:
                squares = float(np.sum((np.array(errors) - np.mean(errors)) ** 2))
                by_laboratory[trial.laboratory].append((squares, len(errors) - 1))
    variances = [
        sum(squares for squares, _ in each) / sum(degrees for _, degrees in each)
        for each in by_laboratory.values()
    ]
    return 0.001 * float(np.sqrt(np.mean(variances)))


def common_times(trials: Sequence[tuple[Trial, GaitAnalysis]], kind: str) -> float:
    """Return medians of recordings over what they are told to be, for a new laboratory."""
    by_laboratory: dict[str, list[float]] = defaultdict(list)
    for trial, analysis in trials:
        errors_ms = compare(trial, found(analysis)).errors_ms[kind]
        told = [e.systematic_s for e in analysis.events if e.kind == kind]
        if errors_ms:
            ratio = 0.001 * np.median(errors_ms) / np.median(told)
            by_laboratory[trial.laboratory].append(float(ratio**2))
    squares = [np.mean(each) for each in by_laboratory.values()]
    return float(np.sqrt(np.mean(squares))) * of_a_new_one(len(squares))


def of_a_new_one(known: int) -> float:
    """Return by how much more than those that are known a new one may differ, in 95 %."""
    from scipy.stats import norm, t

    return float(t.ppf(0.975, known - 1) / norm.ppf(0.975) * np.sqrt(1.0 + 1.0 / known))


def _others(of: dict[str, list[float]], without: str | None) -> list[list[float]]:
    return [each for laboratory, each in of.items() if laboratory != without and each]
