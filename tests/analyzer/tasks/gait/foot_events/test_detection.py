"""What counts as a step, and what as noise."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import GaitSettings
from neuropose.analyzer.tasks.gait.foot_events.detection import least_swing_mm, oconnor, zeni
from neuropose.analyzer.tasks.gait.foot_noise import residual_noise_mm
from neuropose.filters import low_pass


def test_zeni_finds_turning_points_between_frames() -> None:
    truth = walks.trial(edge_speed_ratio=1.0, fps=240.0)
    feet = walks.feet(walks.sequence(edge_speed_ratio=1.0, fps=240.0))
    contact, foot_off = zeni(feet, "right", GaitSettings())
    # Not smoothed, the heel is farthest ahead exactly at contact; the toe is farthest behind once
    # it is as fast as the body.
    assert np.abs(contact / 240.0 - truth.right.initial_contact_s).max() < 0.004
    assert np.abs(foot_off / 240.0 - truth.right.foot_off_s - 0.011).max() < 0.001


def test_both_detectors_mean_the_same_events() -> None:
    feet = walks.walker_feet()
    turned = zeni(feet, "left", GaitSettings())
    for first, second in zip(turned, oconnor(feet, "left"), strict=True):
        for place in first[1:-1]:
            assert np.abs(second - place).min() < 0.1 * feet.rate_hz


def test_oconnor_takes_no_sinking_in_mid_swing() -> None:
    """The foot also sinks fast early in swing, but high above the floor."""
    feet = walks.walker_feet()
    assert len(oconnor(feet, "left")[0]) == len(zeni(feet, "left", GaitSettings())[0])


def test_noise_in_standing_is_no_step() -> None:
    rng = np.random.default_rng(1)
    walk = walks.sequence()
    standing = np.repeat(walk.positions_mm[:1], 600, axis=0)
    noisy = standing + rng.normal(0.0, 15.0, standing.shape)
    smooth = low_pass(noisy, rate_hz=60.0).values
    time_s = np.arange(600) / 60.0
    raw, still = (
        type(walk).from_arrays(time_s, each, list(walk.joints), up=[0, 1, 0])
        for each in (noisy, smooth)
    )
    forward = np.tile([1.0, 0.0, 0.0], (600, 1))
    noise_mm = residual_noise_mm(raw, still, forward, 6.0)
    true_mm = float(np.std((still.joint("left_heel") - still.joint("pelvis"))[:, 0]))
    assert noise_mm == pytest.approx(true_mm, rel=0.15)
    feet = walks.feet(still, noise_mm=noise_mm)
    assert least_swing_mm(feet, GaitSettings()) == pytest.approx(8.0 * noise_mm)
    assert not any(len(found) for found in zeni(feet, "left", GaitSettings()))
    assert any(len(found) for found in zeni(walks.feet(still), "left", GaitSettings()))


def test_a_hesitation_in_swing_is_no_contact() -> None:
    walk = walks.sequence()
    positions = walk.positions_mm.copy()
    heel = walk.joints.index("left_heel")
    positions[:, heel, 0] += 25.0 * np.sin(2.0 * np.pi * 2.7 * walk.time_s)
    found = zeni(walks.feet(walks.changed(walk, positions)), "left", GaitSettings())[0]
    assert len(found) == len(walks.trial().left.initial_contact_s)


@pytest.mark.parametrize("cut_s", [0.03, 0.1, 0.2])
def test_a_contact_near_the_end_is_found(cut_s: float) -> None:
    last_s = walks.trial().left.initial_contact_s[-1]
    walk = walks.sequence().slice(0.0, last_s + cut_s)
    found = zeni(walks.feet(walk), "left", GaitSettings())[0] / 60.0
    assert found[-1] == pytest.approx(last_s, abs=0.02)


def test_a_gap_hides_what_lies_in_it_and_nothing_else() -> None:
    walk = walks.sequence()
    whole = zeni(walks.feet(walk), "left", GaitSettings())[0]
    positions = walk.positions_mm.copy()
    hidden = round(float(whole[2]))
    positions[hidden - 5 : hidden + 5, walk.joints.index("left_heel")] = np.nan
    rest = zeni(walks.feet(walks.changed(walk, positions)), "left", GaitSettings())[0]
    np.testing.assert_allclose(rest, np.delete(whole, 2))
