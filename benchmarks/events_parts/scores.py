"""Events compared with force plates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from benchmarks.events_parts.laboratories import Trial
from neuropose.analyzer.tasks.gait import GaitAnalysis
from neuropose.skeletons.sides import SIDES

KINDS = ("initial_contact", "foot_off")
NEAR_S = 0.25
"""An event further away is another one."""
EDGE_S = 0.2
"""Where a recording begins or ends, no method can see the event whole."""
Events = dict[tuple[str, str], np.ndarray]
"""Times in seconds, by side and kind."""


@dataclass
class Score:
    """Errors against plates: of events by kind, of stance and double support; all in ms or %."""

    errors_ms: dict[str, list[float]]
    stance_ms: list[float]
    double_support_percent: list[float]
    true: int = 0
    false: int = 0

    @classmethod
    def empty(cls) -> Score:
        return cls({kind: [] for kind in KINDS}, [], [])

    def add(self, other: Score) -> None:
        for kind in KINDS:
            self.errors_ms[kind] += other.errors_ms[kind]
        self.stance_ms += other.stance_ms
        self.double_support_percent += other.double_support_percent
        self.true += other.true
        self.false += other.false


def found(analysis: GaitAnalysis) -> Events:
    return {
        (side, kind): np.array(
            [e.time_s for e in analysis.events if e.side == side and e.kind == kind]
        )
        for side, kind in product(SIDES, KINDS)
    }


def compare(trial: Trial, events: Events) -> Score:
    """Compare events with plates: nearest first, within a quarter of a second."""
    score = Score.empty()
    last_s = float(trial.walk.time_s[-1])
    errors: dict[tuple[int, str], float] = {}
    for number, step in enumerate(trial.contacts):
        for kind, time_s in zip(KINDS, (step.contact_s, step.foot_off_s), strict=True):
            if not EDGE_S < time_s < last_s - EDGE_S:
                continue
            score.true += 1
            apart = events.get((step.side, kind), np.empty(0)) - time_s
            near = np.abs(apart) < NEAR_S
            score.false += max(0, int(near.sum()) - 1)
            if near.any():
                errors[number, kind] = 1000.0 * float(apart[np.argmin(np.abs(apart))])
                score.errors_ms[kind].append(errors[number, kind])
    for number, step in enumerate(trial.contacts):
        own = [errors.get((number, kind)) for kind in KINDS]
        if None not in own:
            score.stance_ms.append(own[1] - own[0])
        for later, after in enumerate(trial.contacts):
            lasts_ms = 1000.0 * (step.foot_off_s - after.contact_s)
            ends = errors.get((number, KINDS[1])), errors.get((later, KINDS[0]))
            if after.side != step.side and 0.0 < lasts_ms < 600.0 and None not in ends:
                score.double_support_percent.append(100.0 * (ends[0] - ends[1]) / lasts_ms)
    return score


def score_all(trials: Iterable[tuple[Trial, Events]]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score.empty)
    for trial, events in trials:
        scores[trial.laboratory].add(compare(trial, events))
    return dict(scores)


def table(title: str, scores: dict[str, Score]) -> None:
    """Print one row a laboratory, and all together."""
    everything = Score.empty()
    for score in scores.values():
        everything.add(score)
    print(f"\n{title}")
    print(
        f"{'':16}{'contacts':>9} {'median':>7} {'SD':>5} {'<20':>5} {'<50':>5}"
        f"{'foot offs':>11} {'median':>7} {'SD':>5} {'<20':>5} {'<50':>5}"
        f"{'stance':>8}{'double s.':>10}{'missed':>8}{'false':>6}"
    )
    for name, score in {**scores, "all": everything}.items():
        cells = f"{name:16}"
        for kind, width in zip(KINDS, (9, 11), strict=True):
            errors = np.array(score.errors_ms[kind])
            if not len(errors):
                cells += f"{0:{width}}{'':26}"
                continue
            cells += (
                f"{len(errors):{width}} {np.median(errors):+7.0f} {errors.std():5.0f} "
                + " ".join(f"{100 * (np.abs(errors) < ms).mean():4.0f}%" for ms in (20, 50))
            )
        missed = score.true - sum(len(each) for each in score.errors_ms.values())
        print(
            f"{cells}{_mean(score.stance_ms):+6.0f}ms{_mean(score.double_support_percent):+8.1f} %"
            f"{missed:8}{score.false:6}"
        )


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
