"""Distances, paths, matches and means beside other libraries, in the conventions of each."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import peers
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw import DtwSettings, dtw, dtw_average, dtw_open_end, kernels
from neuropose.analyzer.compare.dtw.layout import column_layout, row_layout

Array = NDArray[np.float64]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]  # it installs peers

PAIRS = 60

# dtw-python is GPL: it runs in an environment and a process of its own.
SCRIPT = """
import json, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from aeon.distances import dtw_distance
from dtaidistance import dtw_barycenter, dtw_ndim
from dtaidistance.subsequence.dtw import SubsequenceAlignment
from dtw import dtw
from fastdtw import dtw as exact

data = np.load(sys.argv[1])

def pair(number):
    a, b = data[f"a{number}"], data[f"b{number}"]
    out = {
        "aeon": float(dtw_distance(a.T, b.T)),
        "dtai": float(dtw_ndim.distance_fast(a, b)),
        "dtai path": dtw_ndim.warping_path(a, b),
        "dtai euclidean": float(dtw_ndim.distance(a, b, inner_dist="euclidean")),
        "exact": exact(a, b, dist=2)[0],
    }
    if len(a) == len(b):
        out["aeon band"] = float(dtw_distance(a.T, b.T, window=0.1))
        out["dtai band"] = float(dtw_ndim.distance_fast(a, b, window=int(0.1 * len(a)) + 1))
    for cost in ("euclidean", "sqeuclidean"):
        for pattern in ("symmetric1", "symmetric2"):
            options = {"dist_method": cost, "step_pattern": pattern}
            found = dtw(a, b, **options)
            path = np.stack([found.index1, found.index2], axis=1).tolist()
            out[f"{cost} {pattern}"] = [found.distance, path]
            if len(a) == len(b):
                band = {"window_type": "sakoechiba", "window_args": {"window_size": 4}}
                found = dtw(a, b, **options, **band)
                path = np.stack([found.index1, found.index2], axis=1).tolist()
                out[f"{cost} {pattern} band"] = [found.distance, path]
    one, other = a - a[0], b - b[0]
    found = dtw(one, other, step_pattern="symmetric2", open_end=True)
    out["open end"] = [found.jmin, found.normalizedDistance]
    inside = SubsequenceAlignment(a[:5], b, penalty=0.0, use_c=False)
    inside.align()
    out["inside"] = (np.asarray(inside.matching) * 5).tolist()
    return out

series = [data[f"series{number}"] for number in range(5)]
start = int(data["start"])
mean = dtw_barycenter.dba(series, series[start], use_c=False)
json.dump({"pairs": [pair(n) for n in range(int(data["pairs"]))], "mean": list(map(float, mean))},
          sys.stdout, default=lambda scalar: scalar.item())
