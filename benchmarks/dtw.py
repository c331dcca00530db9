"""Dynamic time warping beside fastdtw, dtaidistance and aeon: time, error and memory, in one run.

    python -m benchmarks.dtw [--rounds 7] [--json FILE]

It runs itself again in an environment with the three peers, which it makes if it is not there.

pairs
    Two walks of different cadence, relative to the pelvis, ``frames × values``: the distance alone,
    and with its path; whole and with a band of 10 %. Ours is the public `dtw`, checks included,
    with the Euclidean cost as fastdtw has it; the other two have the squared cost, which is less
    work. fastdtw (radius 1, its default, with its fastest way to give the cost) always makes the
    path, and is approximate: its error is that to the exact distance. All errors are told.
matrix
    All pairs of 100 movements of 60 × 8: `dtw_matrix` beside the parallel C of dtaidistance and the
    threads of aeon, on all cores. fastdtw's time is that of 50 pairs, times their number.
memory
    Path of 18,000 × 8 with a band of 5 %, each in a process of its own: the peak of resident memory
    above what was resident with the inputs in memory and the code loaded and run once on a small
    pair. ``low`` is dtaidistance's way to save memory. It needs Linux; the peers need 3 GB.

The contestants take turns of at least 50 ms; times are medians, ratios medians of those of a turn.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.predictions_file import forget_peak, resident_mb
from neuropose.analyzer import dtw_matrix
from neuropose.analyzer.compare.dtw import DtwSettings, dtw
from neuropose.testing import WalkerParameters, simulate_walk

Array = NDArray[np.float64]
Contestants = dict[str, Callable[[], Any]]

SHAPES = ((300, 99), (1800, 99), (600, 8))
LONG = (18_000, 8)
BAND, LONG_BAND = 0.1, 0.05
LEAST_S = 0.05


def walk(cadence: float, frames: int, columns: int) -> Array:
    """Coordinates of a walker, mm, with the noise of a pose model."""
    trial = simulate_walk(
        WalkerParameters(cadence_steps_min=cadence, duration_s=frames / 60.0 + 1.0)
    )
    pelvis_mm = 0.5 * (trial.joint("left_hip") + trial.joint("right_hip"))
    positions_mm = trial.positions_mm - pelvis_mm[:, None]
    values = positions_mm[:frames].reshape(frames, -1)
    values = values[:, np.linspace(0, values.shape[1] - 1, columns).astype(int)]
    return values + np.random.default_rng(columns).normal(scale=5.0, size=values.shape)


def turns(contestants: Contestants, rounds: int) -> dict[str, list[float]]:
    """Seconds of each contestant in each round: the mean of as many calls as fill `LEAST_S`."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    timers = {name: timeit.Timer(work) for name, work in contestants.items()}
    calls = {}
    for name, timer in timers.items():
        timer.timeit(1)  # compiles, loads
        calls[name] = max(1, round(LEAST_S / timer.timeit(1)))
    for _ in range(rounds):
        for name, timer in timers.items():
            taken[name].append(timer.timeit(calls[name]) / calls[name])
    return taken


def ratio(taken: dict[str, list[float]], other: str) -> float:
    return statistics.median(b / a for a, b in zip(taken["ours"], taken[other], strict=True))


def pair_contestants(a: Array, b: Array, band: float | None, *, path: bool) -> Contestants:
    from aeon.distances import dtw_alignment_path, dtw_distance
    from dtaidistance import dtw as dtai_dtw
    from dtaidistance import dtw_ndim
    from fastdtw import fastdtw

    one, other = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    window = None if band is None else int(band * len(a)) + 1
    ours = DtwSettings(band=band)
    if path:
        aeon = lambda: dtw_alignment_path(one, other, window=band)  # noqa: E731
        dtai = lambda: dtai_dtw.warping_path_fast(a, b, window=window)  # noqa: E731
    else:
        aeon = lambda: dtw_distance(one, other, window=band)  # noqa: E731
        dtai = lambda: dtw_ndim.distance_fast(a, b, window=window)  # noqa: E731
    contestants: Contestants = {
        "ours": lambda: dtw(a, b, ours, path=path),
        "dtaidistance": dtai,
        "aeon": aeon,
    }
    if band is None:
        contestants["fastdtw"] = lambda: fastdtw(a, b, dist=2)
    return contestants


def pairs(rounds: int) -> list[dict[str, Any]]:
    rows = []
    for frames, columns in SHAPES:
        a, b = walk(95.0, frames, columns), walk(115.0, frames, columns)
        for path in (False, True):
            whole = turns(pair_contestants(a, b, None, path=path), rounds)
            banded = turns(pair_contestants(a, b, BAND, path=path), rounds)
            for band, taken in ((None, whole), (BAND, banded)):
                row: dict[str, Any] = {
                    "shape": f"{frames} × {columns}",
                    "what": ("path" if path else "distance") + ("" if band is None else ", band"),
                    "ms": {name: 1e3 * statistics.median(each) for name, each in taken.items()},
                    "over ours": {name: ratio(taken, name) for name in taken if name != "ours"},
                }
                rows.append(row)
                print_row(row)
        error = errors(a, b)
        rows[-1]["errors"] = error
        told = ", ".join(f"{name} {value:.1e}" for name, value in error.items())
        print(f"  relative error of the distance: {told}")
    return rows


