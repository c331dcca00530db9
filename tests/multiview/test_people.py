from __future__ import annotations

import numpy as np
import pytest
from tests.multiview.known_room import SIZE_PX, room, walk_at
from tests.signed import SIGNED

from neuropose.corrections import SubjectIs, correct_predictions
from neuropose.data import Source, VideoMetadata, VideoPredictions
from neuropose.data.cameras import Clock, Rig, RigCamera
from neuropose.errors import MultiviewError, SubjectError
from neuropose.multiview import match_people, triangulate
from neuropose.multiview.agreement import doubts_over_time
from neuropose.multiview.people import also_alone
from neuropose.multiview.sides import mirrored
from neuropose.skeletons import BLAZEPOSE_33

FRAMES = 60


def there(shared_s):
    return walk_at(shared_s)


def back(shared_s):
    """Somebody else, who comes the other way beside the first."""
    return walk_at(1.7 - 0.9 * (shared_s - 1.7)) + np.array([0.0, 0.0, -700.0])


def predictions_of(camera: RigCamera, tracks, seed: int) -> VideoPredictions:
    """Detections of people: pairs of a track id in each frame and where they are."""
    time_s = np.arange(FRAMES) / 30.0
    draw = np.random.default_rng(seed)
    shared_s = camera.clock.shared_time_s(time_s)
    points = [camera.project(place(shared_s)) for _, place in tracks]
    poses2d = np.stack(points, axis=1).reshape(-1, 33, 2)
    poses2d = poses2d + draw.normal(0.0, 2.0, poses2d.shape)
    ids = np.stack([np.broadcast_to(each, FRAMES) for each, _ in tracks], axis=1).ravel()
    corner, size = poses2d.min(axis=1), np.ptp(poses2d, axis=1)
    return VideoPredictions(
        metadata=VideoMetadata(
            frame_count=FRAMES,
            fps=30.0,
            width=SIZE_PX[0],
            height=SIZE_PX[1],
            variable_frame_rate=False,
            fps_source=Source.GIVEN,
        ),
        camera=camera.camera,
        skeleton=BLAZEPOSE_33,
        time_s=time_s,
        offsets=np.arange(FRAMES + 1) * len(tracks),
        boxes=np.concatenate([corner, size, np.full((len(corner), 1), 0.9)], axis=1),
        poses3d=np.zeros((*poses2d.shape[:2], 3)),
        poses2d=poses2d,
        confidence=np.full(poses2d.shape[:2], 0.9),
        track_ids=ids,
    )


def clips(rig: Rig, tracks_of) -> dict[str, VideoPredictions]:
    return {
        camera.name: predictions_of(camera, tracks, number)
        for number, (camera, tracks) in enumerate(zip(rig.cameras, tracks_of, strict=True))
    }


def error_mm(found, place) -> float:
    missed = np.linalg.norm(found.points_mm - place(found.time_s), axis=2)
    return float(np.nanmax(np.nanmedian(missed, axis=1)))


def test_the_same_people_have_other_numbers_in_other_views():
    rig = room([Clock(), Clock(offset_s=0.2), Clock()])
    found = match_people(
        clips(rig, [[(0, there), (1, back)], [(7, back), (3, there)], [(0, back), (1, there)]]), rig
    )
    tracks = [dict(person.track_ids) for person in found.people]
    assert {"cam1": (0,), "cam2": (3,), "cam3": (1,)} in tracks
    assert {"cam1": (1,), "cam2": (7,), "cam3": (0,)} in tracks
    assert len(tracks) == 2
    assert not found.left_out
    assert max(person.apart_mm for person in found.people) < 30.0


def test_a_bystander_in_one_view_is_left_out_and_named():
    def stands(shared_s):
        place = walk_at(np.array([0.9]))[0] + np.array([1500.0, 0.0, -2500.0])
        return np.broadcast_to(place, (len(shared_s), 33, 3))

    rig = room(count=2)
    found = match_people(clips(rig, [[(0, there), (4, stands)], [(0, there)]]), rig)
    assert len(found.people) == 1
    assert [(each.camera, each.track_id) for each in found.left_out] == [("cam1", 4)]
    with pytest.raises(SubjectError, match="no person 2 whom two cameras saw, only 1"):
        found.person(1)


