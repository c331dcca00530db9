"""Mean curves: whose they are, where they lie, and in words."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.data import Report, ReportProvenance, Table
from neuropose.page.plots import as_svg, cycle_plots, group_plots, scales, ticks


class TestCyclePlots:
    def test_they_are_those_of_the_table(self, report: Report) -> None:
        frame = report.cycles_frame()
        for plot in cycle_plots(report):
            angle = plot.title.replace(" ", "_")
            assert plot.unit == "deg"
            assert [curve.side for curve in plot.curves] == ["left", "right"]
            for curve in plot.curves:
                assert curve.mean == pytest.approx(frame[angle, curve.side, "mean"])
                assert curve.sd == pytest.approx(frame[angle, curve.side, "sd"])

    def test_without_curves_there_is_none(self) -> None:
        table = Table.from_columns({"percent": ("%", np.arange(101.0))})
        report = Report(
            task="gait",
            measures={},
            tables={"cycles": table},
            provenance=ReportProvenance(neuropose_version="0.1.0"),
        )
        assert cycle_plots(report) == ()
        assert cycle_plots(report.model_copy(update={"tables": {}})) == ()

    def test_a_curve_that_is_missing_is_left_out(self) -> None:
        percent = np.arange(101.0)
        table = Table.from_columns(
            {
                "percent": ("%", percent),
                "knee_flexion_mean_left": ("deg", np.full(101, np.nan)),
                "knee_flexion_mean_right": ("deg", percent),
            }
        )
        report = Report(
            task="gait",
            measures={},
            tables={"cycles": table},
            provenance=ReportProvenance(neuropose_version="0.1.0"),
        )
        [plot] = cycle_plots(report)
        assert [curve.side for curve in plot.curves] == ["right"]
        assert ElementTree.fromstring(str(as_svg(plot))).tag == "svg"


class TestGroupPlots:
    @pytest.fixture
    def cohort(self) -> Report:
        percent = np.tile(np.arange(101.0), 2)
        names = ["hip_flexion_left"] * 101 + ["knee_flexion_left"] * 101
        differences = {
            "curve": (None, names),
            "percent": ("%", percent),
            "mean_first": ("deg", percent),
            "mean_second": ("deg", -percent),
        }
        regions = {
            "curve": (None, ["knee_flexion_left"]),
            "start_percent": ("%", [20.0]),
            "end_percent": ("%", [50.0]),
        }
        return Report(
            task="pipeline_cohort",
            measures={},
            tables={
                "curve_differences": Table.from_columns(differences),
                "curve_regions": Table.from_columns(regions),
            },
            provenance=ReportProvenance(neuropose_version="0.1.0"),
        )

    def test_means_of_both_groups_and_where_they_differ(self, cohort: Report) -> None:
        hip, knee = group_plots(cohort)
        assert (hip.title, hip.regions, knee.regions) == ("hip flexion left", (), ((20.0, 50.0),))
        assert [curve.side for curve in knee.curves] == ["first", "second"]
        assert knee.curves[1].mean == pytest.approx(-np.arange(101.0))

    def test_the_region_lies_where_the_scale_says(self, cohort: Report) -> None:
        plot = group_plots(cohort)[1]
        along, _ = scales(plot)
        root = ElementTree.fromstring(str(as_svg(plot)))
        [region] = [each for each in root.iter("rect") if each.get("class") == "region"]
        assert float(region.attrib["x"]) == pytest.approx(along(20.0), abs=0.06)
        width = float(along(50.0) - along(20.0))
        assert float(region.attrib["width"]) == pytest.approx(width, abs=0.06)
        assert "different from 20 to 50 %" in root.attrib["aria-label"]

    def test_without_groups_there_is_none(self, report: Report) -> None:
        assert group_plots(report) == ()


class TestSvg:
    def test_points_lie_where_the_scale_says(self, report: Report) -> None:
        plot = cycle_plots(report)[1]
        along, up = scales(plot)
        root = ElementTree.fromstring(str(as_svg(plot)))
        [line] = [each for each in root.iter("path") if each.get("class") == "line left"]
        points = [
            tuple(map(float, each.split())) for each in re.split("[ML]", line.attrib["d"])[1:]
        ]
        x, y = np.array(points).T
        assert x == pytest.approx(along(plot.percent), abs=0.06)
        assert y == pytest.approx(up(plot.curves[0].mean), abs=0.06)

    def test_it_is_told_in_words(self, report: Report) -> None:
        root = ElementTree.fromstring(str(as_svg(cycle_plots(report)[1])))
        assert re.match(
            r"Mean knee flexion over the cycle, deg; left: from \d+ at \d+ % to \d+ at \d+ %; r",
            root.attrib["aria-label"],
        )


class TestTicks:
    @given(
        low=st.floats(-1e4, 1e4, allow_nan=False),
        extent=st.floats(1e-2, 1e4, allow_nan=False),
    )
    def test_they_are_few_even_and_inside(self, low: float, extent: float) -> None:
        found = np.array(ticks(low, low + extent))
        room = 1e-6 * (abs(low) + extent)
        assert 1 <= len(found) <= 7
        assert found.min() >= low - room
        assert found.max() <= low + extent + room
        assert np.allclose(np.diff(found), np.diff(found)[:1] if len(found) > 1 else 0.0)
