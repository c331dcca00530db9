"""Cohorts whose truth is known, without any recording."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from neuropose.data import Report, ReportProvenance
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.cohort.values import UNITS, MeasuredTrial
from neuropose.study.contract.pipeline import Source
from neuropose.study.trial.mean_curves import PERCENT

STRIDE_TIME, CADENCE = "stride_time_left_s", "cadence_left_steps_min"
REPORT = Report(
    task="pipeline", measures={}, provenance=ReportProvenance(neuropose_version="0", inputs=())
)
BUMP = np.exp(-(((PERCENT - 70.0) / 8.0) ** 2))


def trial(
    row: int,
    subject: str,
    group: str | None = None,
    session: str | None = None,
    features: Mapping[str, float] | None = None,
    curves: Mapping[str, np.ndarray] | None = None,
) -> MeasuredTrial:
    source = Source(file=Path(f"{row}.trc"))
    values = dict.fromkeys(UNITS, float("nan")) | dict(features or {})
    return MeasuredTrial(
        CohortTrial(row, source, subject, group, session), REPORT, values, curves or {}
    )


def cohort(
    effect: float, *, subjects: int = 8, trials: int = 2, seed: int = 0
) -> list[MeasuredTrial]:
    """Two groups that differ by `effect` SDs between subjects, in one feature and one curve."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(2 * subjects):
        patient = number % 2 == 0
        own = random.normal(effect if patient else 0.0, 1.0)
        for _ in range(trials):
            value = own + random.normal(0.0, 0.2)
            features = {STRIDE_TIME: 1.0 + 0.1 * value, CADENCE: random.normal(100.0, 5.0)}
            curves = {
                "knee_flexion_left": 30.0 - 5.0 * value * BUMP + random.normal(0.0, 0.5),
                "hip_flexion_left": np.sin(PERCENT / 16.0) + random.normal(0.0, 0.5),
            }
            group = "patients" if patient else "controls"
            found.append(trial(len(found) + 1, f"s{number}", group, None, features, curves))
    return found
