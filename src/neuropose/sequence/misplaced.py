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
"""Ratio of a segment's lengths on the left and on the right that no two sides have."""
MOST_VARIED = 0.3
"""Spread of a segment's length within a recording (from one tenth of the frames to nine tenths, as
a share of the median) that no segment has: it is below 0.1 for markers on the skin."""
MOST_VARIED_PELVIS = 0.15
"""The same of the distance of both front spines of the pelvis, which is below 0.03."""
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
_LONG = 0.75  # of the frames: a marker of the other leg is near in some of them
_FOOT = ("heel", "toe")
_FOOT_SHARE = 0.55  # of the usual length of thigh and shank
_LONGEST_FOOT = 0.9  # of the same; measured ones are 0.4 to 0.7, and the knee is 1 from the ankle
_SPINES = ("asis", "psis")
_MOSTLY = 0.9  # of the frames
_RARELY = 0.1  # of the frames: names that are exchanged for longer are not those of the marker
_OPPOSITE = -0.5  # cosine: feet that point more than 120° away from each other
_CROSSED = 0.3  # of the distance of the hips: knees that lie on each other barely cross


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
    Lengths are medians over the recording, distances of landmarks upper quartiles. Where a segment
    is `MOST_UNLIKE` as long on one side as on the other, the limb is doubted whose two segments are
    less alike, or the foot that is less like thigh and shank; both are if both have usual
    proportions. One whose length varies by `MOST_VARIED` is doubted on its own, as is a foot whose
    heel is not nearest to the ankle and furthest from the toe in more than a tenth of the frames.
    Without ankles, both feet are doubted if they point opposite ways for as long. Legs whose knees
    are on each other's side of the body in nine tenths of the frames have the names of the other
    leg. A landmark is doubted if it is further than `MOST_APART` from its joint, and with it the
    joint, if that is a mean of which the landmark's marker is a part.

    Examples
    --------
    >>> places = {"left_hip": 900.0, "left_knee": 500.0, "left_ankle": 100.0}
    >>> places |= {"left_knee_lateral": 110.0}
    >>> there = {name: np.array([[0.0, 0.0, height]]) for name, height in places.items()}
    >>> found = misplaced(there, {name: (name,) for name in places} | {"left_knee_lateral": ("L",)})
    >>> found["left_knee_lateral"]
    'L is 390 mm from left_knee, and thigh and shank are 400 mm long: it may be another marker'
    """
    found = _crossed(positions_mm)
    positions_mm = {name: each for name, each in positions_mm.items() if name not in found}
    for limb in _LIMBS:
        found |= _odd_limb(positions_mm, limb)
    usual_mm = usual_length_mm(positions_mm)
    found |= _odd_feet(positions_mm, sources, usual_mm, found)
    return found | dict(_far(positions_mm, sources, usual_mm, found))


def usual_length_mm(positions_mm: Mapping[str, Array]) -> float:
    """Return the usual length of thigh and shank, in which other lengths are measured.

    Parameters
    ----------
    positions_mm : mapping of str to ndarray, shape (T, 3)
        Canonical joints and landmarks.

    Returns
    -------
    float
        Median over the segments of both legs, mm. NaN: none is known.
    """
    lengths_mm = [
        length_mm
        for side in SIDES
        for length_mm in _lengths_mm(positions_mm, side, _LIMBS[0])
        if length_mm > 0.0
    ]
    return float(np.median(lengths_mm)) if lengths_mm else float("nan")


def crosses(positions_mm: Mapping[str, Array], joint: str) -> NDArray[np.bool_]:
    """Return the frames in which a joint of the legs is on the other one's side of the hips.

    Parameters
    ----------
    positions_mm : mapping of str to ndarray, shape (T, 3)
        The joint and the hips of both sides. NaN: missing.
    joint : str
        Without its side.

    Returns
    -------
    ndarray of bool, shape (T,)
    """
    along = _along(*(_to_the_right(positions_mm, (each,)) for each in (joint, "hip")))
    return np.asarray(along < -_CROSSED)


def is_reversed(heel: Array, ankle: Array, toe: Array) -> NDArray[np.bool_]:
    """Return the frames in which a heel is not nearest to the ankle and furthest from the toe.

    Parameters
    ----------
    heel, ankle, toe : ndarray, shape (T, 3)
        Of one foot, mm. NaN: missing.

    Returns
    -------
    ndarray of bool, shape (T,)
    """
    heel_mm, toe_mm, foot_mm = (
        np.linalg.norm(each, axis=-1) for each in (heel - ankle, toe - ankle, toe - heel)
    )
    return np.asarray((heel_mm > toe_mm) | (toe_mm > foot_mm))


def misplaced_spines(positions_mm: Mapping[str, Array]) -> dict[str, str]:
    """Find out whether a spine of the pelvis lies where it cannot be.

    Parameters
    ----------
    positions_mm : mapping of str to ndarray, shape (T, 3)
        Canonical joints and landmarks.

    Returns
    -------
    dict of str to str
        All four spines, and why they should not be used, if front and back are `MOST_UNLIKE` as far
        from each other on one side as on the other, that distance varies by `MOST_VARIED` or that
        of both front spines by `MOST_VARIED_PELVIS`, the back is before the front on one side only
        for more than a tenth of the frames, or front and back are on opposite sides for as long, or
        the pelvis would be upside down above legs whose sides and feet are as they should be: any
        two of its markers that are exchanged turn it over.

    Examples
    --------
    >>> places = {"left_asis": -120, "left_psis": -45, "right_asis": 120, "right_psis": 300}
    >>> there = {name: np.array([[0.0, 0.0, place]]) for name, place in places.items()}
    >>> set(misplaced_spines(there)) == set(there)
    True
    """
    why = _unlike(positions_mm, _SPINES)
    if why is None and _is_twisted(positions_mm):
        why = "the sides of the pelvis would lie across each other: markers may be exchanged"
    if why is None:
        varied = (_varied(positions_mm, side, _SPINES) for side in SIDES)
        why = next((each for each in varied if each), None)
        why = why or _varied_between(positions_mm, ("left_asis", "right_asis"), MOST_VARIED_PELVIS)
    if why is None and _is_upside_down(positions_mm):
        why = "the pelvis would be upside down: markers may be exchanged"
    if why is None:
        return {}
    return {f"{side}_{spine}": why for side, spine in product(SIDES, _SPINES)}


def _is_twisted(positions_mm: Mapping[str, Array]) -> bool:
    """Return whether the left and the right, or the front and the back, point opposite ways."""
    if not {f"{side}_{spine}" for side, spine in product(SIDES, _SPINES)} <= set(positions_mm):
        return False
    left, right = (positions_mm[f"{side}_asis"] - positions_mm[f"{side}_psis"] for side in SIDES)
    front, back = (_to_the_right(positions_mm, (spine,)) for spine in _SPINES)
    alike = np.stack([(left * right).sum(axis=-1), (front * back).sum(axis=-1)])
    alike = alike[:, np.isfinite(alike).all(axis=0)]
    return bool(alike.size and (alike < 0.0).mean(axis=1).max() > _RARELY)


def _is_upside_down(positions_mm: Mapping[str, Array]) -> bool:
    """Return whether the pelvis, and not the whole recording, is a mirror image."""
    names = {f"{side}_{end}" for side, end in product(SIDES, (*_SPINES, *_FOOT))}
    if not names <= set(positions_mm):
        return False
    ends = ("ankle", *_FOOT) if {"left_ankle", "right_ankle"} <= set(positions_mm) else _FOOT
    up = _middle(positions_mm, _SPINES) - _middle(positions_mm, ends[:1])
    forwards = _middle(positions_mm, ("asis",)) - _middle(positions_mm, ("psis",))
    over = _turn(_to_the_right(positions_mm, _SPINES), forwards, up)
    feet_forwards = _middle(positions_mm, ("toe",)) - _middle(positions_mm, ("heel",))
    legs = _turn(_to_the_right(positions_mm, ends), feet_forwards, up)
    over, legs = over[np.isfinite(over)], legs[np.isfinite(legs)]
    if not (len(over) and len(legs)):
        return False
    return bool((over < 0.0).mean() > _MOSTLY and np.sign(legs).mean() > 0.0)


def _middle(positions_mm: Mapping[str, Array], joints: tuple[str, ...]) -> Array:
    places_mm = [positions_mm[f"{side}_{joint}"] for side, joint in product(SIDES, joints)]
    return np.asarray(np.mean(places_mm, axis=0))


def _to_the_right(positions_mm: Mapping[str, Array], joints: tuple[str, ...]) -> Array:
    across_mm = [positions_mm[f"right_{each}"] - positions_mm[f"left_{each}"] for each in joints]
    return np.asarray(np.sum(across_mm, axis=0))


def _turn(right: Array, forwards: Array, up: Array) -> Array:
    """Return, frame by frame, a number above 0 where these three are as those of a body are."""
    return np.asarray((np.cross(right, forwards) * up).sum(axis=-1))


def _odd_limb(positions_mm: Mapping[str, Array], limb: tuple[str, str, str]) -> dict[str, str]:
    """Find the limb that is much longer or shorter than that of the other side, or varies."""
    segments = tuple(pairwise(limb))
    found: dict[str, str] = {}
    for side, segment in product(SIDES, segments):
        why = _varied(positions_mm, side, segment)
        if why is not None:
            found |= {f"{side}_{joint}": why for joint in limb[1:]}
    why = next((each for one in segments if (each := _unlike(positions_mm, one))), None)
    if found or why is None:
        return found
    odd = {side: _ratio(*_lengths_mm(positions_mm, side, limb)) for side in SIDES}
    return {
        f"{side}_{joint}": why
        for side, joint in product(SIDES, limb[1:])
        if max(odd.values()) <= MOST_UNLIKE or odd[side] == max(odd.values())
    }


def _crossed(positions_mm: Mapping[str, Array]) -> dict[str, str]:
    """Find the knees that are on each other's side of the body, and what of the legs is with them.

    Knees of somebody who walks or stands do not change sides; feet may cross.
    """
    if not {f"{side}_{joint}" for side, joint in product(SIDES, ("hip", "knee"))} <= set(
        positions_mm
    ):
        return {}
    hips = _to_the_right(positions_mm, ("hip",))
    share = {
        joint: _share_beyond(_to_the_right(positions_mm, (joint,)), hips)
        for joint in ("knee", "ankle", *_FOOT)
        if {f"{side}_{joint}" for side in SIDES} <= set(positions_mm)
    }
    if share["knee"] <= _MOSTLY:
        return {}
    why = "the knees are on each other's side of the hips: left and right may be exchanged"
    crossed = tuple(
        f"{side}_{joint}" for joint, frames in share.items() if frames > 0.5 for side in SIDES
    )
    return {name: why for name in positions_mm if name.startswith(crossed)}


def _share_beyond(across: Array, hips: Array) -> float:
    """Return in how many of the frames two joints are clearly the other way than the hips."""
    along = _along(across, hips)
    along = along[np.isfinite(along)]
    return float((along < -_CROSSED).mean()) if len(along) else 0.0


def _along(across: Array, hips: Array) -> Array:
    """Return how far two joints are apart along the line of the hips, of the hips' distance."""
    return np.asarray((across * hips).sum(axis=-1) / (hips * hips).sum(axis=-1))


