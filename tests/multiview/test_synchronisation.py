from __future__ import annotations

import numpy as np
import pytest
from tests.multiview.known_room import room, views_of, walk_at

from neuropose.data.cameras import Clock
from neuropose.errors import SynchronisationError
from neuropose.multiview import synchronise

OFFSETS_S = (0.0, 1.3 + 0.4 / 30.0, -0.7)


@pytest.fixture(scope="module")
def known():
    rig = room([Clock(offset_s=each) for each in OFFSETS_S])
    return views_of(rig, frames=120), rig


def test_offsets_are_found_with_known_cameras(known):
    views, rig = known
    found = synchronise(views, rig)
    for view, true_s in zip(views, OFFSETS_S, strict=True):
        clock = found.clocks[view.name]
        assert abs(clock.offset_s - true_s) < 0.004
        if true_s:
            assert abs(clock.offset_s - true_s) < 3.0 * clock.offset_error_s


def test_offsets_are_found_with_unknown_cameras_that_filmed_the_same():
    rig = room([Clock(offset_s=each) for each in OFFSETS_S[:2]], count=2)
    views = views_of(rig, frames=110, begin_s=[0.0, -1.3])
    found = synchronise(views)
    assert found.clocks["cam2"].offset_s == pytest.approx(OFFSETS_S[1], abs=0.005)


def test_rates_may_differ_and_drift_is_found():
    clocks = [Clock(), Clock(offset_s=0.3, drift=3e-4)]
    rig = room(clocks, count=2)

    def to_and_fro(shared_s):
        # Six metres there and back, at a pace that varies.
        return walk_at(1.8 + 1.7 * np.sin(0.35 * shared_s) + 0.1 * np.sin(1.1 * shared_s))

    views = [
        *views_of(room(clocks, count=1), frames=1200, points_at=to_and_fro),
        *views_of(rig, frames=2000, rate_hz=50.0, points_at=to_and_fro)[1:],
    ]
    found = synchronise(views, rig).clocks["cam2"]
    assert found.drift == pytest.approx(3e-4, abs=max(3.0 * found.drift_error, 1e-5))
    middle_s = 20.0
    late_s = found.shared_time_s(middle_s) - clocks[1].shared_time_s(middle_s)
    assert abs(late_s) < 0.005


def test_no_shared_movement_is_refused():
    views = views_of(room(count=2), frames=40)
    views[1].points_px[:] = np.nan
    with pytest.raises(SynchronisationError, match="cam2"):
        synchronise(views)
    with pytest.raises(SynchronisationError, match="one view"):
        synchronise(views[:1])
