"""Two clocks put together by the movement that both recordings saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.study.validation.recorded_twice import misread, walk

from neuropose.study.validation.synchronise import SynchroniseError, synchronise
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence


@pytest.mark.parametrize(("offset_s", "noise_mm"), [(0.0, 0.0), (7.3, 3.0), (-41.27, 20.0)])
def test_an_offset_is_found_to_a_few_milliseconds(offset_s: float, noise_mm: float) -> None:
    reference = walk(1, 1)
    test = misread(reference.slice(0.63, 7.1), offset_s=offset_s, noise_mm=noise_mm)
    clock = synchronise(test, reference)
    assert clock.rate == 1.0
    assert float(clock.to_reference(offset_s)) == pytest.approx(0.0, abs=0.003)
    assert (clock.start_s, clock.end_s) == pytest.approx((0.63, 7.1), abs=0.02)
    assert clock.to_test(clock.to_reference(np.array([2.0]))) == pytest.approx([2.0])


@pytest.mark.parametrize("drift", [0.003, -0.002])
def test_a_clock_that_runs_otherwise_is_followed(drift: float) -> None:
    reference = walk(2, 1, duration_s=20.0)
    test = misread(reference, offset_s=3.0, drift=drift, noise_mm=3.0)
    clock = synchronise(test, reference)
    assert clock.rate == pytest.approx(1.0 / (1.0 + drift), abs=3e-4)
    for time_s in (1.0, 10.0, 19.0):
        shown_s = 3.0 + (1.0 + drift) * time_s
        assert float(clock.to_reference(shown_s)) == pytest.approx(time_s, abs=0.005)


def test_axes_size_and_rate_do_not_matter() -> None:
    reference = walk(3, 1)
    turned = Rotation.from_rotvec([0.8, -1.1, 0.4]).as_matrix()
    test = misread(reference, offset_s=2.0)
    test = replace(
        test, positions_mm=0.9 * test.positions_mm[::3] @ turned.T, time_s=test.time_s[::3], up=None
    )
    assert float(synchronise(test, reference).to_reference(2.0)) == pytest.approx(0.0, abs=0.005)


def test_missing_joints_and_frames_are_left_out() -> None:
    reference = walk(1, 2)
    positions_mm = np.array(reference.positions_mm)
    positions_mm[200:280] = np.nan
    test = misread(replace(reference, positions_mm=positions_mm), offset_s=1.5, noise_mm=3.0)
    assert float(synchronise(test, reference).to_reference(1.5)) == pytest.approx(0.0, abs=0.003)


def test_a_perfectly_even_walk_is_refused_unless_the_clocks_are_known() -> None:
    even = walker_sequence(simulate_walk(WalkerParameters(duration_s=8.0)))
    test = misread(even.slice(2.0, 6.0), offset_s=0.1)
    with pytest.raises(SynchroniseError, match="match as well"):
        synchronise(test, even)
    clock = synchronise(test, even, within_s=0.3)
    assert float(clock.to_reference(0.1)) == pytest.approx(0.0, abs=0.003)
    assert synchronise(even, even, within_s=0.0).offset_s == 0.0


def test_other_movements_are_refused() -> None:
    reference = walk(1, 1)
    still = np.repeat(reference.positions_mm[:1], len(reference), axis=0)
    noise = np.random.default_rng(0).normal(0.0, 5.0, still.shape)
    with pytest.raises(SynchroniseError, match="not alike"):
        synchronise(replace(reference, positions_mm=still + noise), reference)


def test_a_stride_that_is_hardly_alike_is_believed_only_with_a_clock() -> None:
    reference = walk(1, 1).slice(1.5, 4.0)
    stride = misread(walk(1, 1).slice(2.0, 3.6), noise_mm=21.0)
    with pytest.raises(SynchroniseError, match="not alike") as error:
        synchronise(stride, reference)
    assert error.value.hint is not None
    assert "--within" in error.value.hint
    clock = synchronise(stride, reference, within_s=2.5)
    assert clock.correlation is not None
    assert 0.5 <= clock.correlation < 0.5**0.5
    assert clock.doubt is not None
    assert "hardly alike" in clock.doubt


def test_a_single_stride_in_common_is_doubted_unless_the_clock_is_told() -> None:
    reference = walk(1, 1)
    stride = misread(reference.slice(2.0, 3.6), noise_mm=3.0)
    doubt = synchronise(stride, reference.slice(1.5, 4.0)).doubt
    assert doubt is not None
    assert "walks of different people match as well" in doubt
    assert synchronise(stride, reference.slice(1.5, 4.0), within_s=2.5).doubt is None
    assert synchronise(misread(reference, noise_mm=3.0), reference).doubt is None


def test_what_has_nothing_in_common_is_refused() -> None:
    reference = walk(1, 1)
    with pytest.raises(SynchroniseError, match="too few joints"):
        synchronise(reference.select("pelvis", "left_hip"), reference)
    later = replace(reference, time_s=reference.time_s + 100.0)
    with pytest.raises(SynchroniseError, match="in common"):
        synchronise(later, reference, within_s=0.0)
