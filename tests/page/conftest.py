"""A report with its recording."""

from __future__ import annotations

import pytest

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.data import InputFile, Report
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence


@pytest.fixture(scope="session")
def walk() -> PoseSequence:
    trial = simulate_walk(WalkerParameters(stance_asymmetry_percent=4.0, duration_s=8.0))
    return walker_sequence(trial.with_noise(1.0))


@pytest.fixture(scope="session")
def report(walk: PoseSequence) -> Report:
    inputs = [InputFile(kind="trc", sha256="0123456789abcdef" * 4)]
    return gait_report(analyze_gait(walk), inputs=inputs)
