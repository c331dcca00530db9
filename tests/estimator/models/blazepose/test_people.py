"""Who is followed, who is new, who is the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.estimator.models.blazepose.stubs import StubGraph, person

from neuropose.estimator.models.blazepose import people
from neuropose.estimator.models.blazepose.landmarks import Landmarks
from neuropose.estimator.models.blazepose.people import (
    follow,
    join,
    known_people,
    pose_distance,
)
from neuropose.estimator.models.blazepose.region import Region

GRAPH = StubGraph()
PICTURE = np.zeros((600, 2000, 3), np.uint8)


class World:
    """What the graph sees, as a function of the region."""

    def __init__(self) -> None:
        self.looks: list[Region] = []
        self.look: Callable[[Region], Landmarks] = lambda region: person(region.x_px, region.y_px)

    def find_landmarks(self, graph: object, picture: object, region: Region) -> Landmarks:
        self.looks.append(region)
        return self.look(region)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(people, "find_landmarks", made.find_landmarks)
    return made


def places(found: Sequence[Landmarks]) -> list[float]:
    return sorted(round(one.next_region.x_px) for one in found)


class TestPoseDistance:
    def test_same_place(self) -> None:
        assert pose_distance(person(100.0), person(100.0)) == 0.0

    def test_relative_to_the_regions(self) -> None:
        assert pose_distance(person(100.0), person(140.0)) == pytest.approx(0.1)
        small, large = person(100.0, side_px=200.0), person(140.0, side_px=200.0)
        assert pose_distance(small, large) == pytest.approx(0.2)

    def test_symmetric(self) -> None:
        one, other = person(100.0, side_px=300.0), person(150.0, side_px=400.0)
        assert pose_distance(one, other) == pose_distance(other, one)


class TestFollow:
    def test_everybody_through_their_next_region(self, world: World) -> None:
        known = [person(100.0), person(900.0)]
        found = follow(GRAPH, PICTURE, known)
        assert places(found) == [100, 900]
        assert world.looks == [one.next_region for one in known]

    def test_nobody(self, world: World) -> None:
        assert follow(GRAPH, PICTURE, []) == []
        assert world.looks == []

    @pytest.mark.parametrize(("score", "kept"), [(0.49, 0), (0.5, 1)])
    def test_who_is_not_seen_any_more_is_lost(self, world: World, score: float, kept: int) -> None:
        world.look = lambda region: person(region.x_px, score=score)
        assert len(follow(GRAPH, PICTURE, [person(100.0)])) == kept

    @pytest.mark.parametrize("order", [[0, 1], [1, 0]])
    def test_of_two_on_one_person_the_one_that_moved_further_is_dropped(
        self, world: World, order: list[int]
    ) -> None:
        stayed, slid = person(100.0), person(260.0)
        scores = {stayed.next_region: 0.6, slid.next_region: 0.99}
        world.look = lambda region: person(101.0, score=scores[region])
        [left] = follow(GRAPH, PICTURE, [[stayed, slid][index] for index in order])
        assert left.score == 0.6

    def test_two_people_side_by_side_are_kept(self, world: World) -> None:
        found = follow(GRAPH, PICTURE, [person(100.0), person(140.0)])
        assert places(found) == [100, 140]


def region(x_px: float, side_px: float = 400.0) -> Region:
    return Region(x_px, 200.0, side_px, 0.0)


class TestJoin:
    def test_somebody_new(self, world: World) -> None:
        found = join(GRAPH, PICTURE, [person(100.0)], [region(500.0)])
        assert places(found) == [100, 500]

    def test_known_people_come_first_and_are_not_looked_at_again(self, world: World) -> None:
        known = [person(100.0), person(900.0)]
        assert join(GRAPH, PICTURE, known, [region(905.0, 410.0), region(100.0)]) == known
        assert world.looks == []

    def test_one_person_found_in_two_views_is_one(self, world: World) -> None:
        assert places(join(GRAPH, PICTURE, [], [region(500.0), region(510.0)])) == [500]

    def test_a_region_that_settles_on_somebody_known_is_dropped(self, world: World) -> None:
        world.look = lambda region: person(100.0)
        assert places(join(GRAPH, PICTURE, [person(100.0)], [region(300.0)])) == [100]

    def test_a_region_with_nobody_in_it(self, world: World) -> None:
        world.look = lambda region: person(region.x_px, score=0.2)
        assert join(GRAPH, PICTURE, [], [region(500.0)]) == []
        assert len(world.looks) == 1

    def test_looks_again_until_the_region_stays(self, world: World) -> None:
        world.look = lambda region: person(region.x_px + (40.0 if region.x_px < 540.0 else 1.0))
        assert places(join(GRAPH, PICTURE, [], [region(500.0)])) == [541]
        assert [look.x_px for look in world.looks] == [500.0, 540.0]

    def test_but_not_for_ever(self, world: World) -> None:
        world.look = lambda region: person(region.x_px + 40.0)
        assert places(join(GRAPH, PICTURE, [], [region(500.0)])) == [620]
        assert len(world.looks) == 3

    def test_who_is_lost_while_settling(self, world: World) -> None:
        world.look = lambda region: replace(
            person(region.x_px + 40.0), score=0.9 if region.x_px < 540.0 else 0.1
        )
        assert join(GRAPH, PICTURE, [], [region(500.0)]) == []


class TestKnownPeople:
    def test_everybody_once_as_seen_last(self) -> None:
        before, after, gone = person(100.0), person(110.0), person(900.0)
        assert known_people([[before, gone], [after]]) == [after, gone]

    def test_nobody(self) -> None:
        assert known_people([]) == []
        assert known_people([[], []]) == []