@pytest.mark.parametrize(("camera", "track"), [("cam1", 0), ("cam1", 1), ("cam2", 7)])
def test_whom_a_correction_names_comes_first(camera, track):
    rig = room(count=2)
    given = clips(rig, [[(0, there), (1, back)], [(7, back), (3, there)]])
    named = correct_predictions(given[camera], [SubjectIs(**SIGNED, track=track)])
    found = match_people(given | {camera: named}, rig)
    assert found.person().track_ids[camera] == (track,)
    assert len(found.people) == 2


def test_a_track_that_jumps_to_somebody_else_is_cut():
    rig = room()
    jump = np.where(np.arange(FRAMES) < 30, 0, 1)
    given = clips(
        rig, [[(0, there), (1, back)], [(jump, there), (1 - jump, back)], [(0, there), (1, back)]]
    )
    found = match_people(given, rig)
    assert len(found.people) == 2
    for person in found.people:
        place = there if person.track_ids["cam1"] == (0,) else back
        assert len(person.track_ids["cam2"]) == 2
        joints = triangulate(person.views(given), rig)
        # Within the quarter of a second of the jump the other two views decide.
        assert error_mm(joints, place) < 40.0


def test_unknown_cameras_are_refused():
    rig = room(count=2)
    given = clips(rig, [[(0, there)], [(0, there)]])
    with pytest.raises(MultiviewError, match="one view"):
        match_people({"cam1": given["cam1"]}, rig)
    with pytest.raises(MultiviewError, match="no camera 'cam9'"):
        match_people({"cam1": given["cam1"], "cam9": given["cam2"]}, rig)


@pytest.mark.parametrize("late_s", [0.0, 0.21, -0.4])
def test_nobody_is_seen_for_longer_than_two_videos_last_together(late_s):
    rig = room([Clock(), Clock(offset_s=late_s)], count=2)
    [person] = match_people(clips(rig, [[(0, there)], [(0, there)]]), rig).people
    together_s = (FRAMES - 1) / 30.0 - abs(late_s)
    assert together_s - 0.1 < person.seen_s < together_s + 1e-6  # less than a third of a window


def then_stands(at_mm):
    """The walk for a second, then somebody else who stands."""

    def place(shared_s):
        stands = walk_at(np.array([0.9]))[0] + np.array(at_mm)
        return np.where((shared_s < 1.0)[:, None, None], walk_at(shared_s), stands)

    return place


def test_a_stretch_in_which_views_do_not_fit_is_doubted():
    rig = room(count=2)
    (person,) = match_people(clips(rig, [[(0, there)], [(0, there)]]), rig).people
    assert doubts_over_time(person) == ()
    other = then_stands([0.0, 150.0, 0.0])
    (person,) = match_people(clips(rig, [[(0, other)], [(0, there)]]), rig).people
    (doubt,) = doubts_over_time(person)
    assert doubt.startswith("from 1.0 to 1.8 s the views do not fit each other: rays")


def test_a_track_that_other_cameras_contradict_is_left_out_there():
    rig = room()
    other = then_stands([-900.0, 800.0, 900.0])
    seen = clips(rig, [[(0, there)], [(0, other)], [(0, there)]])
    found = match_people(seen, rig)
    rows, elsewhere = also_alone(found.person(), found, seen, rig)
    assert elsewhere == {"cam1": 0, "cam2": 30, "cam3": 0}
    assert (rows["cam1"] >= 0).all()
    assert (rows["cam2"] >= 0).tolist() == [True] * 30 + [False] * 30
    found = match_people({name: seen[name] for name in ("cam2", "cam3")}, rig)
    rows, elsewhere = also_alone(found.person(), found, seen, rig)
    assert elsewhere == {"cam2": 30, "cam3": 30}  # which of two is right is not known


def test_exchanged_sides_are_the_same_person():
    rig = room(count=2)
    seen = clips(rig, [[(0, there)], [(0, there)]])
    other = mirrored(BLAZEPOSE_33.joints)
    seen["cam2"] = seen["cam2"].model_copy(update={"poses2d": seen["cam2"].poses2d[:, other]})
    (person,) = match_people(seen, rig).people
    assert person.apart_mm < 30.0
