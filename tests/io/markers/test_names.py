"""Whose markers they are, by what their names begin with."""

from __future__ import annotations

import pytest
from tests.marker_sets import SETS

from neuropose.errors import SubjectError
from neuropose.io.markers.names import choose_markers

GAIT = tuple(
    name for each in SETS["Plug-in Gait"] for name in dict.fromkeys(map(each.format, "LR"))
)
IOR = tuple(name for each in SETS["IOR"] for name in dict.fromkeys(map(each.format, ("L_", "R_"))))


def spelt(name: str, sides: tuple[str, str]) -> list[str]:
    """Return a name of `SETS` for either side, or once if it has none."""
    return list(dict.fromkeys(name.format(side, s=side.lower()) for side in sides))


def of(*people: str, names: tuple[str, ...] = GAIT) -> list[str]:
    return [person + name for person in people for name in names]


@pytest.mark.parametrize("separator", list("_-. :"))
@pytest.mark.parametrize("names", [GAIT, IOR])
def test_people_are_told_apart(separator: str, names: tuple[str, ...]) -> None:
    labels = of(f"Ann{separator}", f"Bob{separator}", names=names)
    labels += [f"Bob{separator}RBAK", "*3"]
    found = choose_markers(labels, None, "TRC")
    assert found.subjects == ("Ann", "Bob")
    assert found.warnings == ("the TRC file has markers of 2 subjects, of whom none was chosen",)
    assert found.names[0] == f"Ann:{names[0]}"
    bob = choose_markers(labels, "Bob", "TRC")
    assert bob.names == (*names, "RBAK")
    assert bob.columns == tuple(range(len(names), 2 * len(names) + 1))
    with pytest.raises(SubjectError, match="no subject of that name"):
        choose_markers(labels, "Cid", "TRC")


def test_names_may_hold_the_separator_themselves() -> None:
    labels = of("lab_1_", "lab_2_", "lab_3_", names=IOR)
    assert choose_markers(labels, None, "TRC").subjects == ("lab_1", "lab_2", "lab_3")
    within = [f"file:{name}" for name in of("Ann_", "Bob_")]
    assert choose_markers(within, "Ann", "C3D").names == GAIT


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("sides", [("L", "R"), ("L_", "R_"), ("Left_", "Right_"), ("l ", "r ")])
def test_one_person_is_one_person(name: str, sides: tuple[str, str]) -> None:
    labels = [each for one in SETS[name] for each in spelt(one, sides)]
    found = choose_markers(labels, None, "TRC")
    assert (found.subjects, found.names) == ((), tuple(labels))
    shared = choose_markers(of("Ann_", names=tuple(labels)), None, "TRC")
    assert shared.subjects == ()


@pytest.mark.parametrize("separator", ["_", "-", ".", " ", " - ", ":"])
def test_the_name_of_one_person_is_in_no_marker(separator: str) -> None:
    labels = [*of(f"Ann{separator}"), "*3"]
    found = choose_markers(labels, None, "TRC")
    assert (found.subjects, found.names) == ((), (*GAIT, "*3"))
    assert choose_markers(labels, "Ann", "TRC").names == GAIT


def test_parts_of_a_body_are_nobody() -> None:
    labels = ["body_" + name for name in GAIT]
    labels += [f"{side}_hand_{finger}" for side in ("left", "right") for finger in "12345"]
    assert choose_markers(labels, None, "TRC").subjects == ()
    other = ["body_" + name for name in GAIT] + ["cal_LKNM", "cal_RKNM", "cal_LMED", "cal_RMED"]
    assert choose_markers(other, None, "TRC").subjects == ()


def test_a_set_that_is_there_twice_may_be_of_two_people() -> None:
    note = "the TRC file may hold 2 people, whose markers are not told apart"
    assert any(each.startswith(note) for each in choose_markers(of("", ""), None, "TRC").warnings)
    twice = [*GAIT, "LKNE", "RKNE"]
    assert choose_markers(twice, None, "TRC").warnings == ("2 markers each are called LKNE, RKNE",)
