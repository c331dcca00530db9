"""Time for the whole gait analysis of ten minutes: 60 frames a second, 33 joints, one core.

Run: ``python -m benchmarks.gait_speed``. Preparation, vertical, heading, events, strides, turns,
joint angles and cycles, and the report; without and with the vertical to be found.
"""

from __future__ import annotations

import os
import time

import numpy as np

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.io.report_file import encode_report
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence

ROUNDS = 5


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    trial = simulate_walk(WalkerParameters(duration_s=600.0)).with_noise(3.0)
    for name, view in (("laboratory", None), ("camera", CameraView(tilt_deg=10.0))):
        walk = walker_sequence(trial, view)
        parts = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            analysis = analyze_gait(walk)
            analysed = time.perf_counter()
            report = gait_report(analysis)
            size = sum(map(len, encode_report(report)))
            parts.append((analysed - start, time.perf_counter() - analysed))
        analysis_s, report_s = np.median(parts, axis=0)
        print(
            f"{name:12} {len(walk)} frames, {len(trial.skeleton.joints)} joints, "
            f"{len(analysis.strides)} strides: analysis {analysis_s:.2f} s, "
            f"report {report_s:.2f} s ({size / 1000:.0f} kB)"
        )


if __name__ == "__main__":
    main()
