"""Trials of made-up subjects, with a difference between groups or without any."""

from __future__ import annotations

import numpy as np

from neuropose.analyzer.classify import Trials


def make_trials(
    *,
    subjects: int = 20,
    repeats: int = 5,
    features: int = 4,
    effect: float = 0.0,
    within: float = 0.2,
    seed: int = 0,
) -> Trials:
    """Trials around a place of each subject's own; `effect` apart in the first feature.

    Half of the subjects are controls, in random order, so that labels mean nothing at an effect
    of 0.
    """
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.arange(subjects) % 2)
    place = rng.normal(size=(subjects, features))
    place[:, 0] += effect * group
    whose = np.repeat(np.arange(subjects), repeats)
    values = place[whose] + within * rng.normal(size=(len(whose), features))
    return Trials(
        "features",
        values,
        tuple(f"feature_{number}" for number in range(features)),
        tuple(f"trial {number}" for number in range(len(whose))),
        tuple(f"s{number:02}" for number in whose),
        tuple(np.where(group[whose] == 1, "patient", "control")),
    )


def as_distances(trials: Trials) -> Trials:
    """The same trials, by their distances from one another."""
    gaps = trials.values[:, None] - trials.values[None]
    distances = np.sqrt((gaps**2).sum(axis=2))
    return Trials(
        "distances", distances, trials.names, trials.names, trials.subjects, trials.labels
    )
