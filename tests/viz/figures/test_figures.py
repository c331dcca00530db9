"""Figures show the numbers that they are given, sides in their colours."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from neuropose.analyzer import analyze_gait, gait_report
from neuropose.data import Report
from neuropose.errors import SequenceError, SignalError
from neuropose.statistics import bland_altman
from neuropose.testing import simulate_walk, walker_sequence
from neuropose.viz import plot_agreement, plot_body, plot_cycles, plot_events, plot_warping
from neuropose.viz.figures.axes import side_color


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def report() -> Report:
    return gait_report(analyze_gait(walker_sequence(simulate_walk().with_noise(2.0))))


class TestCycles:
    def test_lines_are_the_means_in_the_colours_of_the_sides(self, report: Report) -> None:
        axes = plot_cycles(report, "knee_flexion")
        frame = report.cycles_frame()
        for line, side in zip(axes.lines, ("left", "right"), strict=True):
            assert line.get_ydata() == pytest.approx(frame["knee_flexion", side, "mean"])
            assert to_rgb(line.get_color()) == pytest.approx(side_color(side))
        assert len(axes.collections) == 2

    def test_on_axes_that_are_given(self, report: Report) -> None:
        _, axes = plt.subplots()
        assert plot_cycles(report, "hip_flexion", axes) is axes

    def test_what_there_is_not(self, report: Report) -> None:
        with pytest.raises(KeyError, match=r"there are .*knee_flexion"):
            plot_cycles(report, "elbow_flexion")


class TestBody:
    def test_bones_have_their_lengths(self) -> None:
        walk = walker_sequence(simulate_walk())
        axes = plot_body(walk, [1.0])
        row = int(np.argmin(np.abs(walk.time_s - 1.0)))
        shin_mm = np.linalg.norm(walk.joint("left_knee")[row] - walk.joint("left_ankle")[row])
        lengths = [
            np.linalg.norm(np.diff(np.array(line.get_data_3d()), axis=1)) for line in axes.lines
        ]
        assert np.abs(np.array(lengths) - shin_mm).min() < 1e-6

    def test_up_is_up(self) -> None:
        walk = walker_sequence(simulate_walk())
        axes = plot_body(walk, [1.0, 1.5])
        low, high = axes.get_zlim()
        assert high - low > 1400.0

    def test_without_times(self) -> None:
        with pytest.raises(SequenceError, match="no time"):
            plot_body(walker_sequence(simulate_walk()), [])


class TestEvents:
    def test_every_event_is_there(self, report: Report) -> None:
        axes = plot_events(report)
        drawn = sorted(float(line.get_xdata()[0]) for line in axes.lines)
        assert drawn == pytest.approx([event.time_s for event in report.events])
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        assert set(names) == {"initial contact", "foot off"}

    def test_doubtful_events_are_hollow(self, report: Report) -> None:
        first = report.events[0].model_copy(update={"warnings": ("early",)})
        events = (first, *(each.model_copy(update={"warnings": ()}) for each in report.events[1:]))
        axes = plot_events(report.model_copy(update={"events": events}))
        hollow = [line.get_markerfacecolor() == "none" for line in axes.lines]
        assert hollow == [True] + [False] * (len(events) - 1)

    def test_none(self, report: Report) -> None:
        assert not plot_events(report.model_copy(update={"events": ()})).lines


class TestAgreement:
    def test_bias_and_limits(self) -> None:
        rng = np.random.default_rng(1)
        first = rng.normal(60.0, 5.0, 40)
        second = first + rng.normal(1.0, 2.0, 40)
        axes = plot_agreement(first, second)
        found = bland_altman(first, second)
        points, *lines = axes.lines
        assert points.get_ydata() == pytest.approx(first - second)
        assert [line.get_ydata()[0] for line in lines] == pytest.approx(
            [found.bias.value, found.lower.value, found.upper.value]
        )

    def test_missing_pairs_are_left_out(self) -> None:
        first = np.array([1.0, 2.0, 3.0, np.nan, 5.0])
        axes = plot_agreement(first, first + np.array([0.1, -0.1, 0.2, 0.0, 0.3]))
        assert np.isfinite(axes.lines[1].get_ydata()[0])


class TestWarping:
    def test_the_path(self) -> None:
        path = np.array([[0, 0], [1, 0], [2, 1], [3, 3]])
        axes = plot_warping(path)
        assert np.column_stack(axes.lines[1].get_data()) == pytest.approx(path)

    @pytest.mark.parametrize("path", [[], [1, 2, 3], [[1, 2, 3]]])
    def test_what_is_none(self, path: list[object]) -> None:
        with pytest.raises(SignalError, match="shape"):
            plot_warping(path)


@pytest.mark.parametrize("time_s", [-5.0, 1e9, np.nan])
def test_no_body_is_drawn_at_a_time_that_was_not_recorded(time_s: float) -> None:
    with pytest.raises(SequenceError, match="there is no frame at"):
        plot_body(walker_sequence(simulate_walk()), [1.0, time_s])
