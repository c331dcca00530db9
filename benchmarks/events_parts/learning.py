"""What is learned from laboratories: how late each motion tells of an event, and how surely."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.events_parts.laboratories import Trial
from benchmarks.events_parts.scores import EDGE_S, KINDS, NEAR_S, Score, found, score_all
from neuropose.analyzer import analyze_gait
from neuropose.analyzer.tasks.gait import GaitAnalysis, GaitSettings
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.contacts import heel_stops, toe_falls
from neuropose.analyzer.tasks.gait.foot_events.detection import zeni
from neuropose.analyzer.tasks.gait.foot_events.errors import OWN_S, SHARP_HZ
from neuropose.analyzer.tasks.gait.foot_events.foot_offs import toe_pushes, toe_speeds
from neuropose.analyzer.tasks.gait.foot_events.timing import Timed, walking_speeds
from neuropose.skeletons.sides import SIDES, Side

Motion = Callable[[Feet, Side, np.ndarray, np.ndarray, GaitSettings], Timed]


def _heel_stops(
    feet: Feet, side: Side, at: np.ndarray, stances: np.ndarray, settings: GaitSettings
) -> Timed:
    return heel_stops(feet, side, toe_falls(feet, side, at, stances, settings).places)


def _toe_pushes(
    feet: Feet, side: Side, at: np.ndarray, stances: np.ndarray, settings: GaitSettings
) -> Timed:
    return toe_pushes(feet, side, toe_speeds(feet, side, at, stances, settings).places)


MOTIONS: dict[str, tuple[str, Motion]] = {
    "toe_fall_lag_s": ("initial_contact", toe_falls),
    "heel_stop_lag_s": ("initial_contact", _heel_stops),
    "toe_speed_lag_s": ("foot_off", toe_speeds),
    "toe_push_lag_s": ("foot_off", _toe_pushes),
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
                places = motion(walk.timing_feet, side, turned[kind], stances, settings).places
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
    print("\nerrors of NeuroPose's events, ms: within laboratories, and of their medians")
    groups = {
        "all": trials,
        "markers as seen": [each for each in trials if not _smoothed(each[1])],
        "markers smoothed": [each for each in trials if _smoothed(each[1])],
    }
    for kind in KINDS:
        for name, group in groups.items():
            within, between = (1000.0 * part for part in _spread_s(group, kind))
            print(f"{kind:16}{name:18}{within:5.1f}{between:6.1f}")


def left_out(
    trials: Sequence[Trial], measured: Delays
) -> tuple[dict[str, Score], list[tuple[Trial, GaitAnalysis]]]:
    """Time each laboratory with delays and standard errors that the others tell."""
    scores: dict[str, Score] = {}
    analyses: list[tuple[Trial, GaitAnalysis]] = []
    names = list(dict.fromkeys(trial.laboratory for trial in trials))
    for name in names:
        settings = learned(measured, without=name)
        everything = [(trial, analyze_gait(trial.walk, settings)) for trial in trials]
        usable = [(trial, analysis) for trial, analysis in everything if analysis.walk]
        others = [(trial, analysis) for trial, analysis in usable if trial.laboratory != name]
        mine = [(trial, analysis) for trial, analysis in usable if trial.laboratory == name]
        scores |= score_all((trial, found(analysis)) for trial, analysis in mine)
        analyses += [(trial, _with_errors_of(analysis, others)) for trial, analysis in mine]
    return scores, analyses


def _with_errors_of(
    analysis: GaitAnalysis, others: Sequence[tuple[Trial, GaitAnalysis]]
) -> GaitAnalysis:
    """Put the standard errors that other laboratories show in the place of those that ship.

    As in `systematic_s`, contacts of markers that were smoothed have errors of their own.
    """
    alike = [(trial, each) for trial, each in others if _smoothed(each) == _smoothed(analysis)]
    own_s = {kind: _spread_s(others, kind)[0] for kind in KINDS}
    shared_s = {KINDS[0]: _spread_s(alike, KINDS[0])[1], KINDS[1]: _spread_s(others, KINDS[1])[1]}
    events = []
    for event in analysis.events:
        more = max(0.0, event.random_s**2 - OWN_S[event.kind] ** 2)
        random_s = float(np.sqrt(own_s[event.kind] ** 2 + more))
        events.append(replace(event, random_s=random_s, systematic_s=shared_s[event.kind]))
    return replace(analysis, events=tuple(events))


def _smoothed(analysis: GaitAnalysis) -> bool:
    """Return whether the markers were smoothed before they were stored."""
    return analysis.walk is not None and analysis.walk.feet.bandwidth_hz < SHARP_HZ


def _spread_s(trials: Sequence[tuple[Trial, GaitAnalysis]], kind: str) -> tuple[float, float]:
    """Return errors within laboratories (median), and of their medians (root mean square)."""
    errors = [
        0.001 * np.array(score.errors_ms[kind])
        for score in score_all((trial, found(each)) for trial, each in trials).values()
        if score.errors_ms[kind]
    ]
    within = float(np.median([np.std(each) for each in errors if len(each) > 1]))
    between = float(np.sqrt(np.mean([np.median(each) ** 2 for each in errors])))
    return within, between


def _others(of: dict[str, list[float]], without: str | None) -> list[list[float]]:
    return [each for laboratory, each in of.items() if laboratory != without and each]
