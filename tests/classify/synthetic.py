"""Trials of made-up subjects, with a difference between groups or without any."""

from __future__ import annotations

import numpy as np

from neuropose.classify import Trials


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


def make_curves(
    *,
    subjects: int = 12,
    repeats: int = 3,
    samples: int = 60,
    effect: bool = True,
    own: float = 0.0,
    warp: float = 0.04,
    noise: float = 0.02,
    seed: int = 0,
) -> Trials:
    """Curves of two channels, warped in time; of patients, run backwards in the second one.

    A slow rise and a fast fall, or the other way round: the same numbers in another order. `own`
    is how far each subject's curves are from those of the others in a way of its own.
    """
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.arange(subjects) % 2)
    place = own * rng.normal(size=(subjects, 2, 3))
    whose = np.repeat(np.arange(subjects), repeats)
    time = np.linspace(0.0, 1.0, samples)
    values = np.empty((len(whose), 2, samples))
    for row, subject in enumerate(whose):
        warped = np.clip(time + warp * rng.uniform(-1, 1) * np.sin(np.pi * time) ** 2, 0.0, 1.0)
        forward = np.interp(warped, [0.0, 0.75, 1.0], [0.0, 1.0, 0.0])
        backward = np.interp(1.0 - warped, [0.0, 0.75, 1.0], [0.0, 1.0, 0.0])
        values[row] = forward, backward if effect and group[subject] else forward
        for number in range(3):
            values[row] += place[subject, :, number, None] * np.sin((number + 1) * np.pi * warped)
    values += noise * rng.normal(size=values.shape)
    return Trials(
        "series",
        values,
        ("hip", "knee"),
        tuple(f"walk {number:03}" for number in range(len(whose))),
        tuple(f"p{number:02}" for number in whose),
        tuple(np.where(group[whose] == 1, "patient", "control")),
    )
