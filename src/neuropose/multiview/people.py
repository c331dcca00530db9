"""Which detections of several cameras are the same person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.data.cameras import Rig
from neuropose.data.corrections import SubjectIs, corrections_of
from neuropose.errors import MultiviewError, SubjectError
from neuropose.multiview.names import require_cameras
from neuropose.multiview.rays import centre, directions, whole
from neuropose.multiview.views import View, placed_joints

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME_MM = 150.0
"""Rays of one person's landmarks miss each other by less (median over landmarks)."""
_WINDOW_S = 0.25
_LEAST_SHARE = 0.3  # of a window's moments in which both must be seen
_NEAR_MM = 600.0  # a person is not farther from where they were in the window before
_STEPS = 8  # moments of a window that are compared
_LEAST_FRAMES_S = 0.2


@dataclass(frozen=True, eq=False)
class MatchedPerson:
    """One person in several views.

    Parameters
    ----------
    rows : mapping of str to ndarray of int, shape (T,)
        For each camera that saw the person, their detection in each frame of its video, as a row
        of the predictions' arrays; -1 where there is none.
    track_ids : mapping of str to tuple of int
        The tracks that these belong to, the longest first.
    seen_s : float
        For how long at least two cameras saw the person, s: from frame to frame, as a recording
        lasts from its first to its last.
    apart_mm : float
        Median distance at which rays of the same landmarks miss each other.
    """

    rows: Mapping[str, Ints]
    track_ids: Mapping[str, tuple[int, ...]]
    seen_s: float
    apart_mm: float

    def views(self, predictions: Mapping[str, VideoPredictions]) -> tuple[View, ...]:
        """Return the person's views.

        Parameters
        ----------
        predictions : mapping of str to VideoPredictions
            Of each camera, as they were matched.

        Returns
        -------
        tuple of View
        """
        return tuple(
            View.from_predictions(name, predictions[name], rows) for name, rows in self.rows.items()
        )


@dataclass(frozen=True)
class LeftOut:
    """A track that is no matched person's.

    Parameters
    ----------
    camera : str
        Name of the camera.
    track_id : int
        Its number there.
    frame_count : int
        In how many frames.
    reason : str
        Why it was left out.
    """

    camera: str
    track_id: int
    frame_count: int
    reason: str


@dataclass(frozen=True, eq=False)
class PeopleMatch:
    """The people whom several cameras saw.

    Parameters
    ----------
    people : tuple of MatchedPerson
        Whom a correction names as the subject comes first, then who was seen longest by two cameras
        or more.
    left_out : tuple of LeftOut
        Everybody else, such as bystanders in one view only.
    """

    people: tuple[MatchedPerson, ...]
    left_out: tuple[LeftOut, ...]

    def person(self, number: int = 0) -> MatchedPerson:
        """Return one of the people.

        Parameters
        ----------
        number : int
            0: whom a correction names, or else who was seen longest.

        Returns
        -------
        MatchedPerson

        Raises
        ------
        SubjectError
            If there are not so many.
        """
        if not self.people:
            raise SubjectError(
                "no two cameras saw the same person at the same time",
                hint="check that each video is named as its camera, that no camera was moved since "
                "the calibration, and that the clocks are right",
            )
        if not 0 <= number < len(self.people):
            raise SubjectError(
                f"there is no person {number + 1} whom two cameras saw, only {len(self.people)}",
                hint="choose one of them, or check the rig and the clocks of the cameras",
            )
        return self.people[number]


@dataclass(frozen=True, eq=False)
class _Detection:
    """A track in a window, (S, J, 3) directions."""

    camera: int
    track_id: int
    towards: Array
    count: int


