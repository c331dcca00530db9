"""People in consecutive pictures: searched for, followed, and told apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose.detector import find_people
from neuropose.estimator.models.blazepose.graph import Graph
from neuropose.estimator.models.blazepose.landmarks import Landmarks, find_landmarks
from neuropose.estimator.models.blazepose.region import Region

_MIN_SCORE = 0.5
_WARM_UP = 3
_SETTLED = 0.02
_SEARCH_EVERY = 5
_SAME_REGION = 0.25
_SAME_POSE = 0.05


@dataclass(frozen=True, slots=True)
class Graphs:
    """The graphs that one thread uses.

    Parameters
    ----------
    detector, landmarks : Graph
    """

    detector: Graph
    landmarks: Graph


def search(graphs: Graphs, picture: Picture) -> list[Landmarks]:
    """Find everybody in a picture afresh.

    Parameters
    ----------
    graphs : Graphs
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.

    Returns
    -------
    list of Landmarks
        Each seen through a region that has settled on the person: the graph's first look, through
        the detector's coarse region, is poor.
    """
    regions: list[Region] = []
    for candidate in find_people(graphs.detector, picture):
        if not any(_same_region(candidate.region, region) for region in regions):
            regions.append(candidate.region)
    people: list[Landmarks] = []
    for region in regions:
        person = settle(graphs, picture, region)
        if person is not None and not any(same_pose(person, other) for other in people):
            people.append(person)
    return people


def settle(graphs: Graphs, picture: Picture, region: Region) -> Landmarks | None:
    """Look again through the region that each look gives, until it stays.

    Parameters
    ----------
    graphs : Graphs
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.
    region : Region
        Where to look first.

    Returns
    -------
    Landmarks or None
        None if there is nobody.
    """
    for _ in range(_WARM_UP):
        person = find_landmarks(graphs.landmarks, picture, region)
        if person.score < _MIN_SCORE:
            return None
        if _distance(region, person.next_region) < _SETTLED:
            break
        region = person.next_region
    return person


def follow(graphs: Graphs, picture: Picture, people: Iterable[Landmarks]) -> list[Landmarks]:
    """Find the same people in the next picture.

    Parameters
    ----------
    graphs : Graphs
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.
    people : iterable of Landmarks
        As seen in the picture before.

    Returns
    -------
    list of Landmarks
        Without those who are lost. Where two regions slid on to one person, the one that had to
        move further is dropped.
    """
    seen = [
        (person, now)
        for person in people
        if (now := find_landmarks(graphs.landmarks, picture, person.next_region)).score
        >= _MIN_SCORE
    ]
    seen.sort(key=lambda pair: pose_distance(*pair))
    kept: list[Landmarks] = []
    for _, now in seen:
        if not any(same_pose(now, other) for other in kept):
            kept.append(now)
    return kept


def find_in_batch(
    graphs: Graphs, pictures: Iterable[Picture]
) -> tuple[list[Picture], list[list[Landmarks]]]:
    """Find people in consecutive pictures, knowing nothing of what was before.

    Parameters
    ----------
    graphs : Graphs
    pictures : iterable of ndarray
        RGB, in order.

    Returns
    -------
    pictures : list of ndarray
        The same pictures.
    people : list of list of Landmarks
        Everybody in each of them. There is a search in the first picture and, as long as nobody
        is there, in every fifth.
    """
    kept: list[Picture] = []
    found: list[list[Landmarks]] = []
    people: list[Landmarks] = []
    for number, picture in enumerate(pictures):
        people = follow(graphs, picture, people)
        if not people and number % _SEARCH_EVERY == 0:
            people = search(graphs, picture)
        kept.append(picture)
        found.append(people)
    return kept, found


def follow_through(
    graphs: Graphs,
    pictures: list[Picture],
    found: list[list[Landmarks]],
    earlier: Iterable[Region],
) -> list[list[Landmarks]]:
    """Add those who were there just before the batch, and whom its own search missed.

    Parameters
    ----------
    graphs : Graphs
    pictures : list of ndarray
        RGB, in order.
    found : list of list of Landmarks
        Who was found in each of them.
    earlier : iterable of Region
        Where people were in the picture before the batch.

    Returns
    -------
    list of list of Landmarks
        `found`, completed.
    """
    complete = [list(people) for people in found]
    for region in earlier:
        person: Landmarks | None = None
        for picture, people in zip(pictures, complete, strict=True):
            if person is None:
                if any(_same_region(region, other.next_region) for other in people):
                    break
                person = settle(graphs, picture, region)
            else:
                person = next(iter(follow(graphs, picture, [person])), None)
            if person is None or any(same_pose(person, other) for other in people):
                break
            people.append(person)
    return complete


def pose_distance(one: Landmarks, other: Landmarks) -> float:
    """Mean distance of the joints over the mean side of the regions.

    Parameters
    ----------
    one, other : Landmarks

    Returns
    -------
    float
    """
    side_px = (one.next_region.side_px + other.next_region.side_px) / 2.0
    return float(np.linalg.norm(one.points_px - other.points_px, axis=1).mean() / side_px)


def same_pose(one: Landmarks, other: Landmarks) -> bool:
    """Whether two poses are of the same person.

    Parameters
    ----------
    one, other : Landmarks

    Returns
    -------
    bool
    """
    return pose_distance(one, other) < _SAME_POSE


def region_of_pose(points_px: NDArray[np.floating]) -> Region:
    """Region of a person of whom only the joints are known.

    Parameters
    ----------
    points_px : ndarray, shape (33, 2)
        Joints in the picture.

    Returns
    -------
    Region
        About the one that the graph would have given itself.
    """
    hips = points_px[23:25].mean(axis=0)
    shoulders = points_px[11:13].mean(axis=0)
    radius_px = float(np.linalg.norm(points_px - hips, axis=1).max())
    up = shoulders - hips
    length = float(np.linalg.norm(up))
    direction = up / length if length > 0 else np.array([0.0, -1.0])
    return Region.from_alignment(hips, hips + direction * radius_px)


def _same_region(one: Region, other: Region) -> bool:
    return _distance(one, other) < _SAME_REGION


def _distance(one: Region, other: Region) -> float:
    """How far two squares differ in place and size, over their mean side."""
    side_px = (one.side_px + other.side_px) / 2.0
    apart = np.hypot(one.x_px - other.x_px, one.y_px - other.y_px)
    return float((apart + abs(one.side_px - other.side_px)) / side_px)
