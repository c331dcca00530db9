"""Inverse kinematics by OpenSim itself; run by the Python of an environment that has OpenSim.

``python opensim_ik.py MODEL PROBLEM.npz RESULT.npz``. PROBLEM is what `opensim_reference` writes:
markers over time, where each is on the model, and the pairs whose distances scale the segments.

The model is scaled; the markers of its pelvis are put where they are about the centres of the hips,
and the others where they are on average while its first solution follows those whose place is known
beforehand, as a static pose would; all of them are followed then.
"""

import json
import sys

import numpy as np
import opensim

PLACED_EVERY = 5
"""Of so many frames one is used to find where markers are on the model."""
PELVIS_WEIGHT = 10.0
"""Weight of markers on the pelvis, of which all else hangs; that of others is 1."""
ACCURACY = 1e-6
"""Of the solver. With its own default it stops on the way from the last frame, degrees behind."""
_HIPS = "left_hip", "right_hip"


def main(model_path, problem_path, result_path):
    opensim.Logger.setLevelString("Error")
    problem = np.load(problem_path)
    plan = json.loads(str(problem["plan"]))
    names, time_s, positions_m = plan["names"], problem["time_s"], problem["positions_m"]
    markers = {name: positions_m[:, column] for column, name in enumerate(names)}
    model = opensim.Model(model_path)
    for name, (body, place_m) in plan["places"].items():
        _add(model, name, body, place_m)
    _scale(model, markers, plan["measurements"])
    on_pelvis = [name for name, (body, _) in plan["places"].items() if body == "pelvis"]
    _put(model, _about_the_hips(model, {name: markers[name] for name in on_pelvis}), {})
    known = [name for name in plan["places"] if name not in plan["only_scaled"]]
    _start(model, np.nanmean(np.nanmean(positions_m[:20], axis=0), axis=0))
    followed = {name: plan["places"][name][0] for name in known} | plan["clusters"]
    few = slice(None, None, PLACED_EVERY)
    rough, _ = _solve(model, time_s[few], {name: markers[name][few] for name in known})
    _put(model, _mean_places(model, rough, markers, followed), followed)
    values, off_m = _solve(model, time_s, {name: markers[name] for name in followed})
    coordinates = [each.getName() for each in model.getCoordinateSet()]
    degrees = {
        name: np.degrees(values[:, column])
        for column, name in enumerate(coordinates)
        if not name.startswith("pelvis_t") or name == "pelvis_tilt"
    }
    np.savez(result_path, off_mm=1000.0 * off_m, **degrees)


def _about_the_hips(model, markers):
    """Where markers of the pelvis are on the model, m, if its hips are where the person's are.

    The spines of a generic pelvis are up to 40 mm elsewhere about its hips, and scaling does not
    mend that: the thighs would hang from the wrong place.
    """
    there = model.getMarkerSet()
    generic = {name: there.get(name).get_location().to_numpy()[None] for name in markers}
    middle, axes = _pelvis(generic)
    seen_middle, seen_axes = _pelvis(markers)
    places = {}
    for name, positions in markers.items():
        apart = np.einsum("tji,tj->ti", seen_axes, positions - seen_middle)
        places[name] = middle[0] + axes[0] @ np.nanmean(apart, axis=0)
    return places


def _pelvis(markers):
    """Middle of the hips, (T, 3), and axes by the spines: forward, up, to the right, (T, 3, 3)."""
    middle = np.mean([markers[name] for name in _HIPS], axis=0)
    front = 0.5 * (markers["left_asis"] + markers["right_asis"])
    spines = "left_psis", "right_psis"
    if not set(spines) <= set(markers):
        spines = ("sacrum",)
    back = np.mean([markers[name] for name in spines], axis=0)
    right = markers["right_asis"] - markers["left_asis"]
    up = np.cross(right, front - back)
    axes = [np.cross(up, right), up, right]
    return middle, np.stack([e / np.linalg.norm(e, axis=1, keepdims=True) for e in axes], axis=2)


def _put(model, places, bodies):
    there = model.updMarkerSet()
    for name, place_m in places.items():
        if there.contains(name):
            there.get(name).set_location(opensim.Vec3(*place_m))
        else:
            _add(model, name, bodies[name], place_m)