def match_people(predictions: Mapping[str, VideoPredictions], rig: Rig) -> PeopleMatch:
    """Find which detections of several cameras are the same person.

    Parameters
    ----------
    predictions : mapping of str to VideoPredictions
        Tracked predictions of each camera, by its name in the rig, two or more.
    rig : Rig
        The cameras, and their clocks.

    Returns
    -------
    PeopleMatch

    Raises
    ------
    MultiviewError
        If there are fewer than two cameras, or the rig lacks one.

    Notes
    -----
    In windows of a quarter of a second tracks of different cameras are joined, those first whose
    rays meet best, as long as no camera has two tracks in one person. Windows are linked by where
    people are and by their tracks, so that a track that jumps from one person to another is cut.
    """
    names = list(predictions)
    if len(names) < 2:
        raise MultiviewError("people of one view cannot be matched", hint="give two or more")
    require_cameras(names, rig)
    return _named_first(_Matching(predictions, rig, names).result(), predictions)


def _named_first(found: PeopleMatch, predictions: Mapping[str, VideoPredictions]) -> PeopleMatch:
    """Put the people first whom somebody said to be the subject."""
    named = {
        (name, each.track)
        for name, of_camera in predictions.items()
        for each in corrections_of(of_camera.provenance)
        if isinstance(each, SubjectIs)
    }
    tracks = [
        {(name, track) for name, own in person.track_ids.items() for track in own}
        for person in found.people
    ]
    order = sorted(range(len(tracks)), key=lambda number: not (tracks[number] & named))
    return replace(found, people=tuple(found.people[number] for number in order))


