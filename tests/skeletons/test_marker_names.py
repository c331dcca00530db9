"""Marker names, whatever hand wrote them."""

from __future__ import annotations

import pytest

from neuropose.skeletons.canonical import NAMES
from neuropose.skeletons.marker_names import MarkerFinder, normal_form
from neuropose.skeletons.marker_sets import MARKERS, map_markers


@pytest.mark.parametrize(
    "name",
    [
        *("LASIS", "L.ASIS", "L_ASIS", "l asis", "ASIS_L", "asis.left", "Left ASIS"),
        *("LeftASIS", "L.ASIS_study", "  l-asis "),
    ],
)
def test_one_marker(name: str) -> None:
    assert normal_form(name) == "lasis"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *(("", ""), ("_", ""), ("L", "l"), ("left", "l"), ("C7", "c7"), ("*12", "*12")),
        *(("V.Sacral", "vsacral"), ("Ann:LASI", "ann:lasi"), ("study", "study")),
    ],
)
def test_names_without_a_side(name: str, form: str) -> None:
    assert normal_form(name) == form


def test_a_marker_is_found_in_its_own_spelling() -> None:
    finder = MarkerFinder(["l_heel", "LHeel", "R.Heel"])
    assert finder.find("LHeel") == "LHeel"
    assert finder.find("L.Heel") == "l_heel"
    assert finder.find_all(["LHeel", "RHeel"]) == ("LHeel", "R.Heel")
    assert finder.find_all(["LHeel", "LToe"]) is None


@pytest.mark.parametrize("separator", ["_", "-", ".", " ", " - "])
def test_all_markers_may_begin_with_a_name(separator: str) -> None:
    names = [f"Ann B{separator}{name}" for name in ("LASI", "RASI", "L.Heel", "*3")]
    assert MarkerFinder(names).find_all(["LASI", "LHEEL"]) == (names[0], names[2])


def test_a_mapping_may_name_markers_as_the_file_does() -> None:
    names = ["site_1", "site_2", "site_3"]
    found = map_markers(names, {"left_heel": ["site_2"], "right_heel": ["site_3"]}).canonical
    assert found == {"left_heel": ("site_2",), "right_heel": ("site_3",)}


@pytest.mark.parametrize(
    "names", [("L.Knee.Lat", "L.Knee.Med", "L.Knee"), ("RHEE", "RTOE", "RANK")]
)
def test_a_side_is_no_name(names: tuple[str, ...]) -> None:
    assert MarkerFinder(names).find_all(names) == names


def test_no_two_joints_of_a_side_share_a_single_marker_but_by_intent() -> None:
    """Names that are the same but for dots and capitals would give two joints one place."""
    owners: dict[str, set[str]] = {}
    for joint, alternatives in MARKERS.items():
        for group in alternatives:
            if len(group) == 1:
                owners.setdefault(normal_form(group[0]), set()).add(joint)
    shared = {name: joints for name, joints in owners.items() if len(joints) > 1}
    for name, joints in shared.items():
        stems = {joint.split("_", 1)[-1].removesuffix("_lateral") for joint in joints}
        assert len(stems) == 1, (name, joints)  # left_knee and left_knee_lateral; both psis


def test_canonical_names_mean_themselves_only() -> None:
    canonical = map_markers(NAMES).canonical
    assert all(sources == (joint,) for joint, sources in canonical.items())


def test_what_is_hardly_seen_gives_way() -> None:
    seen = {"LHEE": 0.3, "L_FCC": 1.0, "LTOE": 0.6, "L_FM2": 1.0, "LKNE": 0.0}
    canonical = map_markers(list(seen), seen=seen).canonical
    assert canonical["left_heel"] == ("L_FCC",)
    assert canonical["left_toe"] == ("LTOE",)
    assert "left_knee" not in canonical
    given = map_markers(list(seen), {"left_knee": ["LKNE"]}, seen=seen)
    assert given.canonical["left_knee"] == ("LKNE",)
