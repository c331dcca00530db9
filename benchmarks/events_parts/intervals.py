"""Whether standard errors of events cover and order their errors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np

from benchmarks.events_parts.laboratories import Trial
from benchmarks.events_parts.scores import EDGE_S, KINDS, NEAR_S
from neuropose.analyzer import analyze_gait
from neuropose.analyzer.tasks.gait import GaitAnalysis, GaitSettings
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import were_smoothed

_WORSE = ((50.0, 0.0), (25.0, 0.0), (None, 5.0), (None, 10.0), (30.0, 5.0), (30.0, 10.0))
"""Frames a second (None: as they are) and noise on every coordinate, mm."""


def worse(
    trials: Sequence[Trial], settings: GaitSettings | None = None
) -> Iterable[tuple[Trial, GaitAnalysis]]:
    """Analyse every walk again with fewer frames and added noise."""
    for (rate_hz, noise_mm), (number, trial) in product(_WORSE, enumerate(trials)):
        walk = trial.walk if rate_hz is None else trial.walk.resample(rate_hz)
        noise = np.random.default_rng(number).normal(0.0, noise_mm, walk.positions_mm.shape)
        analysis = analyze_gait(walk.with_positions(walk.positions_mm + noise), settings)
        if analysis.walk:
            yield trial, analysis


def median_standard_error_s(pairs: Iterable[tuple[Trial, GaitAnalysis]]) -> float:
    """Return the median over the events of walks."""
    return float(
        np.median([event.standard_error_s for _, analysis in pairs for event in analysis.events])
    )


def coverage(
    title: str,
    pairs: Iterable[tuple[Trial, GaitAnalysis]],
    medians_s: Mapping[str, float] | None = None,
) -> None:
    """Print how often intervals of ±1.96 standard errors cover, and whether they order errors.

    Where standard errors of each laboratory are told by the others, `medians_s` has for each the
    median over all laboratories of what the same others tell: what makes all standard errors larger
    or smaller is another number without each laboratory, and says nothing of their order.
    """
    ratios: dict[str, list[float]] = defaultdict(list)
    events: list[tuple[float, float, float, str, bool]] = []
    for trial, analysis in pairs:
        last_s = float(trial.walk.time_s[-1])
        known = {}
        for number, step in enumerate(trial.contacts):
            for kind, time_s in zip(KINDS, (step.contact_s, step.foot_off_s), strict=True):
                near = [
                    event
                    for event in analysis.events
                    if (event.side, event.kind) == (step.side, kind)
                    and abs(event.time_s - time_s) < NEAR_S
                ]
                if near and EDGE_S < time_s < last_s - EDGE_S:
                    event = min(near, key=lambda each, at=time_s: abs(each.time_s - at))
                    known[number, kind] = event, time_s
                    error_s = event.time_s - time_s
                    ratios[kind].append(error_s / event.standard_error_s)
                    median_s = (medians_s or {}).get(trial.laboratory, np.nan)
                    size_s = event.standard_error_s
                    sharp = not were_smoothed(trial.contacts)
                    events.append((size_s, median_s, abs(error_s), trial.laboratory, sharp))
        for (number, kind), (event, time_s) in known.items():
            for (later, kind_later), (after, after_s) in known.items():
                off_s = (after.time_s - event.time_s) - (after_s - time_s)
                apart_s = after_s - time_s
                own_s = float(np.hypot(event.random_s, after.random_s))
                again = kind == kind_later == KINDS[0] and event.side == after.side
                if again and later != number and 0.5 < apart_s < 2.0:
                    ratios["stride time"].append(off_s / own_s)
                crossed = (kind, kind_later) == KINDS and event.side != after.side
                if crossed and 0.0 < apart_s < 0.6:
                    shared_s = float(np.hypot(event.systematic_s, after.systematic_s))
                    ratios["double support"].append(off_s / np.hypot(own_s, shared_s))
    print(f"\nintervals of ±1.96 standard errors cover, {title}")
    for name, values in ratios.items():
        share = 100.0 * float((np.abs(values) < 1.96).mean())
        print(f"{name:16} {share:4.0f} % of {len(values)}")
    sizes, medians, errors = np.array([each[:3] for each in events]).T
    laboratories = np.array([each[3] for each in events])
    sharp = np.array([each[4] for each in events])
    alike = np.array([1.0 / np.sum(laboratories == each) for each in laboratories])
    above = sizes > (np.median(sizes) if medians_s is None else medians)
    for what, weights in (
        ("", np.ones(len(sizes))),
        (", laboratories alike", alike),
        (", alike, where forces were not smoothed", alike * sharp),
    ):
        halves = [
            1000.0 * np.sqrt(np.average(errors[part] ** 2, weights=weights[part]))
            for part in (~above, above)
        ]
        print(
            f"errors below and above the median standard error{what}: "
            f"{halves[0]:.1f} and {halves[1]:.1f} ms, {halves[1] / halves[0]:.2f} times"
        )
