"""The table of what measures are good for is complete, sensible, and what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from neuropose.analyzer import ANGLES, PoseSequence
from neuropose.analyzer.kinematics.orientation import View
from neuropose.analyzer.limits import (
    ANGLE,
    COMPARISONS,
    GAIT,
    Limit,
    Plane,
    limit_of,
    plane_of_angle,
    remedy,
)
from neuropose.analyzer.tasks.gait import STRIDE_MEASURES
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.skeletons import CANONICAL_JOINTS as JOINTS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "measures.md").read_text("utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """Of the page: limit and source by task and measure, as ``gait step_width``."""
    section = PAGE.split("\n## What a measure is good for\n")[1].split("\n## ")[0]
    found = {}
    for line in section.splitlines():
        if line.startswith("| ") and not line.startswith(("| task", "| ---")):
            task, names, limit, source = (cell.strip() for cell in line.strip("|").split("|"))
            for name in re.findall(r"`([\w…]+)`", names):
                found[f"{task} {name}"] = limit, source
    return found


@pytest.mark.parametrize("task", TASKS)
def test_every_measure_of_every_task_has_a_limit_and_a_source(task: str) -> None:
    nobody = PoseSequence.from_arrays([0.0], [[[np.nan] * 3] * len(JOINTS)], JOINTS)
    report = TASKS[task].run(nobody)
    for name, measure in report.measures.items():
        limit = limit_of(report.task, name, measure.unit)
        assert limit.most > 0.0
        assert limit.source
        assert limit.is_share is (str(limit) == "25 % of it")


def test_no_measure_of_gait_has_the_limit_of_what_is_not_published() -> None:
    assert set(GAIT) >= set(STRIDE_MEASURES)
    assert not any(limit.is_share for limit in (*GAIT.values(), *COMPARISONS.values()))


def test_the_page_says_what_the_table_has() -> None:
    page = rows()
    assert {f"gait {name}" for name in GAIT} == {key for key in page if key.startswith("gait ")}
    for name, limit in GAIT.items():
        stated, source = page[f"gait {name}"]
        assert stated.split(" ")[0] == str(limit), name
        assert source == limit.source, name
    for name, limit in COMPARISONS.items():
        stated, source = page[f"all …_{name}"]
        assert (stated.split(" ")[0], source) == (str(limit), limit.source)
    assert page["all angles"] == ("5 deg", ANGLE.source)


def test_sides_do_not_matter_but_comparisons_do() -> None:
    assert limit_of("gait", "step_length_left", "mm") == limit_of("gait", "step_length", "mm")
    assert limit_of("gait", "step_length_symmetry_index", "%") == COMPARISONS["symmetry_index"]
    assert limit_of("gait", "knee_flexion_range_right", "deg").most == 5.0
    assert limit_of("range_of_motion", "left_side_unknown", "deg").most == 5.0
    assert limit_of("reach", "path_length", "mm").is_share


def test_a_share_is_of_the_value() -> None:
    quarter = Limit(0.25, "", is_share=True)
    assert quarter.exceeded_by(-10.0, 2.6)
    assert not quarter.exceeded_by(-10.0, 2.5)
    assert ANGLE.exceeded_by(0.0, 5.1)
    assert not ANGLE.exceeded_by(0.0, 5.0)


def test_the_view_that_would_tell() -> None:
    planes = {name: plane_of_angle(name) for name in ANGLES}
    assert planes["left_knee_flexion"] is Plane.SAGITTAL
    assert planes["trunk_lean_right"] is planes["right_hip_abduction"] is Plane.FRONTAL
    assert planes["pelvis_rotation"] is planes["left_hip_internal_rotation"] is Plane.NONE
    assert remedy(Plane.FRONTAL, View.LATERAL) == (
        "film from the front or behind, or with a second camera"
    )
    for plane, view in ((Plane.FRONTAL, View.FRONTAL), (Plane.SAGITTAL, View.LATERAL)):
        assert remedy(plane, view) == "film with a second camera"
    assert remedy(Plane.NONE, None) == "film with a second camera"
    assert remedy(Plane.SAGITTAL, None) == "film from the side, or with a second camera"