def _odd_feet(
    positions_mm: Mapping[str, Array], sources: Sources, usual_mm: float, doubted: Mapping[str, str]
) -> dict[str, str]:
    """Find the feet that are much longer or shorter than the other one, vary, or are reversed.

    Of one that is reversed, the ankle's marker may be the one that is elsewhere.
    """
    why: dict[str, str] = {}
    also: dict[str, str] = {}
    for side in SIDES:
        varied = _varied(positions_mm, side, _FOOT)
        if varied is not None:
            why[side] = varied
            continue
        beside = tuple(f"{side}_ankle_{end}" for end in ("lateral", "medial"))
        for ankle in (f"{side}_ankle", *beside):
            reason = None if ankle in doubted else _reversed(positions_mm, side, ankle, usual_mm)
            if reason is None:
                continue
            why[side] = reason
            skin = {marker for end in beside for marker in sources.get(end, ())}
            if skin & set(sources[ankle]):
                also |= dict.fromkeys(
                    (ankle, *(each for each in beside if each in sources)), reason
                )
            break
    unlike = _unlike(positions_mm, _FOOT)
    if unlike is not None and not why:
        share = _FOOT_SHARE * usual_mm
        odd = {
            side: _ratio(_apart_mm(positions_mm, *(f"{side}_{end}" for end in _FOOT)), share)
            for side in SIDES
        }
        why = {
            side: unlike
            for side in SIDES
            if max(odd.values()) <= MOST_UNLIKE or odd[side] == max(odd.values())
        }
    if not why and _opposed(positions_mm):
        opposed = "left and right foot point opposite ways: heel and toe may be exchanged"
        why = dict.fromkeys(SIDES, opposed)
    return also | {f"{side}_{end}": reason for side, reason in why.items() for end in _FOOT}