def errors(a: Array, b: Array) -> dict[str, float]:
    from aeon.distances import dtw_distance
    from dtaidistance import dtw_ndim
    from fastdtw import fastdtw

    squared, plain = dtw(a, b, DtwSettings(cost="squared")).distance, dtw(a, b).distance
    return {
        "dtaidistance": abs(dtw_ndim.distance_fast(a, b) ** 2 / squared - 1.0),
        "aeon": abs(float(dtw_distance(a.T.copy(), b.T.copy())) / squared - 1.0),
        "fastdtw": abs(fastdtw(a, b, dist=2)[0] / plain - 1.0),
    }


def matrices(rounds: int) -> list[dict[str, Any]]:
    from fastdtw import fastdtw

    long_walk = walk(100.0, 6_000, 8)
    cycles = [np.ascontiguousarray(long_walk[start : start + 60]) for start in range(0, 5_940, 59)]
    cycles = cycles[:100]
    count = len(cycles) * (len(cycles) - 1) // 2
    some = [(cycles[n], cycles[-n - 1]) for n in range(50)]
    start_s = time.perf_counter()
    for one, other in some:
        fastdtw(one, other, dist=2)
    fastdtw_s = (time.perf_counter() - start_s) / len(some) * count
    rows = []
    for band in (None, BAND):
        contestants = matrix_contestants(cycles, band)
        check_matrix(contestants)
        taken = turns(contestants, rounds)
        row: dict[str, Any] = {
            "shape": "100 × 100 of 60 × 8",
            "what": "matrix" if band is None else "matrix, band",
            "ms": {name: 1e3 * statistics.median(each) for name, each in taken.items()},
            "over ours": {name: ratio(taken, name) for name in taken if name != "ours"},
        }
        if band is None:
            row["ms"]["fastdtw"] = 1e3 * fastdtw_s
            row["over ours"]["fastdtw"] = fastdtw_s / statistics.median(taken["ours"])
        rows.append(row)
        print_row(row)
    return rows


def matrix_contestants(cycles: list[Array], band: float | None) -> Contestants:
    from aeon.distances import dtw_pairwise_distance
    from dtaidistance import dtw_ndim

    stacked = np.stack(cycles).transpose(0, 2, 1).copy()
    settings = DtwSettings(cost="squared", band=band)
    window = None if band is None else int(band * 60) + 1
    return {
        "ours": lambda: dtw_matrix(cycles, settings=settings).distances,
        "dtaidistance": lambda: dtw_ndim.distance_matrix_fast(
            cycles, ndim=8, window=window, parallel=True
        ),
        "aeon": lambda: dtw_pairwise_distance(stacked, window=band, n_jobs=-1),
    }


def check_matrix(contestants: Contestants) -> None:
    ours = contestants["ours"]()
    upper = np.triu_indices(len(ours), 1)
    np.testing.assert_allclose(contestants["dtaidistance"]()[upper] ** 2, ours[upper], rtol=1e-9)
    np.testing.assert_allclose(contestants["aeon"](), ours, rtol=1e-9)


def print_row(row: dict[str, Any]) -> None:
    parts = [f"ours {row['ms']['ours']:8.2f} ms"]
    parts += [
        f"{name} {row['ms'][name]:9.2f} ms ({over:6.1f} x)"
        for name, over in row["over ours"].items()
    ]
    print(f"{row['shape']:20} {row['what']:15} " + "  ".join(parts), flush=True)


def peak(who: str) -> dict[str, float]:
    """Peak of memory of one long path, in this process."""
    a, b = walk(95.0, *LONG), walk(115.0, *LONG)
    small = walk(100.0, 100, 8)
    one, other = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    work: Callable[[Array, Array], Any]
    if who == "ours":
        settings = DtwSettings(band=LONG_BAND)
        work = lambda x, y: dtw(x, y, settings).path  # noqa: E731
    elif who.startswith("dtaidistance"):
        from dtaidistance import dtw as dtai_dtw

        options = {"window": int(LONG_BAND * LONG[0]) + 1, "use_lowmem": who.endswith("low")}
        work = lambda x, y: dtai_dtw.warping_path_fast(x, y, **options)  # noqa: E731
    else:
        from aeon.distances import dtw_alignment_path

        work = lambda x, y: dtw_alignment_path(x.T, y.T, window=LONG_BAND)  # noqa: E731
        a, b = one.T, other.T
    work(small, small)
    ctypes.CDLL(None).malloc_trim(0)  # else the work may use again what was freed before
    forget_peak()
    before_mb, start_s = resident_mb("VmRSS"), time.perf_counter()
    path = work(a, b)
    taken_s = time.perf_counter() - start_s
    assert len(path) >= 2
    return {"mb": resident_mb("VmHWM") - before_mb, "s": taken_s}


def memory() -> dict[str, dict[str, float]]:
    found = {}
    for who in ("ours", "dtaidistance", "dtaidistance low", "aeon"):
        command = [sys.executable, "-m", "benchmarks.dtw", "--peak", who]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[who] = json.loads(done.stdout.splitlines()[-1])
        print(
            f"18000 × 8, band 5 %, path: {who:16} {found[who]['mb']:8.1f} MB "
            f"above the inputs, {found[who]['s']:6.2f} s",
            flush=True,
        )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("fastdtw") is None:
        again = [peers.dtw(), "-m", "benchmarks.dtw", *(arguments or sys.argv[1:])]
        raise SystemExit(subprocess.run(again, check=False).returncode)
    if options.peak:
        print(json.dumps(peak(options.peak)))
        return
    found = {"pairs": pairs(options.rounds), "matrix": matrices(options.rounds), "memory": memory()}
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
