"""Curves beside spm1d, on the cutting movements of Neptune et al. 1999 that it brings."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import numpy as np
import pytest
from benchmarks import peers

from neuropose.statistics import CurveTest, compare_curves

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]  # it installs a peer

# spm1d is GPL: it runs in an environment and a process of its own. Its own permutations of vectors
# exchange the components of a pair one by one; here its T² is taken with whole pairs exchanged.
SCRIPT = """
import json, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
import spm1d

data = spm1d.data.mv1d.hotellings_paired.Neptune1999kneekin()
first, second = data.YA, data.YB

def regions(test):
    return [[float(end) for end in cluster.endpoints] for cluster in test.clusters]

angles = []
for axis in range(3):
    pair = first[:, :, axis], second[:, :, axis]
    spm, snpm = spm1d.stats.ttest_paired(*pair), spm1d.stats.nonparam.ttest_paired(*pair)
    field = spm.inference(0.05, two_tailed=True)
    free = snpm.inference(0.05, two_tailed=True, iterations=-1)
    angles.append({
        "t": spm.z.tolist(),
        "field": {"threshold": float(field.zstar), "regions": regions(field)},
        "free": {"threshold": float(free.zstar), "regions": regions(free)},
    })
groups = spm1d.stats.ttest2(first[:, :, 0], second[:, :, 0])
largest = []
for number in range(2 ** 8):
    signs = np.where(number >> np.arange(8) & 1, -1.0, 1.0)[:, None, None]
    largest.append(float(spm1d.stats.hotellings(signs * (first - second), np.zeros(3)).z.max()))
vectors = spm1d.stats.hotellings_paired(first, second)
json.dump({
    "first": first.tolist(), "second": second.tolist(), "angles": angles,
    "groups": groups.z.tolist(), "t2": vectors.z.tolist(), "largest": largest,
    "t2_threshold": float(vectors.inference(0.05).zstar),
    "t2_regions": regions(vectors.inference(0.05)),
}, sys.stdout)
"""

AXES = pytest.mark.parametrize("axis", [0, 1, 2])


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    done = subprocess.run([peers.spm1d(), "-c", SCRIPT], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def curves(theirs: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(theirs["first"]), np.array(theirs["second"])


def ours(theirs: dict[str, Any], axis: int, inference: str = "maximum") -> CurveTest:
    first, second = curves(theirs)
    return compare_curves(first[..., axis], second[..., axis], paired=True, inference=inference)  # type: ignore[arg-type]


def significant(test: CurveTest) -> list[tuple[int, int]]:
    return [(each.first, each.last) for each in test.regions if each.significant]


@AXES
def test_the_same_statistic(theirs: dict[str, Any], axis: int) -> None:
    assert ours(theirs, axis).statistic == pytest.approx(theirs["angles"][axis]["t"], rel=1e-9)


def test_the_same_statistic_of_groups(theirs: dict[str, Any]) -> None:
    first, second = curves(theirs)
    # Of the same size: otherwise it pools the variances, whatever it is told.
    found = compare_curves(first[..., 0], second[..., 0], paired=False, permutations=199)
    assert found.statistic == pytest.approx(theirs["groups"], rel=1e-9)


@AXES
def test_the_same_regions_as_its_permutations(theirs: dict[str, Any], axis: int) -> None:
    found, free = ours(theirs, axis), theirs["angles"][axis]["free"]
    assert found.permutations == 256
    # It takes the 97.5th percentile of the largest t, interpolated; ours is of the largest |t|.
    assert found.threshold == pytest.approx(free["threshold"], rel=0.05)
    regions = significant(found)
    assert len(regions) == len(free["regions"])
    for (first, last), (start, end) in zip(regions, free["regions"], strict=True):
        # Its ends are interpolated between samples: ours are the samples inside.
        assert first == pytest.approx(start, abs=1.0)
        assert last == pytest.approx(end, abs=1.0)


@AXES
@pytest.mark.parametrize("inference", ["maximum", "cluster"])
def test_the_same_differences_as_random_field_theory(
    theirs: dict[str, Any], axis: int, inference: str
) -> None:
    found, field = ours(theirs, axis, inference), theirs["angles"][axis]["field"]
    # Random field theory assumes normal, smooth curves; with 8 subjects its threshold is higher.
    if inference == "maximum":
        assert 0.75 * field["threshold"] < found.threshold < 1.02 * field["threshold"]
    regions = significant(found)
    for start, end in field["regions"]:
        if inference == "cluster" and end - start < 1.0:
            continue  # a single sample weighs too little to be a cluster
        assert any(first <= end and start <= last for first, last in regions)
    if not field["regions"]:
        assert regions == []


def test_the_same_vectors(theirs: dict[str, Any]) -> None:
    first, second = curves(theirs)
    found = compare_curves(first, second, paired=True)
    assert found.statistic == pytest.approx(theirs["t2"], rel=1e-6)
    ranked = np.sort(theirs["largest"])[::-1]
    assert found.threshold == pytest.approx(ranked[12], rel=1e-6)
    shares = [np.mean(ranked >= t2 * (1 - 1e-9)) for t2 in theirs["t2"]]
    assert found.p_values == pytest.approx(shares, abs=2 / 256)
    assert significant(found) == theirs["t2_regions"] == []
    assert found.threshold < theirs["t2_threshold"]
