"""Time and memory of ten minutes: one person with 33 points, 30 frames a second, twice.

Each run has a process of its own, so that its peak is its own. The second may use one processor
only: the bits must be the same. What counts is the memory that the fit adds to that of the
libraries and the predictions, which are there before it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

MINUTES = 10
FRAMES = MINUTES * 60 * 30
ONE_PROCESSOR = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
MOST_S, MOST_MB = 60.0, 300.0

_CHILD = """
import hashlib, json, sys, time
import numpy as np
from neuropose.testing import synthetic_predictions

def status_mb(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name)) / 1024

frames = int(sys.argv[1])
exact = synthetic_predictions(frames, heading_deg=20.0)
noise = np.random.default_rng(1)
predictions = exact.model_copy(update={
    "poses2d": exact.poses2d + noise.normal(0.0, 3.0, exact.poses2d.shape).astype(np.float32),
    "poses3d": exact.poses3d + noise.normal(0.0, 25.0, exact.poses3d.shape).astype(np.float32),
})
del exact
from neuropose.body import reconstruct
reconstruct(synthetic_predictions(60))  # compile and load what is compiled and loaded once
before_mb = status_mb("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # forget the peak so far
start_s, cpu_s = time.perf_counter(), time.process_time()
found = reconstruct(predictions)
row = {"frames": frames, "before_mb": before_mb, "peak_mb": status_mb("VmHWM")}
row |= {"wall_s": time.perf_counter() - start_s, "cpu_s": time.process_time() - cpu_s}
arrays = found.coordinates, found.coordinate_errors, found.positions_mm, found.position_draws_mm
row["result_mb"] = sum(each.nbytes for each in arrays) / 1e6
row["sha256"] = hashlib.sha256(b"".join(each.tobytes() for each in arrays)).hexdigest()
print(json.dumps(row))
"""


def show() -> dict[str, Any]:
    """Print what two runs cost, and whether their bits are the same."""
    short = _measure(FRAMES // MINUTES)
    runs = [_measure(FRAMES, each) for each in ({}, ONE_PROCESSOR)]
    for row in (short, *runs):
        print(
            f"{row['frames']:6} frames: {row['wall_s']:.1f} s wall, {row['cpu_s']:.1f} s of "
            f"processors; peak {row['peak_mb']:.0f} MB, before the fit {row['before_mb']:.0f} MB, "
            f"result {row['result_mb']:.0f} MB"
        )
    alike = runs[0]["sha256"] == runs[1]["sha256"]
    print(f"{'✓' if alike else '✗'} both runs gave {'the same' if alike else 'different'} bits")
    wall_s = runs[0]["wall_s"]
    added_mb = max(row["peak_mb"] - row["before_mb"] for row in runs)
    print(f"{'✓' if wall_s < MOST_S else '✗'} {wall_s:.1f} s, {MOST_S:g} wanted")
    print(f"{'✓' if added_mb < MOST_MB else '✗'} {added_mb:.0f} MB more, {MOST_MB:g} wanted")
    return {"short": short, "runs": runs}


def _measure(frames: int, settings: Mapping[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(frames)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | dict(settings or {}),
    )
    row: dict[str, Any] = json.loads(done.stdout)
    return row
