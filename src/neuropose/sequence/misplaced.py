"""Markers that cannot be where their names say: exchanged with another one, or mistaken for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import known_median
from neuropose.skeletons.sides import SIDES

Array = NDArray[np.float64]
Sources = Mapping[str, tuple[str, ...]]

MOST_UNLIKE = 1.4
"""Ratio of a segment's lengths on the left and on the right that no two limbs have."""
MOST_APART: Mapping[tuple[str, str], float] = {
    ("knee_lateral", "knee"): 1 / 3,
    ("knee_medial", "knee"): 1 / 3,
    ("ankle_lateral", "ankle"): 1 / 3,
    ("ankle_medial", "ankle"): 1 / 3,
    ("asis", "hip"): 0.8,
    ("psis", "hip"): 0.8,
    ("heel", "ankle"): 0.6,
    ("toe", "ankle"): 1.0,
}
"""How far a landmark can be from its joint, as a share of the usual length of thigh and shank.

Measured shares are 0.10 to 0.17 at knee and ankle, and at most 0.55 at the spines of the pelvis:
shares grow little from child to adult, and what is twice as far is another place of the body.
"""
_LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))


def misplaced(positions_mm: Mapping[str, Array], sources: Sources) -> dict[str, str]:
    """Find joints and landmarks that lie where they cannot be.

    Parameters
    ----------
    positions_mm : mapping of str to ndarray, shape (T, 3)
        Canonical joints and landmarks.
    sources : mapping of str to tuple of str
        The markers whose mean each is.

    Returns
    -------
    dict of str to str
        For each joint that should not be used, why.

    Notes
    -----
    Lengths are medians over the recording. Where a segment is `MOST_UNLIKE` as long on one side as
    on the other, the limb is doubted whose two segments are less alike; both are if both have usual
    proportions. A landmark is doubted if it is further than `MOST_APART` from its joint, and with
    it the joint, if that is a mean of which the landmark's marker is a part.

    Examples
    --------
    >>> places = {"left_hip": 900.0, "left_knee": 500.0, "left_ankle": 100.0}
    >>> places |= {"left_knee_lateral": 110.0}
    >>> there = {name: np.array([[0.0, 0.0, height]]) for name, height in places.items()}
    >>> found = misplaced(there, {name: (name,) for name in places} | {"left_knee_lateral": ("L",)})
    >>> found["left_knee_lateral"]
    'L is 390 mm from left_knee, and thigh and shank are 400 mm long: it may be another marker'
    """
    found = _unlike(positions_mm)
    lengths_mm = [
        length_mm
        for side in SIDES
        for length_mm in _lengths_mm(positions_mm, side, _LIMBS[0])
        if length_mm > 0.0
    ]
    if lengths_mm:
        usual_mm = float(np.median(lengths_mm))
        found |= dict(_far(positions_mm, sources, usual_mm, found))
    return found


def _unlike(positions_mm: Mapping[str, Array]) -> dict[str, str]:
    """Find the limbs that are much longer or shorter than those of the other side."""
    found: dict[str, str] = {}
    for limb in _LIMBS:
        lengths_mm = {side: _lengths_mm(positions_mm, side, limb) for side in SIDES}
        pairs = list(zip(*lengths_mm.values(), strict=True))
        unlike = [place for place, pair in enumerate(pairs) if _ratio(*pair) > MOST_UNLIKE]
        if not unlike:
            continue
        start, (left_mm, right_mm) = unlike[0], pairs[unlike[0]]
        why = (
            f"{limb[start]} and {limb[start + 1]} are {left_mm:.0f} mm apart on the left and "
            f"{right_mm:.0f} mm on the right: markers may be exchanged"
        )
        odd = {side: _ratio(*lengths) for side, lengths in lengths_mm.items()}
        doubted = [side for side in SIDES if odd[side] == max(odd.values())]
        if not max(odd.values()) > MOST_UNLIKE:
            doubted = list(SIDES)
        found |= {f"{side}_{joint}": why for side, joint in product(doubted, limb[1:])}
    return found


def _far(
    positions_mm: Mapping[str, Array], sources: Sources, usual_mm: float, doubted: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield landmarks that are far from their joints, and the joints that are made of them."""
    for side, ((landmark, joint), share) in product(SIDES, MOST_APART.items()):
        name, centre = f"{side}_{landmark}", f"{side}_{joint}"
        if not {name, centre} <= set(positions_mm):
            continue
        if centre in doubted:
            if landmark.startswith(joint):
                yield name, doubted[centre]
            continue
        apart_mm = known_median(np.linalg.norm(positions_mm[name] - positions_mm[centre], axis=-1))
        if not apart_mm > share * usual_mm:
            continue
        why = (
            f"{', '.join(sources[name])} is {apart_mm:.0f} mm from {centre}, and thigh and "
            f"shank are {usual_mm:.0f} mm long: it may be another marker"
        )
        yield name, why
        if set(sources[name]) & set(sources[centre]):
            yield centre, why


def _lengths_mm(
    positions_mm: Mapping[str, Array], side: str, limb: tuple[str, str, str]
) -> tuple[float, float]:
    """Return the lengths of a limb's two segments; NaN where a joint is not there."""
    points = [positions_mm.get(f"{side}_{joint}") for joint in limb]
    upper_mm, lower_mm = (
        float("nan")
        if one is None or other is None
        else known_median(np.linalg.norm(other - one, axis=-1))
        for one, other in pairwise(points)
    )
    return upper_mm, lower_mm


def _ratio(one_mm: float, other_mm: float) -> float:
    """Return how many times as long the longer one is; 1 if one is not known."""
    if not (one_mm > 0.0 and other_mm > 0.0):
        return 1.0
    return max(one_mm, other_mm) / min(one_mm, other_mm)
