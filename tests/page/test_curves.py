"""Curves over time: every angle with its standard error."""

from __future__ import annotations

import base64

import numpy as np

from neuropose.analyzer.prepared import prepare_recording
from neuropose.filters import Preparation
from neuropose.page.curves import curve_plots
from neuropose.page.packing import packed_curves
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.testing import reconstructed, simulate_walk, walker_sequence


def test_an_angle_has_the_standard_error_of_each_value() -> None:
    walk = reconstructed(walker_sequence(simulate_walk()), 20.0, draws=4)
    prepared = prepare_recording(PoseSequence.from_reconstruction(walk), Preparation())
    plots = curve_plots(prepared, "gait")
    packed = packed_curves(plots, prepared.time_s)
    for plot, its in zip(plots, packed, strict=True):
        for curve, own in zip(plot.curves, its["curves"], strict=True):
            assert curve.errors is not None
            known = np.isfinite(curve.values) & np.isfinite(curve.errors)
            assert known.mean() > 0.9
            assert (curve.errors[known] > 0.5).mean() > 0.9  # degrees
            sent = np.frombuffer(base64.b64decode(own["errors"]), "<f4")
            np.testing.assert_allclose(sent, curve.errors, rtol=1e-6)


def test_a_height_has_none() -> None:
    prepared = prepare_recording(walker_sequence(simulate_walk()), Preparation())
    [height] = [each for each in curve_plots(prepared, "repetitions") if "wrist" in each.title][:1]
    assert {curve.errors is None for curve in height.curves} == {True}
