"""How fast heels that bear on a floor still move forwards, which makes a belt seem too slow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from benchmarks.events_parts.laboratories import Trial
from neuropose.analyzer.tasks.gait import GaitAnalysis, GaitSettings, Surface
from neuropose.analyzer.tasks.gait.foot_placement import find_ground, rests
from neuropose.skeletons.sides import SIDES

ON_A_BELT = GaitSettings(surface=Surface.TREADMILL)


def print_rolls(trials: Sequence[tuple[Trial, GaitAnalysis]]) -> None:
    """Print the speed that a treadmill would seem to have where the surface is a floor."""
    rolls: dict[str, list[float]] = defaultdict(list)
    for trial, analysis in trials:
        walk, ground = analysis.walk, analysis.ground
        speeds_m_s = analysis.values("walking_speed", straight=False)
        known = np.isfinite(speeds_m_s)
        if walk is None or ground is None or ground.surface is not Surface.FLOOR or not known.any():
            continue
        last_s = float(walk.feet.time_s[-1])
        rest = {side: rests(analysis.events, side, last_s) for side in SIDES}
        forward = np.nanmean(walk.feet.forward, axis=0)
        velocity = find_ground(walk.feet, rest, ON_A_BELT).velocity_mm_s
        speed_mm_s = 1000.0 * float(np.median(speeds_m_s[known]))
        place = f"{trial.laboratory} ({walk.feet.points['heel']})"
        rolls[place].append(float(velocity @ forward) / speed_mm_s)
    medians = {place: 100.0 * float(np.median(each)) for place, each in rolls.items()}
    print("\nheels at rest on a floor, forwards, % of the walking speed: medians of laboratories")
    print(", ".join(f"{place} {percent:+.2f}" for place, percent in medians.items()))
    heels = [percent for place, percent in medians.items() if "(heel)" in place]
    print(f"heels, root mean square: {np.sqrt(np.mean(np.square(heels))):.2f}")
