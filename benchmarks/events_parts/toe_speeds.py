"""How the toe gets under way around foot off: on force plates, and of the synthetic walker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.events_parts.laboratories import Trial
from benchmarks.events_parts.scores import EDGE_S
from neuropose.analyzer import analyze_gait
from neuropose.analyzer.tasks.gait import GaitAnalysis
from neuropose.filters.splines import evaluate
from neuropose.skeletons.sides import SIDES
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

SHARES = (0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
"""Of the walking speed."""
_BEFORE_S, _AFTER_S, _STEP_S = 0.12, 0.1, 0.001


def print_toe_speeds(trials: Sequence[tuple[Trial, GaitAnalysis]]) -> None:
    """Print when the toe reaches shares of the walking speed, ms after foot off."""
    by_laboratory: dict[str, list[np.ndarray]] = defaultdict(list)
    for trial, analysis in trials:
        last_s = float(trial.walk.time_s[-1])
        for step in trial.contacts:
            if EDGE_S < step.foot_off_s < last_s - EDGE_S:
                found = _passed_ms(analysis, step.side, [step.foot_off_s])
                by_laboratory[trial.laboratory] += found
    print("\nms after foot off at which the toe has a share of the walking speed (medians)")
    print(f"{'':16}" + "".join(f"{share:6g}" for share in SHARES))
    medians = {name: np.nanmedian(each, axis=0) for name, each in by_laboratory.items()}
    walk = simulate_walk(WalkerParameters(fps=100.0, duration_s=12.0))
    analysis = analyze_gait(walker_sequence(walk))
    synthetic = [
        each
        for side in SIDES
        for each in _passed_ms(analysis, side, walk.side(side).foot_off_s[1:-1])
    ]
    rows = {
        **medians,
        "all": np.median(list(medians.values()), axis=0),
        "synthetic walker": np.median(synthetic, axis=0),
    }
    for name, row in rows.items():
        print(f"{name:16}" + "".join(f"{ms:+6.0f}" for ms in row))


def _passed_ms(analysis: GaitAnalysis, side: str, foot_offs_s: Iterable[float]) -> list[np.ndarray]:
    """Return when the toe last is slower than each share, before it is twice as fast as the body.

    NaN: it is never slower, or the walk has no speed.
    """
    assert analysis.walk is not None
    feet = analysis.walk.timing_feet
    toe = feet.toe[side]  # type: ignore[index]
    speed_mm_s = 1000.0 * float(np.nanmedian(analysis.values("walking_speed")))
    grid_s = np.arange(-_BEFORE_S, _AFTER_S, _STEP_S)
    passed = []
    for foot_off_s in foot_offs_s:
        at = (foot_off_s + grid_s - feet.time_s[0]) * feet.rate_hz
        ahead, up = (
            evaluate(part, at, derivative=1) * feet.rate_hz
            for part in (toe.ahead_mm, toe.height_mm)
        )
        speeds = np.hypot(ahead + speed_mm_s, up) / speed_mm_s
        fast = np.flatnonzero(speeds > SHARES[-1])
        until = int(fast[0]) if len(fast) else len(speeds)
        slower = [np.flatnonzero(speeds[:until] < share) for share in SHARES]
        passed.append(
            np.array([1000.0 * grid_s[each[-1]] if len(each) else np.nan for each in slower])
        )
    return passed
