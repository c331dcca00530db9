"""Bodies whose coordinates are known exactly, seen by several cameras at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.body.known_bodies import INTO_CAMERA, KnownBody, known_body, predictions_of
from tests.body.known_views import rig_of, seen, seen_by

from neuropose.body import reconstruct, reconstruct_cameras, recording, windows
from neuropose.body.kinematics import positions_mm
from neuropose.body.shape import usual_person
from neuropose.body.structure import structure
from neuropose.data import Clock, Reconstruction
from neuropose.errors import MultiviewError, ReconstructionError

LEG = [f"{side}_{name}" for side in ("left", "right") for name in ("knee_flexion", "hip_abduction")]


def errors_deg(found: Reconstruction, known: KnownBody, name: str) -> np.ndarray:
    return np.asarray(found.coordinate(name) - known.degrees(name))


def stated_deg(found: Reconstruction) -> float:
    columns = [found.coordinate_names.index(name) for name in LEG]
    return float(np.sqrt(np.mean(found.coordinate_errors[:, columns] ** 2)))


def test_cameras_without_noise_give_the_coordinates_and_the_size() -> None:
    known = known_body(frames=45)
    found = reconstruct_cameras(seen(("front", "side"), known), rig_of(), synchronous=True)
    assert found.axes == "lab"
    assert found.camera_view is None
    assert found.shape.height_source == "measured"
    assert found.shape.height_mm == pytest.approx(1720.0, abs=2.0)
    for name in LEG:
        assert np.abs(errors_deg(found, known, name)).max() < 0.1, name
    knee = found.positions_mm[:, found.joints.index("left_knee")]
    true = known.points_mm[:, known.body.landmarks.index("left_knee")]
    assert np.linalg.norm(knee - true, axis=1).max() < 1.0


def test_views_at_other_times_are_read_between_their_frames() -> None:
    known, late = known_body(frames=60), known_body(frames=60)
    predictions = {"front": seen_by("front", known), "side": seen_by("side", late)}
    ahead = rig_of(side=Clock(offset_s=0.0))
    shifted = predictions["side"].model_copy(update={"time_s": predictions["side"].time_s + 0.513})
    behind = rig_of(side=Clock(offset_s=-0.513))
    same = reconstruct_cameras(predictions, ahead, draws=2)
    again = reconstruct_cameras({**predictions, "side": shifted}, behind, draws=2)
    np.testing.assert_allclose(again.coordinates, same.coordinates, atol=1e-6)
    every_other = np.arange(0, 60, 2)
    slow = known_body(frames=60)
    part = replace(
        slow,
        time_s=slow.time_s[every_other],
        coordinates=slow.coordinates[every_other],
        points_mm=slow.points_mm[every_other],
    )
    found = reconstruct_cameras(
        {"front": predictions["front"], "side": seen_by("side", part)}, rig_of(), draws=2
    )
    assert len(found.time_s) == 60
    for name in LEG:
        assert np.abs(errors_deg(found, known, name))[:-1].max() < 2.0, name


def test_any_number_of_threads_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    views = seen(("front", "side"), known_body(frames=200), across_mm=20.0)
    monkeypatch.setattr(windows, "WINDOW", 120)
    found = []
    for cores in (1, 2):
        monkeypatch.setattr(recording, "available_cores", lambda cores=cores: cores)
        found.append(reconstruct_cameras(views, rig_of(), synchronous=True, draws=2))
    assert found[0] == found[1]


def test_the_error_covers_the_truth_and_more_cameras_have_less_of_it() -> None:
    known = known_body(frames=60)
    noise: dict[str, object] = {"across_mm": 20.0, "along_mm": 75.0}
    stated = []
    for names in (("front", "side"), ("front", "oblique", "side")):
        found = reconstruct_cameras(seen(names, known, **noise), rig_of(), draws=100)
        z = []
        for name in LEG:
            column = found.coordinate_names.index(name)
            z.append(errors_deg(found, known, name) / found.coordinate_errors[:, column])
        assert np.mean(np.abs(np.array(z)) < 1.96) > 0.9
        stated.append(stated_deg(found))
    alone = reconstruct(seen_by("front", known, 0, **noise), draws=100)
    stated.insert(0, stated_deg(alone))
    assert stated[0] > stated[1] > stated[2]


def test_views_of_exchanged_cameras_are_refused() -> None:
    noise: dict[str, object] = {"across_mm": 15.0, "along_mm": 60.0}
    right = seen(("front", "oblique", "side"), known_body(frames=40), **noise)
    found = reconstruct_cameras(right, rig_of(), draws=2)
    assert not any("do not fit" in each for each in found.warnings)
    wrong = {"front": right["side"], "oblique": right["oblique"], "side": right["front"]}
    with pytest.raises(ReconstructionError, match="the views do not show one person") as caught:
        reconstruct_cameras(wrong, rig_of(), draws=2)
    assert "named as its camera" in str(caught.value.hint)


def test_sides_that_one_view_exchanges_are_settled_by_the_others() -> None:
    known = known_body()
    noise: dict[str, object] = {"across_mm": 15.0, "along_mm": 60.0}
    exchanged = np.zeros(90, np.bool_)
    exchanged[10:70] = True  # most of the view: alone it would take them for right
    predictions = seen(("front", "oblique", "side"), known, **noise)
    predictions["side"] = seen_by("side", known, 2, **noise, exchanged=exchanged)
    found = reconstruct_cameras(predictions, rig_of())
    listed = {each.camera for each in found.exchanges}
    frames = sum(each.last - each.first + 1 for each in found.exchanges)
    assert listed == {"side"}
    assert frames == pytest.approx(60, abs=1)
    for name in LEG:
        assert np.sqrt(np.mean(errors_deg(found, known, name) ** 2)) < 4.0


def test_a_view_that_is_lost_for_a_while_costs_accuracy_and_says_so() -> None:
    known = known_body(frames=150)
    noise: dict[str, object] = {"across_mm": 15.0, "along_mm": 60.0}
    missing = np.zeros(150, np.bool_)
    missing[60:100] = True
    predictions = seen(("front", "side"), known, **noise)
    predictions["side"] = seen_by("side", known, 2, **noise, missing=missing)
    found = reconstruct_cameras(predictions, rig_of())
    knee = found.coordinate_names.index("left_knee_flexion")
    assert np.isfinite(found.coordinates[:, knee]).all()
    draws_mm = found.position_draws_mm[:, :, found.joints.index("left_knee")].astype(np.float64)
    error_mm = np.sqrt(np.mean(draws_mm**2, axis=(0, 2)))
    assert error_mm[70:90].mean() > 1.3 * error_mm[10:50].mean()


def test_feet_that_each_view_sees_elsewhere_keep_their_angle() -> None:
    known = known_body(frames=60)
    names = ("front", "oblique", "side")
    body = structure(known.body.model, known.body.landmarks, known.skeleton, views=len(names))
    usual = usual_person(body, known.shape.height_mm)
    offsets_mm = usual.offsets_mm.copy()
    apart_mm = np.array([[30.0, -20.0, 0.0], [-30.0, 0.0, 20.0], [0.0, 20.0, -20.0]])
    for _, own in body.apart:
        offsets_mm[own] = apart_mm
    points_mm = positions_mm(body, known.coordinates, usual.lengths_mm, offsets_mm) @ INTO_CAMERA
    missing = np.zeros(60, np.bool_)
    missing[15:40] = True  # whose turn it is to see the feet changes
    predictions = {
        name: seen_by(
            name,
            replace(known, points_mm=points_mm[:, body.points_seen[view]]),
            missing=missing if name == "side" else ~missing & (name == "oblique"),
        )
        for view, name in enumerate(names)
    }
    found = reconstruct_cameras(predictions, rig_of(names), synchronous=True, draws=2)
    for side in ("left", "right"):
        error_deg = errors_deg(found, known, f"{side}_ankle_dorsiflexion")
        assert np.sqrt(np.mean(error_deg**2)) < 0.5  # 7 and 9 if the views shared their offsets
    toe = found.positions_mm[:, found.joints.index("left_toe")]
    true = known.points_mm[:, known.body.landmarks.index("left_toe")]
    assert np.linalg.norm(toe - true, axis=1).mean() < 2.0
    assert set(found.shape.offsets_mm) <= set(body.kinds)


def test_what_cannot_be_fitted_is_refused() -> None:
    known = known_body(frames=20)
    predictions = seen(("front", "side"), known)
    with pytest.raises(ReconstructionError, match="1 view is not several"):
        reconstruct_cameras({"front": predictions["front"]}, rig_of())
    other = predictions_of([known_body("coco_19", frames=20)])
    with pytest.raises(ReconstructionError, match="different skeletons"):
        reconstruct_cameras({**predictions, "oblique": other}, rig_of())
    with pytest.raises(ReconstructionError, match="no camera 'top'"):
        reconstruct_cameras({**predictions, "top": predictions["side"]}, rig_of())
    metadata = predictions["side"].metadata.model_copy(update={"width": 1080, "height": 1920})
    upright = predictions["side"].model_copy(update={"metadata": metadata})
    with pytest.raises(MultiviewError, match="1080 × 1920 pixels"):
        reconstruct_cameras({**predictions, "side": upright}, rig_of())


@pytest.mark.parametrize(
    ("height_mm", "doubted"), [(1720.0, False), (1400.0, True), (2000.0, True)]
)
def test_a_height_that_the_cameras_contradict_is_doubted(height_mm: float, doubted: bool) -> None:
    views = seen(("front", "side"), known_body(frames=20))
    found = reconstruct_cameras(
        views, rig_of(("front", "side")), synchronous=True, height_mm=height_mm, draws=2
    )
    told = [each for each in found.warnings if "contradicts the cameras" in each]
    assert len(told) == doubted
    for each in told:
        assert each.startswith(f"the height that was given, {height_mm:.0f} mm, ")
        assert "which show a person of 1720 ± 52 mm: check the scale of the rig" in each
    alone = reconstruct(views["front"], height_mm=height_mm, draws=2)
    assert not [each for each in alone.warnings if "contradicts" in each]


def test_a_rig_in_another_unit_is_refused() -> None:
    rig = rig_of(("front", "side"))
    in_cm = [
        each.model_copy(update={"translation_mm": tuple((each.translation / 10.0).tolist())})
        for each in rig.cameras
    ]
    views = seen(("front", "side"), known_body(frames=20))
    with pytest.raises(ReconstructionError, match="a person who is 172 mm tall") as caught:
        reconstruct_cameras(views, rig.model_copy(update={"cameras": in_cm}), synchronous=True)
    assert "unit of the rig" in str(caught.value.hint)


def test_a_camera_that_was_turned_away_is_said_to_be_left_out() -> None:
    views = seen(("front", "oblique", "side"), known_body(frames=20))
    points_px = np.array(views["oblique"].poses2d) - np.array([0.0, 120.0])
    views["oblique"] = views["oblique"].model_copy(update={"poses2d": points_px})
    found = reconstruct_cameras(views, rig_of(), synchronous=True, draws=2)
    assert found.cameras == ("front", "side")
    assert any(each.startswith("oblique is not used") for each in found.warnings)