class _Matching:
    def __init__(
        self, predictions: Mapping[str, VideoPredictions], rig: Rig, names: list[str]
    ) -> None:
        self.predictions, self.names = predictions, names
        self.cameras = [rig[name] for name in names]
        self.rotation = np.stack([camera.rotation_matrix for camera in self.cameras])
        self.centres = centre(
            self.rotation, np.stack([camera.translation for camera in self.cameras])
        )
        self.tracks: dict[tuple[int, int], View] = {}
        for number, name in enumerate(names):
            found = predictions[name]
            for track_id in np.unique(found.track_ids):
                if track_id >= 0:
                    view = View.from_predictions(name, found, f"track:{track_id}")
                    self.tracks[number, int(track_id)] = view
        self.shared = {
            key: self.cameras[key[0]].clock.shared_time_s(view.time_s)
            for key, view in self.tracks.items()
        }

    def result(self) -> PeopleMatch:
        """Match window after window, and gather the people."""
        if not self.tracks:
            return PeopleMatch((), ())
        spans = {
            key: (self.shared[key][view.seen].min(), self.shared[key][view.seen].max())
            for key, view in self.tracks.items()
            if view.seen.any()
        }
        begin_s, end_s = min(a for a, _ in spans.values()), max(b for _, b in spans.values())
        # (person, camera, track) of each window; people are numbered from 0.
        members: list[tuple[float, dict[int, dict[int, int]]]] = []
        apart: dict[int, list[float]] = {}
        seen_s: dict[int, float] = {}
        last: dict[int, tuple[Array, dict[int, int], float]] = {}
        next_person = 0
        for start_s in np.arange(begin_s, end_s + 1e-9, _WINDOW_S):
            present = [
                key for key, (a, b) in spans.items() if b >= start_s and a <= start_s + _WINDOW_S
            ]
            groups = self._groups(present, start_s)
            people: dict[int, dict[int, int]] = {}
            taken: set[int] = set()
            costs = sorted(
                (self._link(group, place, last[person], float(start_s)), person, number)
                for number, (group, place, _) in enumerate(groups)
                for person in last
            )
            assigned: dict[int, int] = {}
            for cost, person, number in costs:
                if np.isfinite(cost) and person not in taken and number not in assigned:
                    assigned[number] = person
                    taken.add(person)
            for number, (group, place, missed_mm) in enumerate(groups):
                if number not in assigned:
                    assigned[number] = next_person
                    next_person += 1
                person = assigned[number]
                people[person] = group
                last[person] = (place, group, float(start_s))
                apart.setdefault(person, []).append(missed_mm)
                seen_s[person] = seen_s.get(person, 0.0) + _WINDOW_S
            members.append((float(start_s), people))
        return self._gathered(members, apart, seen_s)

    def _groups(
        self, present: list[tuple[int, int]], start_s: float
    ) -> list[tuple[dict[int, int], Array, float]]:
        """Return the people of a window: tracks by camera, middle, and how rays miss, mm."""
        times = start_s + _WINDOW_S * (np.arange(_STEPS) + 0.5) / _STEPS
        found: list[_Detection] = []
        for camera, track_id in present:
            view = self.tracks[camera, track_id]
            landmarks = self._landmarks(camera, track_id)
            own_s = self.cameras[camera].clock.video_time_s(times)
            rays = view.at(own_s, landmarks).rays
            count = int(whole(rays).any(axis=1).sum())
            if count >= _LEAST_SHARE * _STEPS:
                towards = directions(rays, self.rotation[camera])
                found.append(_Detection(camera, track_id, towards, count))
        pairs = []
        for one in range(len(found)):
            for other in range(one + 1, len(found)):
                if found[one].camera != found[other].camera:
                    missed = self._missed_mm(found[one], found[other])
                    if missed < SAME_MM:
                        pairs.append((missed, one, other))
        pairs.sort()
        distance = {(one, other): missed for missed, one, other in pairs}
        group_of: dict[int, set[int]] = {number: {number} for number in range(len(found))}
        for _, one, other in pairs:
            joined = group_of[one] | group_of[other]
            cameras = [found[each].camera for each in joined]
            if len(set(cameras)) < len(cameras):
                continue
            between = [
                distance.get((min(a, b), max(a, b)), 2.0 * SAME_MM)
                for a in group_of[one]
                for b in group_of[other]
            ]
            if group_of[one] is not group_of[other] and np.mean(between) < SAME_MM:
                for each in joined:
                    group_of[each] = joined
        done: list[tuple[dict[int, int], Array, float]] = []
        for group in {id(each): each for each in group_of.values()}.values():
            if len(group) < 2:
                continue
            chosen = [found[each] for each in sorted(group)]
            within = [
                distance[a, b] for a in sorted(group) for b in sorted(group) if (a, b) in distance
            ]
            tracks = {each.camera: each.track_id for each in chosen}
            done.append((tracks, self._middle(chosen), float(np.median(within))))
        return done

    def _landmarks(self, camera: int, track_id: int) -> list[str]:
        first = next(iter(self.tracks.values()))
        shared = placed_joints((first, self.tracks[camera, track_id]))
        return [names[1] for names in shared.values()]

    def _missed_mm(self, one: _Detection, other: _Detection) -> float:
        """Median over landmarks of how far rays pass each other, in front of the cameras."""
        between = self.centres[other.camera] - self.centres[one.camera]
        across = np.cross(one.towards, other.towards)
        sine = np.linalg.norm(across, axis=-1)
        apart = np.abs(across @ between) / np.maximum(sine, 0.05)
        along_one = np.einsum("sji,sji->sj", np.cross(between, other.towards), across)
        along_other = np.einsum("sji,sji->sj", np.cross(between, one.towards), across)
        apart = np.where((along_one > 0.0) & (along_other > 0.0), apart, 10.0 * SAME_MM)
        known = whole(one.towards) & whole(other.towards)
        if not known.any():
            return np.inf
        return float(np.median(apart[known]))

    def _middle(self, chosen: list[_Detection]) -> Array:
        """Return where the rays of a person's middle meet."""
        normal, right = np.zeros((3, 3)), np.zeros(3)
        for each in chosen:
            towards = np.nanmean(each.towards.reshape(-1, 3), axis=0)
            towards /= np.linalg.norm(towards)
            across = np.eye(3) - np.outer(towards, towards)
            normal += across
            right += across @ self.centres[each.camera]
        return np.asarray(np.linalg.lstsq(normal, right, rcond=1e-6)[0])

    @staticmethod
    def _link(
        group: dict[int, int],
        place: Array,
        before: tuple[Array, dict[int, int], float],
        start_s: float,
    ) -> float:
        """Cost of a person being who they were: infinite if it is impossible."""
        where, tracks, when_s = before
        moved_mm = float(np.linalg.norm(place - where))
        same = sum(tracks.get(camera) == track for camera, track in group.items())
        away_s = max(start_s - when_s, _WINDOW_S)
        if moved_mm > _NEAR_MM * max(away_s / _WINDOW_S, 1.0) ** 0.5 and not same:
            return float("inf")
        return moved_mm / _NEAR_MM - same

    def _gathered(
        self,
        members: list[tuple[float, dict[int, dict[int, int]]]],
        apart: dict[int, list[float]],
        seen_s: dict[int, float],
    ) -> PeopleMatch:
        order = sorted(seen_s, key=lambda person: (-seen_s[person], np.median(apart[person])))
        order = [person for person in order if seen_s[person] >= _LEAST_FRAMES_S]
        rows = {
            person: {
                name: np.full(len(self.predictions[name].time_s), -1, np.int64)
                for name in self.names
            }
            for person in order
        }
        detection = {
            number: {
                (int(frame), int(track)): row
                for row, (frame, track) in enumerate(
                    zip(
                        self.predictions[name].frame_index,
                        self.predictions[name].track_ids,
                        strict=True,
                    )
                )
            }
            for number, name in enumerate(self.names)
        }
        used: set[tuple[int, int]] = set()
        for start_s, people in members:
            for person, group in people.items():
                if person not in rows:
                    continue
                for camera, track in group.items():
                    name = self.names[camera]
                    shared = self.cameras[camera].clock.shared_time_s(self.predictions[name].time_s)
                    inside = (shared >= start_s - 1e-9) & (shared < start_s + _WINDOW_S - 1e-9)
                    for frame in np.flatnonzero(inside):
                        row = detection[camera].get((int(frame), track), -1)
                        if row >= 0:
                            rows[person][name][frame] = row
                    used.add((camera, track))
        people_found = tuple(
            MatchedPerson(
                {name: own for name, own in rows[person].items() if (own >= 0).any()},
                {
                    name: self._tracks(name, own)
                    for name, own in rows[person].items()
                    if (own >= 0).any()
                },
                self._seen_by_two_s(rows[person]),
                float(np.median(apart[person])),
            )
            for person in order
        )
        left_out = tuple(
            LeftOut(
                self.names[camera],
                track,
                int(view.seen.sum()),
                "no other camera saw this person",
            )
            for (camera, track), view in self.tracks.items()
            if (camera, track) not in used
        )
        return PeopleMatch(people_found, left_out)

    def _seen_by_two_s(self, rows: Mapping[str, Ints]) -> float:
        """Return for how long two cameras or more saw a person, who is seen between two frames."""
        begins, ends = [], []
        for camera, name in zip(self.cameras, self.names, strict=True):
            shared_s = camera.clock.shared_time_s(self.predictions[name].time_s)
            there = rows[name] >= 0
            lasts = there[:-1] & there[1:] & (np.diff(shared_s) <= _WINDOW_S)
            begins.append(shared_s[:-1][lasts])
            ends.append(shared_s[1:][lasts])
        at_s = np.concatenate([*begins, *ends])
        change = np.repeat([1, -1], len(at_s) // 2)
        order = np.argsort(at_s, kind="stable")
        count = np.cumsum(change[order])
        return float(np.diff(at_s[order])[count[:-1] >= 2].sum())

    def _tracks(self, name: str, rows: Ints) -> tuple[int, ...]:
        tracks, counts = np.unique(
            self.predictions[name].track_ids[rows[rows >= 0]], return_counts=True
        )
        return tuple(int(track) for track in tracks[np.argsort(-counts, kind="stable")])