"""


def movements(number: int) -> tuple[Array, Array]:
    random = np.random.default_rng(number)
    n, m = random.integers(10, 60, 2)
    m = n if number % 2 else m
    depth = random.integers(2, 7)
    return (
        random.normal(size=(n, depth)).cumsum(axis=0),
        random.normal(size=(m, depth)).cumsum(axis=0),
    )


def bumps() -> list[Array]:
    """A movement five times, each with another timing."""
    random = np.random.default_rng(3)
    times = [
        np.linspace(0.0, 1.0, n) ** p
        for n, p in ((40, 1.0), (44, 1.3), (36, 0.8), (41, 1.1), (50, 0.9))
    ]
    return [np.sin(6.0 * time) + random.normal(scale=0.02, size=len(time)) for time in times]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("peers") / "movements.npz"
    arrays: dict[str, Any] = {"pairs": PAIRS, "start": dtw_average(bumps()).start}
    for number in range(PAIRS):
        arrays[f"a{number}"], arrays[f"b{number}"] = movements(number)
    arrays |= {f"series{number}": each for number, each in enumerate(bumps())}
    np.savez(file, **arrays)
    return run(file)


def run(file: Path) -> dict[str, Any]:
    command = [peers.dtw(), "-c", SCRIPT, file]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def settings(cost: str, pattern: str, **band: Any) -> DtwSettings:
    return DtwSettings.model_validate({"cost": cost, "step_pattern": pattern, **band})


@pytest.mark.parametrize("number", range(PAIRS))
def test_distances_and_paths(theirs: dict[str, Any], number: int) -> None:
    a, b = movements(number)
    them = theirs["pairs"][number]
    plain, squared = settings("euclidean", "symmetric1"), settings("squared", "symmetric1")
    result = dtw(a, b, squared)
    assert result.distance == pytest.approx(them["aeon"], rel=1e-12)
    assert result.distance**0.5 == pytest.approx(them["dtai"], rel=1e-12)  # they give the root
    assert result.path is not None
    assert result.path.tolist() == them["dtai path"]
    assert dtw(a, b, plain).distance == pytest.approx(them["dtai euclidean"], rel=1e-12)
    assert dtw(a, b, plain).distance == pytest.approx(them["exact"], rel=1e-12)
    if len(a) == len(b):
        banded = dtw(a, b, settings("squared", "symmetric1", band=0.1)).distance
        assert banded == pytest.approx(them["aeon band"], rel=1e-12)
        assert banded**0.5 == pytest.approx(them["dtai band"], rel=1e-12)


@pytest.mark.parametrize("pattern", ["symmetric1", "symmetric2"])
@pytest.mark.parametrize(("cost", "name"), [("euclidean", "euclidean"), ("squared", "sqeuclidean")])
def test_dtw_python(theirs: dict[str, Any], cost: str, name: str, pattern: str) -> None:
    """It counts the first cell once in symmetric2, too; with Sakoe and Chiba it counts twice."""
    compared = 0
    for number, them in enumerate(theirs["pairs"]):
        a, b = movements(number)
        first = np.linalg.norm(a[0] - b[0]) ** (2 if cost == "squared" else 1)
        extra = first if pattern == "symmetric2" else 0.0
        for suffix, band in (("", {}), (" band", {"band_frames": 4})):
            if f"{name} {pattern}{suffix}" in them:
                distance, path = them[f"{name} {pattern}{suffix}"]
                result = dtw(a, b, settings(cost, pattern, **band))
                assert result.distance == pytest.approx(distance + extra, rel=1e-12)
                assert result.path is not None
                assert result.path.tolist() == path
                compared += 1
    assert compared == PAIRS + PAIRS // 2 + sum(
        len(a) == len(b) for a, b in map(movements, range(0, PAIRS, 2))
    )


def test_open_ends(theirs: dict[str, Any]) -> None:
    """Both begin at 0, so that it does not matter how often the first cell counts."""
    for number, them in enumerate(theirs["pairs"]):
        a, b = movements(number)
        result = dtw_open_end(a - a[0], b - b[0], settings("euclidean", "symmetric2"))
        end, distance = them["open end"]
        assert result.path is not None
        assert result.path[-1, 1] == end
        assert result.normalized_distance == pytest.approx(distance, rel=1e-12)


def test_movements_inside_others(theirs: dict[str, Any]) -> None:
    for number, them in enumerate(theirs["pairs"]):
        a, b = movements(number)
        limits = kernels.band_limits(5, len(b), -1)
        one, other = row_layout(a[:5]), column_layout(b)
        totals, _, _ = kernels.last_row(one, other, *limits, True, 1.0, True)
        assert totals**0.5 == pytest.approx(np.array(them["inside"]), rel=1e-9)


def test_one_round_of_barycentre_averaging(theirs: dict[str, Any]) -> None:
    mean = dtw_average(bumps(), rounds=1).values[:, 0]
    assert mean == pytest.approx(np.array(theirs["mean"]), rel=1e-9)
