"""Which detections of several cameras are the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions
from neuropose.data.cameras import Rig, RigCamera
from neuropose.data.corrections import SubjectIs, corrections_of
from neuropose.errors import MultiviewError, SubjectError
from neuropose.multiview.names import require_cameras
from neuropose.multiview.rays import centre, directions, whole
from neuropose.multiview.sides import mirrored
from neuropose.multiview.views import LONGEST_GAP_S, View, placed_joints

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
    course_s, course_mm : ndarray, shape (W,)
        Shared times of moments in which two cameras or more saw the person, s, and that distance
        in each.
    """

    rows: Mapping[str, Ints]
    track_ids: Mapping[str, tuple[int, ...]]
    seen_s: float
    apart_mm: float
    course_s: Array = field(default_factory=lambda: np.empty(0))
    course_mm: Array = field(default_factory=lambda: np.empty(0))

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


def also_alone(
    person: MatchedPerson,
    everybody: PeopleMatch,
    predictions: Mapping[str, VideoPredictions],
    rig: Rig,
) -> tuple[dict[str, Ints], dict[str, int]]:
    """Find a person also while one camera only saw them, by the tracks that are theirs alone.

    Parameters
    ----------
    person : MatchedPerson
        Whom.
    everybody : PeopleMatch
        All who were matched.
    predictions : mapping of str to VideoPredictions
        Of each camera, as they were matched.
    rig : Rig
        The cameras, and their clocks.

    Returns
    -------
    rows : dict of str to ndarray of int
        As `MatchedPerson.rows`, with those of tracks that are no other person's.
    elsewhere : dict of str to int
        In how many frames such a track is left out, because the person is elsewhere by what
        another camera shows of them at the same time: it follows somebody else then.
    """
    filled = {}
    for name, rows in person.rows.items():
        others = [each for each in everybody.people if each is not person and name in each.rows]
        taken = {track for each in others for track in each.track_ids[name]}
        own = [track for track in person.track_ids[name] if track not in taken]
        every = np.flatnonzero(np.isin(predictions[name].track_ids, own))
        filled[name] = rows.copy()
        frames = predictions[name].frame_index[every]
        lacking = filled[name][frames] < 0
        filled[name][frames[lacking]] = every[lacking]
    seen = {name: _Middles(predictions[name], rig[name], rows) for name, rows in filled.items()}
    found, elsewhere = {}, {}
    for name, rows in filled.items():
        others_see = [each for other, each in seen.items() if other != name]
        wrong = seen[name].is_elsewhere(others_see) & (person.rows[name] < 0)
        found[name], elsewhere[name] = np.where(wrong, -1, rows), int(wrong.sum())
    return found, elsewhere


class _Middles:
    """Where one camera sees what lies between left and right, which exchanged sides do not move."""

    def __init__(self, predictions: VideoPredictions, camera: RigCamera, rows: Ints) -> None:
        lens = camera.camera_at(predictions.metadata.width, predictions.metadata.height)
        names = {
            name: made[0]
            for name, made in predictions.skeleton.canonical.items()
            if len(made) == 1 and name.startswith(("left_", "right_"))
        }
        column = {name: predictions.skeleton.index(joint) for name, joint in names.items()}
        pairs = [
            (column[name], column[other])
            for name in column
            if (other := name.replace("left_", "right_", 1)) != name and other in column
        ]
        middles_px = np.full((len(rows), len(pairs), 2), np.nan)
        shown = np.flatnonzero(rows >= 0)
        points_px = np.asarray(predictions.poses2d, np.float64)[rows[shown]]
        middles_px[shown] = points_px[:, np.array(pairs, np.int64).reshape(-1, 2)].mean(axis=2)
        self.centre_mm, self.shown = camera.centre_mm, rows >= 0
        self.time_s = camera.clock.shared_time_s(predictions.time_s)
        self.towards = directions(lens.rays(middles_px), camera.rotation_matrix)

    def is_elsewhere(self, others: Sequence[_Middles]) -> NDArray[np.bool_]:
        """Tell in which frames what the others show then is, on average, somewhere else."""
        total_mm, count = np.zeros(len(self.time_s)), np.zeros(len(self.time_s))
        for other in others:
            nearest = _nearest(other.time_s, self.time_s)
            both = self.shown & other.shown[nearest]
            both &= np.abs(other.time_s[nearest] - self.time_s) < LONGEST_GAP_S
            between = other.centre_mm - self.centre_mm
            missed_mm = _missed_mm(self.towards, other.towards[nearest], between)
            known = np.isfinite(missed_mm)
            both &= known.any(axis=1)
            middle_mm = np.nanmedian(missed_mm[both], axis=1)
            total_mm[both] += np.minimum(middle_mm, 2.0 * SAME_MM)
            count += both
        return total_mm >= SAME_MM * np.maximum(count, 1)


def _nearest(times_s: Array, wanted_s: Array) -> Ints:
    after = np.clip(np.searchsorted(times_s, wanted_s), 1, max(len(times_s) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(times_s) - 1)
    return np.where(wanted_s - times_s[before] <= times_s[after] - wanted_s, before, after)


def _missed_mm(one: Array, other: Array, between: Array) -> Array:
    """How far rays pass each other, (…, J); as good as infinitely if behind a camera."""
    across = np.cross(one, other)
    sine = np.linalg.norm(across, axis=-1)
    apart = np.abs(across @ between) / np.maximum(sine, 0.05)
    along_one = (np.cross(between, other) * across).sum(axis=-1)
    along_other = (np.cross(between, one) * across).sum(axis=-1)
    ahead = (along_one > 0.0) & (along_other > 0.0)
    return np.asarray(np.where(ahead | np.isnan(apart), apart, 10.0 * SAME_MM))


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
        first = next(iter(self.tracks.values()), None)
        self.mirror = mirrored(() if first is None else tuple(placed_joints((first,))))
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
        """Median over landmarks of how far rays pass each other, in front of the cameras.

        Of one view with left and right exchanged, if that is less: it is the same person.
        """
        between = self.centres[other.camera] - self.centres[one.camera]
        known = whole(one.towards) & whole(other.towards)
        if not known.any():
            return np.inf
        as_is = float(np.median(_missed_mm(one.towards, other.towards, between)[known]))
        exchanged = other.towards[:, self.mirror]
        known = whole(one.towards) & whole(exchanged)
        if not known.any():
            return as_is
        return min(as_is, float(np.median(_missed_mm(one.towards, exchanged, between)[known])))

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
                np.array([start_s for start_s, people in members if person in people]),
                np.array(apart[person]),
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
