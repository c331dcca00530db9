"""Whether a change point in the foot's path times events better than its speed does.

Run: ``python -m benchmarks.gait_change_point``. Double supports shorter than 60 ms are not within
3 % of their value in every known walk (`benchmarks.gait_accuracy`). Here each event is timed once
more by segmented regression: the foot rests, or moves with the belt; before contact, or after foot
off, it follows a cubic in time; the place where the two meet is the event. It is given more than
an analysis has: positions without noise and unfiltered, and for known walks a search that begins
within 6 ms of the truth. Then the same is done to a real trial.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks import gait_recordings
from benchmarks.gait_walker import KINDS, SPEEDS_M_S
from neuropose.analyzer import analyze_gait
from neuropose.testing import WalkerParameters, WalkerTrial, simulate_walk, walker_sequence

Array = NDArray[np.float64]

SIDES = ("left", "right")
_REST_S = 0.12
_SWING_FRAMES, _DEGREE = 5, 3  # of 3 to 7 frames and degrees 2 to 4 the best over all rates
_SPAN_S, _STEP_S = 0.05, 0.0005
_START_S = 0.006


def change_point_s(time_s: Array, path_mm: Array, near_s: float, kind: str, fps: float) -> float:
    """Time one event by least squares: a line in stance, joined to a cubic in swing."""
    sign = 1.0 if kind == "initial_contact" else -1.0
    since_s = sign * (time_s - near_s)
    used = (since_s <= _REST_S) & (since_s >= -_SWING_FRAMES / fps)
    since_s, path = since_s[used], path_mm[used]
    places_s = np.arange(-_SPAN_S, _SPAN_S + _STEP_S / 2.0, _STEP_S)
    left = np.empty(len(places_s))
    for number, place_s in enumerate(places_s):
        swing_s = np.minimum(since_s - place_s, 0.0)
        powers = [np.ones_like(since_s), since_s]
        powers += [swing_s**power for power in range(1, _DEGREE + 1)]
        design = np.stack(powers, axis=1)
        fitted, *_ = np.linalg.lstsq(design, path, rcond=None)
        left[number] = ((path - design @ fitted) ** 2).sum()
    return float(near_s + sign * places_s[np.argmin(left)])


def known_walk(trial: WalkerTrial) -> tuple[float, float]:
    """Give the largest error of double support, percent: by speed, and by change points."""
    analysis = analyze_gait(walker_sequence(trial))
    fps, random = trial.parameters.fps, np.random.default_rng(0)
    off_s = {}
    for side, kind in product(SIDES, KINDS):
        point = trial.joint(f"{side}_{'heel' if kind == 'initial_contact' else 'foot_index'}")
        true_s = getattr(trial.side(side), f"{kind}_s")
        inner_s = true_s[(true_s > 0.3) & (true_s < trial.time_s[-1] - 0.3)]
        starts_s = inner_s + random.uniform(-_START_S, _START_S, len(inner_s))
        found = [change_point_s(trial.time_s, point[:, :2], at, kind, fps) for at in starts_s]
        off_s[side, kind] = float(np.mean(found - inner_s))
    errors = []
    for side, other in (SIDES, SIDES[::-1]):
        true = trial.side(side).initial_double_support_percent
        by_speed = float(np.nanmean(analysis.values("initial_double_support", side))) - true
        by_change_s = off_s[other, "foot_off"] - off_s[side, "initial_contact"]
        by_change = 100.0 * by_change_s / trial.parameters.stride_time_s
        errors.append((100.0 * by_speed / true, 100.0 * by_change / true))
    speed, change = np.abs(errors).max(axis=0)
    return float(speed), float(change)


def main() -> None:
    print("known walks, 30 % of asymmetry of step time or stance, 130 steps/min, no noise:")
    print("error of double support, % of its value (30 to 60 ms)")
    print(
        f"{'fps':>5} {'by speed: median':>17} {'most':>6} {'change point: median':>21} {'most':>6}"
    )
    for fps in (30.0, 60.0, 120.0):
        errors = []
        for speed, kind in product(SPEEDS_M_S, ("step_time", "stance")):
            shape = {f"{kind}_asymmetry_percent": 30.0}
            parameters = WalkerParameters(
                speed_m_s=speed, cadence_steps_min=130.0, fps=fps, duration_s=12.0, **shape
            )
            errors.append(known_walk(simulate_walk(parameters)))
        (speed, change), (speed_most, change_most) = np.median(errors, axis=0), np.max(errors, 0)
        print(f"{fps:5.0f} {speed:17.1f} {speed_most:6.1f} {change:21.1f} {change_most:6.1f}")
    _print_treadmill()


def _print_treadmill() -> None:
    walk, marked = gait_recordings.treadmill()
    analysis = analyze_gait(walk)
    assert analysis.walk is not None
    axes = np.stack(
        [
            np.nanmedian(analysis.walk.prepared.heading.forward, 0),
            analysis.walk.prepared.vertical.up,
        ],
        1,
    )
    print(f"\ntreadmill trial at {walk.sampling_rate_hz:.0f} Hz, error against the marks, ms")
    for kind in KINDS:
        point = "heel" if kind == "initial_contact" else "toe"
        by_speed, by_change = [], []
        for event in analysis.events:
            marks_s = marked.get((event.side, event.kind), np.empty(0))
            if event.kind != kind or not (np.abs(marks_s - event.time_s) < 0.1).any():
                continue
            mark_s = marks_s[np.argmin(np.abs(marks_s - event.time_s))]
            path_mm = walk.joint(f"{event.side}_{point}") @ axes
            found_s = change_point_s(
                walk.time_s, path_mm, event.time_s, kind, walk.sampling_rate_hz
            )
            by_speed.append(1000.0 * (event.time_s - mark_s))
            by_change.append(1000.0 * (found_s - mark_s))
        print(
            f"{kind:16} by speed {np.median(by_speed):+.0f} (SD {np.std(by_speed):.0f}), "
            f"change point {np.median(by_change):+.0f} (SD {np.std(by_change):.0f})"
        )


if __name__ == "__main__":
    main()