def _reversed(
    positions_mm: Mapping[str, Array], side: str, ankle: str, usual_mm: float
) -> str | None:
    """Say so if heel, ankle and toe do not follow each other as in a foot.

    Names that are exchanged within a foot leave the three points where they are. If these are not
    as far apart as in a foot, or not always, one of them is elsewhere, and is found as such.
    """
    if not {ankle, f"{side}_heel", f"{side}_toe"} <= set(positions_mm):
        return None
    heel, toe = (positions_mm[f"{side}_{end}"] - positions_mm[ankle] for end in _FOOT)
    apart_mm = np.stack([np.linalg.norm(each, axis=-1) for each in (heel, toe, toe - heel)])
    heel_mm, toe_mm, foot_mm = apart_mm = apart_mm[:, np.isfinite(apart_mm).all(axis=0)]
    if not apart_mm.size:
        return None
    least_mm, middle_mm, most_mm = np.quantile(apart_mm.max(axis=0), [0.1, 0.5, 0.9])
    if middle_mm > _LONGEST_FOOT * usual_mm or most_mm - least_mm > MOST_VARIED * middle_mm:
        return None
    shares = {
        "heel is further from the ankle than the toe": float((heel_mm > toe_mm).mean()),
        "toe is nearer to the heel than to the ankle": float((toe_mm > foot_mm).mean()),
    }
    for which, share in shares.items():
        if share > _RARELY:
            return (
                f"the {side} {which} in {100.0 * share:.0f} % of the frames: "
                "markers may be exchanged"
            )
    return None


