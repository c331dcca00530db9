from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.multiview.known_room import room, views_of, walk_at

from neuropose.data.cameras import Clock
from neuropose.errors import MultiviewError
from neuropose.multiview import triangulate
from neuropose.multiview.sides import mirrored
from neuropose.multiview.views import overlap_s
from neuropose.skeletons import BLAZEPOSE_33


def test_exact_points_give_exact_joints():
    rig = room()
    found = triangulate(views_of(rig, noise_px=0.0), rig)
    assert np.abs(found.points_mm - walk_at(found.time_s)).max() < 1e-3
    assert np.nanmax(found.residual_px) < 1e-3


def test_covariances_cover_the_errors():
    rig = room()
    found = triangulate(views_of(rig), rig)
    missed = found.points_mm - walk_at(found.time_s)
    squared = np.einsum("tji,tjik,tjk->tj", missed, np.linalg.inv(found.covariance_mm2), missed)
    assert 0.92 < np.mean(squared < 7.815) < 0.99  # chi-squared with 3 degrees of freedom


def test_a_joint_that_one_view_puts_elsewhere_is_put_right_by_the_others():
    rig = room(count=4)
    views = views_of(rig)
    knee = BLAZEPOSE_33.index("left_knee")
    wrong = views[1].points_px.copy()
    wrong[20:60, knee] += 120.0
    found = triangulate([views[0], replace(views[1], points_px=wrong), *views[2:]], rig)
    missed = np.linalg.norm(found.points_mm - walk_at(found.time_s), axis=2)[20:60, knee]
    assert np.median(missed) < 20.0
    assert found.weight[1, 20:60, knee].max() < 0.2


@pytest.mark.parametrize("count", [2, 3, 4])
def test_exchanged_sides_of_one_view_are_settled(count):
    rig = room(count=count)
    views = views_of(rig)
    other = mirrored(BLAZEPOSE_33.joints)
    wrong = views[1].points_px.copy()
    wrong[30:48] = wrong[30:48][:, other]
    found = triangulate([views[0], replace(views[1], points_px=wrong), *views[2:]], rig)
    missed = np.linalg.norm(found.points_mm - walk_at(found.time_s), axis=2)
    assert np.nanpercentile(missed[30:48], 95) < 60.0
    assert not found.exchanged[0].any()
    assert found.exchanged[1, 30:48].mean() > 0.7  # legs that pass each other look alike
    assert not found.exchanged[1, :25].any()


def test_views_at_their_own_times_and_rates():
    clocks = [Clock(), Clock(offset_s=0.41, drift=2e-4), Clock(offset_s=-0.2)]
    rig = room(clocks)
    views = [
        *views_of(room(clocks, count=2), noise_px=0.0),
        *views_of(rig, noise_px=0.0, rate_hz=50.0, frames=180)[2:],
    ]
    found = triangulate(views, rig)
    assert np.median(np.diff(found.time_s)) == pytest.approx(1.0 / 50.0)
    missed = np.linalg.norm(found.points_mm - walk_at(found.time_s), axis=2)
    assert np.nanmedian(missed) < 1.0
    assert np.nanmax(missed) < 25.0  # between frames at contact, where speed jumps


def test_one_view_is_refused_and_what_one_view_sees_is_missing():
    rig = room()
    views = views_of(rig)
    with pytest.raises(MultiviewError, match="one view"):
        triangulate(views[:1], rig)
    with pytest.raises(MultiviewError, match="two views are of camera 'cam1'"):
        triangulate([views[0], views[0]], rig)
    alone = views[1].points_px.copy()
    alone[40:50] = np.nan
    found = triangulate([views[0], replace(views[1], points_px=alone)], rig, time_s=views[0].time_s)
    assert np.isnan(found.points_mm[41:49]).all()
    assert np.isfinite(found.points_mm[:39]).all()


def test_the_common_time_is_that_of_two_views():
    clocks = [Clock(), Clock(offset_s=1.0)]
    rig = room(clocks, count=2)
    times = overlap_s(views_of(rig), {camera.name: camera.clock for camera in rig.cameras})
    assert times[0] >= 1.0 - 1e-9
    assert times[-1] <= 109 / 30.0 + 1e-9