def _add(model, name, body, place_m):
    frame = model.getBodySet().get(body)
    model.addMarker(opensim.Marker(name, frame, opensim.Vec3(*place_m)))


def _scale(model, markers, measurements):
    state = model.initSystem()
    model.realizePosition(state)
    places = {
        name: model.getMarkerSet().get(name).getLocationInGround(state).to_numpy()
        for name in markers
        if model.getMarkerSet().contains(name)
    }
    factors = {}
    for bodies, axes, pairs in measurements:
        ratios = [
            np.nanmean(np.linalg.norm(markers[one] - markers[other], axis=1))
            / np.linalg.norm(places[one] - places[other])
            for one, other in pairs
        ]
        for body in bodies:
            factor = factors.setdefault(body, np.ones(3))
            factor[["XYZ".index(axis) for axis in axes]] = np.mean(ratios)
    scales = opensim.ScaleSet()
    for body, factor in factors.items():
        scale = opensim.Scale()
        scale.setSegmentName(body)
        scale.setScaleFactors(opensim.Vec3(*factor))
        scales.cloneAndAppend(scale)
    model.scale(model.initSystem(), scales, False)


def _start(model, middle_m):
    """Begin where the person is; toes do not bend, knees may be straighter than straight."""
    coordinates = model.updCoordinateSet()
    for axis, value_m in zip("xyz", middle_m, strict=True):
        coordinates.get(f"pelvis_t{axis}").setDefaultValue(float(value_m))
    for side in "lr":
        coordinates.get(f"mtp_angle_{side}").setDefaultLocked(True)
        coordinates.get(f"knee_angle_{side}").setRangeMin(-0.5)


def _solve(model, time_s, markers):
    """Coordinates, shape (T, D), and the root mean square distance of the markers, shape (T,)."""
    table = opensim.TimeSeriesTableVec3()
    table.setColumnLabels(list(markers))
    table.addTableMetaDataString("Units", "m")
    table.addTableMetaDataString("DataRate", str((len(time_s) - 1) / (time_s[-1] - time_s[0])))
    for row, at_s in enumerate(time_s):
        vectors = [opensim.Vec3(*positions_m[row]) for positions_m in markers.values()]
        table.appendRow(float(at_s), opensim.RowVectorVec3(vectors))
    state = model.initSystem()
    weights = opensim.SetMarkerWeights()
    for name in markers:
        on_pelvis = model.getMarkerSet().get(name).getParentFrameName().endswith("pelvis")
        weight = PELVIS_WEIGHT if on_pelvis else 1.0
        weights.cloneAndAppend(opensim.MarkerWeight(name, weight))
    reference = opensim.MarkersReference(table, weights)
    none = opensim.SimTKArrayCoordinateReference()
    solver = opensim.InverseKinematicsSolver(model, reference, none, np.inf)
    solver.setAccuracy(ACCURACY)
    state.setTime(float(time_s[0]))
    solver.assemble(state)
    coordinates = model.getCoordinateSet()
    values, off_m = [], []
    for at_s in time_s:
        state.setTime(float(at_s))
        solver.track(state)
        values.append([each.getValue(state) for each in coordinates])
        squares = [solver.computeCurrentSquaredMarkerError(name) for name in markers]
        off_m.append(np.sqrt(np.nanmean(squares)))
    return np.array(values), np.array(off_m)


def _mean_places(model, values, markers, bodies):
    """Where each marker is on its body, m, mean over time."""
    state, found = model.initSystem(), {name: [] for name in bodies}
    ground, coordinates = model.getGround(), model.getCoordinateSet()
    for row, coordinate_values in enumerate(values):
        for coordinate, value in zip(coordinates, coordinate_values, strict=True):
            coordinate.setValue(state, value, False)
        model.realizePosition(state)
        for name, body in bodies.items():
            at_m = markers[name][PLACED_EVERY * row]
            if np.isfinite(at_m).all():
                frame = model.getBodySet().get(body)
                place = ground.findStationLocationInAnotherFrame(state, opensim.Vec3(*at_m), frame)
                found[name].append(place.to_numpy())
    return {name: np.mean(places, axis=0) for name, places in found.items() if places}


if __name__ == "__main__":
    main(*sys.argv[1:])
