"""People in a picture: searched for, followed, and told apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from neuropose.estimator.models.blazepose.graph import Graph
from neuropose.estimator.models.blazepose.landmarks import Landmarks, Whereabouts, find_landmarks
from neuropose.estimator.models.blazepose.region import Region, Seen

_MIN_SCORE = 0.5
_WARM_UP_LOOKS = 3
_SETTLED = 0.02  # of the region's side
_SAME_REGION = 0.25  # of the region's side
_SAME_POSE = 0.1  # of the region's side


def known_people(earlier: Iterable[Sequence[Whereabouts]]) -> list[Whereabouts]:
    """Gather the people known from earlier frames.

    Parameters
    ----------
    earlier : iterable of sequence of Whereabouts
        People of earlier frames, the most reliable frame last: it decides for anybody who is in
        several.

    Returns
    -------
    list of Whereabouts
    """
    known: list[Whereabouts] = []
    for people in reversed(list(earlier)):
        regions = [person.next_region for person in known]
        known += [person for person in people if not _is_near(person.next_region, regions)]
    return known


def follow(graph: Graph, picture: Seen, people: Iterable[Whereabouts]) -> list[Landmarks]:
    """Find the same people in a later picture.

    Parameters
    ----------
    graph : Graph
        A landmark graph.
    picture : ndarray of uint8, shape (H, W, 3), or StoredPicture
        RGB.
    people : iterable of Whereabouts
        As seen in an earlier picture.

    Returns
    -------
    list of Landmarks
        Without those who are lost. If two regions converged on one person, the one that moved
        further is dropped.
    """
    seen = [
        (pose_distance(person, now), now)
        for person in people
        if (now := find_landmarks(graph, picture, person.next_region)).score >= _MIN_SCORE
    ]
    seen.sort(key=lambda pair: pair[0])
    kept: list[Landmarks] = []
    for _, now in seen:
        if not _is_one_of(now, kept):
            kept.append(now)
    return kept


def join(
    graph: Graph, picture: Seen, people: Sequence[Landmarks], regions: Iterable[Region]
) -> list[Landmarks]:
    """Add people whom a search found to those who are known.

    Parameters
    ----------
    graph : Graph
        A landmark graph.
    picture : ndarray of uint8, shape (H, W, 3), or StoredPicture
        RGB.
    people : sequence of Landmarks
        Who is known to be in this picture.
    regions : iterable of Region
        Where a search, in this picture or one shortly before, found people.

    Returns
    -------
    list of Landmarks
        `people`, and the others. They are seen through regions that have settled on them: the
        first look, through the detector's coarse region, is poor.
    """
    joined = list(people)
    tried = [person.next_region for person in people]
    for region in regions:
        if not _is_near(region, tried):
            tried.append(region)
            person = _settle(graph, picture, region, joined)
            if person is not None:
                joined.append(person)
    return joined


def pose_distance(one: Whereabouts, other: Whereabouts) -> float:
    """Return the mean distance of the joints, relative to the side of the regions.

    Parameters
    ----------
    one, other : Whereabouts
        The two people to compare.

    Returns
    -------
    float
        0 for the same pose in the same place.
    """
    side_px = (one.next_region.side_px + other.next_region.side_px) / 2.0
    return float(np.linalg.norm(one.points_px - other.points_px, axis=1).mean() / side_px)


def _is_one_of(person: Landmarks, people: Iterable[Landmarks]) -> bool:
    return any(pose_distance(person, other) < _SAME_POSE for other in people)


def _settle(
    graph: Graph, picture: Seen, region: Region, known: Sequence[Landmarks]
) -> Landmarks | None:
    """Look again through the region that each look returns, until it stops moving.

    Return None if nobody is there, or somebody who is already known.
    """
    for _ in range(_WARM_UP_LOOKS):
        person = find_landmarks(graph, picture, region)
        if person.score < _MIN_SCORE or _is_one_of(person, known):
            return None
        if _distance(region, person.next_region) < _SETTLED:
            break
        region = person.next_region
    return person


def _is_near(region: Region, others: Iterable[Region]) -> bool:
    return any(_distance(region, other) < _SAME_REGION for other in others)


def _distance(one: Region, other: Region) -> float:
    """Return how far two squares differ in place and size, relative to their side."""
    side_px = (one.side_px + other.side_px) / 2.0
    apart_px = math.hypot(one.x_px - other.x_px, one.y_px - other.y_px)
    return (apart_px + abs(one.side_px - other.side_px)) / side_px