def _opposed(positions_mm: Mapping[str, Array]) -> bool:
    """Return whether feet whose ankles are not known point opposite ways."""
    if {f"{side}_ankle" for side in SIDES} & set(positions_mm):
        return False
    if not {f"{side}_{end}" for side, end in product(SIDES, _FOOT)} <= set(positions_mm):
        return False
    left, right = (positions_mm[f"{side}_toe"] - positions_mm[f"{side}_heel"] for side in SIDES)
    lengths_mm = np.linalg.norm(left, axis=-1) * np.linalg.norm(right, axis=-1)
    cosines = ((left * right).sum(axis=-1) / lengths_mm)[np.isfinite(lengths_mm)]
    return bool(len(cosines) and (cosines < _OPPOSITE).mean() > _RARELY)


def _unlike(positions_mm: Mapping[str, Array], segment: tuple[str, str]) -> str | None:
    """Say so if two joints are much further apart on one side than on the other."""
    left_mm, right_mm = (
        _apart_mm(positions_mm, *(f"{side}_{joint}" for joint in segment)) for side in SIDES
    )
    if _ratio(left_mm, right_mm) <= MOST_UNLIKE:
        return None
    return (
        f"{segment[0]} and {segment[1]} are {left_mm:.0f} mm apart on the left and "
        f"{right_mm:.0f} mm on the right: markers may be exchanged"
    )


def _varied(positions_mm: Mapping[str, Array], side: str, segment: tuple[str, str]) -> str | None:
    """Say so if the distance of two joints of a segment varies as no segment does."""
    one, other = (f"{side}_{joint}" for joint in segment)
    return _varied_between(positions_mm, (one, other), MOST_VARIED)


def _varied_between(
    positions_mm: Mapping[str, Array], pair: tuple[str, str], most: float
) -> str | None:
    if not set(pair) <= set(positions_mm):
        return None
    one, other = (positions_mm[name] for name in pair)
    apart_mm = np.linalg.norm(other - one, axis=-1)
    apart_mm = apart_mm[np.isfinite(apart_mm)]
    if not len(apart_mm):
        return None
    least_mm, middle_mm, most_mm = np.quantile(apart_mm, [0.1, 0.5, 0.9])
    if most_mm - least_mm <= most * middle_mm:
        return None
    return f"{_said(pair)} are {least_mm:.0f} to {most_mm:.0f} mm apart: markers may be exchanged"


def _said(pair: tuple[str, str]) -> str:
    (side, one), (other_side, other) = (name.split("_", 1) for name in pair)
    return f"{side} {one} and {other if side == other_side else f'{other_side} {other}'}"


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
        distances_mm = np.linalg.norm(positions_mm[name] - positions_mm[centre], axis=-1)
        known_mm = distances_mm[np.isfinite(distances_mm)]
        apart_mm = float(np.quantile(known_mm, _LONG)) if len(known_mm) else 0.0
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
    upper, middle, lower = (f"{side}_{joint}" for joint in limb)
    return _apart_mm(positions_mm, upper, middle), _apart_mm(positions_mm, middle, lower)


def _apart_mm(positions_mm: Mapping[str, Array], name: str, other: str) -> float:
    """Return the median distance of two joints; NaN where one is not there."""
    if not {name, other} <= set(positions_mm):
        return float("nan")
    return known_median(np.linalg.norm(positions_mm[other] - positions_mm[name], axis=-1))


def _ratio(one_mm: float, other_mm: float) -> float:
    """Return how many times as long the longer one is; 1 if one is not known."""
    if not (one_mm > 0.0 and other_mm > 0.0):
        return 1.0
    return max(one_mm, other_mm) / min(one_mm, other_mm)
