"""Ten minutes of 33 joints at 60 frames per second made ready for measurement, beside plain SciPy.

Run: ``python -m benchmarks.preparation [--rounds 3] [--json FILE]``. The peer does the same steps
one column after the other, with ``np.nanmedian``, ``PchipInterpolator`` and ``sosfiltfilt``; how
far the two results are apart is shown, too. In turns: ours, peer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.signal import butter, sosfiltfilt

from neuropose.filters import Preparation, prepare, single_pass_cutoff_hz

FPS, MINUTES, JOINTS = 60.0, 10, 33
GAPS = {"no gaps": 0, "100 gaps a joint": 100, "400 gaps a joint": 400}
LONGEST_GAP = 12  # frames; those up to 6 are filled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    time_s = np.arange(round(60 * MINUTES * FPS)) / FPS
    figures = {}
    print(f"{'':18} {'NeuroPose s':>11} {'peer s':>8} {'ratio':>6} {'apart mm':>9}")
    for name, gaps in GAPS.items():
        positions_mm = movement(time_s, gaps)
        ours, peers, apart_mm = [], [], 0.0
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            result = prepare(time_s, positions_mm).values
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            expected = plainly(positions_mm)
            peers.append(time.perf_counter() - start)
            apart_mm = float(np.nanmax(np.abs(result - expected)))
            assert (np.isnan(result) == np.isnan(expected)).all()
        mine, other = statistics.median(ours), statistics.median(peers)
        figures[name] = {"seconds": mine, "peer_seconds": other, "apart_mm": apart_mm}
        print(f"{name:18} {mine:11.2f} {other:8.2f} {other / mine:6.1f} {apart_mm:9.1e}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2))


def movement(time_s: NDArray[np.float64], gaps: int) -> NDArray[np.float64]:
    """Joints that swing at 0.5 to 3 Hz, with 10 mm of noise, outliers and gaps."""
    random = np.random.default_rng(0)
    phase = 2.0 * np.pi * time_s[:, None, None] * random.uniform(0.5, 3.0, (JOINTS, 3))
    positions_mm = 200.0 * np.sin(phase) + random.normal(0.0, 10.0, phase.shape)
    positions_mm[random.uniform(size=phase.shape) < 0.001] += 800.0
    for joint in range(JOINTS):
        for start in random.integers(0, len(time_s), gaps):
            positions_mm[start : start + random.integers(1, LONGEST_GAP + 1), joint] = np.nan
    return positions_mm


def plainly(positions_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The steps of `prepare` as a script would have them."""
    settings = Preparation()
    columns = positions_mm.reshape(len(positions_mm), -1)
    sections = butter(2, single_pass_cutoff_hz(6.0, FPS), fs=FPS, output="sos")
    done = [_column(column, settings, sections) for column in columns.T]
    return np.stack(done, axis=1).reshape(positions_mm.shape)


def _column(
    x: NDArray[np.float64], settings: Preparation, sections: NDArray[np.float64]
) -> NDArray[np.float64]:
    half = 3
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, half, constant_values=np.nan), 2 * half + 1
    )
    judged = np.flatnonzero(~np.isnan(x) & ((~np.isnan(around)).sum(axis=1) > half))
    median = np.nanmedian(around[judged], axis=1)
    mad = np.nanmedian(np.abs(around[judged] - median[:, None]), axis=1)
    bound = np.maximum(settings.outlier_threshold * 1.482602218505602 * mad, 1.0)
    out = np.abs(x[judged] - median) > bound
    x = x.copy()
    x[judged[out]] = median[out]
    edges = np.flatnonzero(np.diff(np.isnan(x), prepend=False, append=False)).reshape(-1, 2)
    limit = round(settings.gap_limit_s * FPS)
    stays = [(a, b) for a, b in edges if b - a > limit or a == 0 or b == len(x)]
    bounds = [0, *(edge for gap in stays for edge in gap), len(x)]
    smooth = np.full(len(x), np.nan)
    for first, stop in zip(bounds[::2], bounds[1::2], strict=True):
        part = x[first:stop]
        known = np.flatnonzero(~np.isnan(part))
        if len(part) > 9 and len(known) > 1:
            whole = PchipInterpolator(known, part[known])(np.arange(len(part)))
            smooth[first:stop] = sosfiltfilt(sections, whole)
    return smooth


if __name__ == "__main__":
    main()
