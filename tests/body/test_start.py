"""Where the fit of a body starts."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.body.start import MOMENT_S, without_jumps


@pytest.mark.parametrize("fps", [25.0, 60.0, 240.0])
def test_what_lasts_for_a_moment_is_left_out_and_what_stays_is_kept(fps: float) -> None:
    time_s = np.arange(round(4.0 * fps)) / fps
    points_mm = np.zeros((len(time_s), 2, 3))
    points_mm[time_s >= 3.0, 0] = 500.0
    start_mm = points_mm.copy()
    points_mm[(time_s > 1.0) & (time_s < 1.0 + 0.4 * MOMENT_S), 0] = [900.0, -400.0, 300.0]
    assert np.array_equal(without_jumps(points_mm, time_s), start_mm)


def test_gaps_are_filled_and_what_was_never_there_stays_missing() -> None:
    time_s = np.arange(30) / 30.0
    points_mm = np.stack([np.outer(time_s, [100.0, 0.0, 50.0]), np.full((30, 3), np.nan)], axis=1)
    points_mm[10:20, 0] = np.nan
    found_mm = without_jumps(points_mm, time_s)
    inner = slice(3, -3)
    assert found_mm[inner, 0] == pytest.approx(np.outer(time_s, [100.0, 0.0, 50.0])[inner])
    assert np.isnan(found_mm[:, 1]).all()
    assert np.isfinite(without_jumps(points_mm[:1], time_s[:1])[:, 0]).all()
