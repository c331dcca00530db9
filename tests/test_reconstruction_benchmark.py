"""What ``python -m benchmarks.reconstruction`` makes of known movements."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.reconstruction_parts import balance, markers
from benchmarks.reconstruction_parts.estimates import Estimate, drawn
from numpy.typing import NDArray

from neuropose.analyzer import PoseSequence
from neuropose.testing import CameraView, reconstructed, simulate_walk, walker_sequence

NAMES = balance.JOINTS


def walk_mm() -> NDArray[np.float64]:
    """A walk past the camera, in its axes, joints as in the balance trial."""
    walk = walker_sequence(simulate_walk(), CameraView(heading_deg=60.0))
    return np.stack([walk.joint(name) for name in NAMES], axis=1)


def swapped(poses_mm: NDArray[np.float64], kinds: set[str]) -> NDArray[np.float64]:
    other = {"left": "right", "right": "left"}
    columns = []
    for name in NAMES:
        side, _, kind = name.partition("_")
        columns.append(NAMES.index(f"{other[side]}_{kind}" if kind in kinds else name))
    return poses_mm[:, columns]


def turned(poses_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    kinds = {"hip", "shoulder", "knee", "ankle", "heel", "toe", "elbow", "wrist"}
    return swapped(poses_mm, kinds) * [1.0, 1.0, -1.0]


@pytest.mark.parametrize(
    ("kinds", "told"),
    [({"knee", "ankle", "heel", "toe"}, "legs"), ({"elbow", "wrist"}, "arms")],
)
def test_exchanged_limbs_are_told_where_they_are_apart(kinds: set[str], told: str) -> None:
    true = walk_mm()
    found = balance.exchanges(swapped(true, kinds), true)
    columns = [index for index, name in enumerate(NAMES) if name.split("_")[-1] in kinds]
    apart = np.linalg.norm(swapped(true, kinds) - true, axis=-1)[:, columns].mean(axis=1) > 150.0
    assert apart.mean() > 0.3
    assert found[told][apart].all()
    assert not found["legs" if told == "arms" else "arms"].any()
    assert not found["turned"].any()


def test_a_back_taken_for_a_front_is_told_in_every_frame() -> None:
    true = walk_mm()
    assert balance.exchanges(turned(true), true)["turned"].all()


def test_an_error_of_scale_place_and_noise_exchanges_nothing() -> None:
    true = walk_mm()
    noise = np.random.default_rng(0).normal(0.0, 40.0, true.shape)
    found = balance.exchanges(0.9 * true + [100.0, 0.0, 300.0] + noise, true)
    assert not any(rows.any() for rows in found.values())


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(1)
    off = random.normal(0.0, 3.0, 20_000)
    assert Estimate(off, np.full(20_000, 3.0)).holds(0.0).mean() == pytest.approx(0.95, abs=0.01)


def test_the_spread_over_draws_is_the_error_of_what_is_measured() -> None:
    truth = walker_sequence(simulate_walk())
    sequence = PoseSequence.from_reconstruction(reconstructed(truth, 10.0, draws=200))

    def height(walk: PoseSequence) -> dict[str, NDArray[np.float64]]:
        return {"height": walk.joint("left_knee")[:, 1]}

    found = drawn(sequence, height)["height"]
    assert np.mean(found.error) == pytest.approx(10.0, rel=0.05)
    assert found.holds(truth.joint("left_knee")[:, 1]).mean() > 0.85


def test_points_that_plug_in_gait_adds_are_not_markers() -> None:
    computed = ["PELO", "LFEA", "RTOP", "LHJC", "HEDL", "TRXO"]
    real = ["LASI", "LKNE", "RTOE", "LLEK", "SACR", "LTIB", "RHEE", "C7"]
    assert all(markers.COMPUTED.fullmatch(name) for name in computed)
    assert not any(markers.COMPUTED.fullmatch(name) for name in real)


def test_legs_are_counted_on_which_nothing_can_be_as_near_to_both_references_as_wanted() -> None:
    def row(angle: str, apart_deg: float) -> markers.Row:
        return markers.Row("walk.c3d", markers.BETWEEN, "OpenSim", angle, 9, apart_deg, 0.0, 0.0)

    rows = [
        row("left_knee_flexion", 4.1),
        row("right_knee_flexion", 3.9),
        row("left_hip_flexion", 1.0),
        row("left_ankle_dorsiflexion", 5.0),
    ]
    assert list(markers.irreconcilable(rows)) == [
        "knee 1 of 2 (walk.c3d left)",
        "hip 0 of 1",
        "ankle 0 of 1",
    ]
