"""Marker sets in use are recognised by name, with what a file has of them."""

from __future__ import annotations

import pytest

from neuropose.skeletons.marker_sets import map_markers
from neuropose.skeletons.named_sets import NAMED_SETS, MarkerSet, recognise_sets


def names_of(marker_set: MarkerSet, prefix: str = "") -> list[str]:
    both = (("L", "left"), ("R", "right"))
    return [
        prefix + name.split("|")[0].format(letter, side=word)
        for name in (*marker_set.legs, *marker_set.above)
        for letter, word in (both if "{" in name else both[:1])
    ]


@pytest.mark.parametrize("marker_set", NAMED_SETS, ids=lambda each: each.name)
@pytest.mark.parametrize("prefix", ["", "Ann_"])
def test_a_whole_set_is_recognised_first(marker_set: MarkerSet, prefix: str) -> None:
    names = names_of(marker_set, prefix)
    best, *_ = recognise_sets([*names, "*7"])
    assert best.name == marker_set.name
    assert best.share == 1.0
    assert set(best.used) == set(names)
    assert not best.missing


@pytest.mark.parametrize("marker_set", NAMED_SETS, ids=lambda each: each.name)
def test_it_gives_the_joints_of_gait(marker_set: MarkerSet) -> None:
    joints = set(map_markers(names_of(marker_set)).canonical)
    hips = {"left_hip", "right_hip", "pelvis"}
    spines = {f"{side}_{spine}" for side in ("left", "right") for spine in ("asis", "psis")}
    assert hips <= joints or spines <= joints
    feet = {f"{side}_{point}" for side in ("left", "right") for point in ("heel", "toe")}
    ankles = {"left_ankle", "right_ankle"}
    assert feet <= joints or ankles <= joints


def test_coverage_tells_what_is_not_there() -> None:
    names = names_of(NAMED_SETS[0])
    best, *_ = recognise_sets(name for name in names if name not in {"RTOE", "C7"})
    assert (best.legs, best.missing) == ((15, 16), ("RTOE", "C7"))


def test_no_set() -> None:
    assert recognise_sets(["M1", "M2", "LKNE"]) == ()
    assert recognise_sets([]) == ()
