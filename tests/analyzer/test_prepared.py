"""A recording is prepared once, whatever is measured of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.io.c3d_files import c3d_bytes

from neuropose.analyzer import Preparation, analyze_gait, prepare
from neuropose.analyzer.prepared import prepare_recording
from neuropose.cli import main
from neuropose.filters import preparation as preparing
from neuropose.testing import simulate_walk, walker_sequence

WALK = walker_sequence(simulate_walk())


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often trajectories have been cleaned, by whatever way."""
    calls: list[int] = []
    clean = preparing.hampel

    def counting(*arguments: object, **options: object) -> object:
        calls.append(1)
        return clean(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(preparing, "hampel", counting)
    return lambda: len(calls)


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    data = c3d_bytes(WALK.positions_mm, WALK.joints, rate_hz=WALK.sampling_rate_hz, up="+Y")
    (tmp_path / "walk.c3d").write_bytes(data)
    return tmp_path / "walk.c3d"


@pytest.mark.parametrize("task", ["gait", "rom", "arm-swing", "sway"])
def test_a_marker_trial_is_prepared_once(trial: Path, task: str, count: Callable[[], int]) -> None:
    assert main(["analyze", str(trial), "--task", task]) == 0
    assert count() == 1


def test_gait_takes_a_recording_that_is_prepared(count: Callable[[], int]) -> None:
    prepared = prepare_recording(WALK, Preparation())
    analysis = analyze_gait(prepared)
    assert count() == 1
    assert analysis.walk is not None
    assert analysis.walk.prepared is prepared
    again = analyze_gait(WALK)
    assert np.array_equal(again.values("stride_time"), analysis.values("stride_time"))


def test_one_that_was_prepared_otherwise_is_prepared_again(count: Callable[[], int]) -> None:
    analysis = analyze_gait(prepare_recording(WALK, Preparation(cutoff_hz=4.0)))
    assert count() == 2
    assert analysis.walk is not None
    assert analysis.walk.prepared.record.settings.cutoff_hz == 6.0


def test_another_low_pass_is_that_of_a_preparation_of_its_own() -> None:
    prepared = prepare_recording(WALK.with_positions(_with_gap(WALK.positions_mm)), Preparation())
    sharper = prepared.smoothed_at(10.0, "left_heel", "pelvis")
    whole = prepare(WALK.time_s, _with_gap(WALK.positions_mm), Preparation(cutoff_hz=10.0))
    columns = [WALK.joints.index(name) for name in ("left_heel", "pelvis")]
    assert np.array_equal(sharper.sequence.positions_mm, whole.values[:, columns], equal_nan=True)
    assert sharper.record.single_pass_cutoff_hz == whole.record.single_pass_cutoff_hz
    assert sharper.record.settings.cutoff_hz == 10.0


def _with_gap(positions_mm: np.ndarray) -> np.ndarray:
    changed = np.array(positions_mm)
    changed[40:60, 3:9] = np.nan
    changed[100, :, 1] += 300.0
    return changed
