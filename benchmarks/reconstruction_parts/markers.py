"""Angles of the marker fit against Plug-in Gait's, from the C3D files, and OpenSim's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import marker_trials
from benchmarks.reconstruction_parts.estimates import Array
from benchmarks.reconstruction_parts.opensim_reference import COORDINATES, inverse_kinematics
from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.data import MarkerRecording
from neuropose.errors import NeuroPoseError
from neuropose.io import read_c3d, read_trc

SIDES = ("left", "right")
PLUG_IN_GAIT = {
    "knee_flexion": ("KneeAngles", 0, 1.0),
    "hip_flexion": ("HipAngles", 0, 1.0),
    "hip_abduction": ("HipAngles", 1, -1.0),
    "ankle_dorsiflexion": ("AnkleAngles", 0, 1.0),
}
"""Plug-in Gait's name without its side, which of the three angles, and its sign."""
WANTED_DEG = {"knee_flexion": 2.0, "hip_flexion": 2.0, "ankle_dorsiflexion": 3.0}
"""What centred errors may be."""
_LEGS = tuple(f"{side}_{kind}" for kind in WANTED_DEG for side in SIDES)
BETWEEN = "Plug-in Gait itself"
"""What is compared where the references are compared with each other."""
COMPUTED = re.compile(r"(PEL|HED|TRX|[LR](CL|FE|FO|HN|HU|RA|TI|TO))[OALP]|[LR][HKA]JC")
"""Points that Plug-in Gait adds to a file: joint centres and the axes of segments."""
_MOST_S = 5.0
"""Of a longer trial only its beginning is taken."""


@dataclass(frozen=True)
class Trial:
    """A recording, what its markers are, and what else OpenSim follows."""

    path: Path
    markers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    solved: Path | None = None
    """Inverse kinematics that OpenSim's makers publish with the trial."""

    def recording(self) -> MarkerRecording:
        read = read_c3d if self.path.suffix.lower() == ".c3d" else read_trc
        recording = read(self.path)
        rows = np.flatnonzero(recording.time_s - recording.time_s[0] <= _MOST_S)
        arrays = {
            "time_s": recording.time_s[rows],
            "positions_mm": recording.positions_mm[rows],
            "angles_deg": {name: each[rows] for name, each in recording.angles_deg.items()},
        }
        return recording.model_copy(update=arrays)


@dataclass(frozen=True)
class Row:
    """One angle of one trial against one reference."""

    trial: str
    way: str
    reference: str
    angle: str
    frames: int
    centred_rmse_deg: float
    offset_deg: float
    range_error_deg: float


def show(cases: Path | None) -> list[dict[str, Any]]:
    """Print every trial, before and after the fit, against every reference it has."""
    rows: list[Row] = []
    for trial in trials(cases):
        try:
            rows += _trial(trial)
        except NeuroPoseError as error:
            print(f"{trial.path.name}: {error.message}")
    print("\nwanted")
    for way in dict.fromkeys(row.way for row in rows):
        for reference in dict.fromkeys(row.reference for row in rows):
            here = [row for row in rows if (row.way, row.reference) == (way, reference)]
            if here:
                print(f"  {way:28} {reference:14} {'; '.join(_verdicts(here))}")
    print("\nlegs whose references are too far apart for anything to be as near to both as wanted")
    print(f"  {'; '.join(irreconcilable(rows))}")
    return [asdict(row) for row in rows]


def trials(cases: Path | None) -> Iterator[Trial]:
    """The two trials of docs/evidence/accuracy.md, and those of the folder that are known here."""
    foot_model = _both({"fifth_metatarsal": "LD5M"}) | {"sacrum": "SACR"}
    skin = {
        "femur": ("THI",),
        "tibia": ("HFB", "TUB", "TIB", "SHN"),
        "calcn": ("LCA", "STL", "P1M"),
    }
    treadmill = {"femur": ("LTHI",), "tibia": ("LSHA",)}
    pelvis = {"sacrum": "SACR"}
    yield Trial(
        marker_trials.trial(marker_trials.TREADMILL),
        others=_both({"fifth_metatarsal": "LMT5"}),
        clusters=_segments(treadmill, "{}{}"),
    )
    yield Trial(
        marker_trials.trial(marker_trials.OVERGROUND[0]),
        others=_both({"fifth_metatarsal": "LD5M"}),
        clusters=_segments(skin, "{}{}"),
    )
    if cases is None:
        return
    for path in sorted(cases.glob("HC*.c3d")):
        yield Trial(path, others=foot_model | pelvis, clusters=_segments(skin, "{}{}"))
    dotted = {
        "knee_lateral": ("L.Knee",),
        "ankle_lateral": ("L.Ankle",),
        "asis": ("L.ASIS",),
        "psis": ("L.PSIS",),
        "knee": ("L.Knee",),
        "ankle": ("L.Ankle",),
        "heel": ("L.Heel",),
    }
    yield Trial(
        cases / "fukuchi_WBDS42walkT03.c3d",
        markers=_both(dotted | {"toe": ("L.MT1", "L.MT5")}),
        others=_both({"fifth_metatarsal": "L.MT5"}),
        clusters=_segments({"femur": ("GTR",), "tibia": ("HF", "TT"), "calcn": ("MT1",)}, "{}.{}"),
    )
    yield Trial(
        cases / "motion_capture_walk.trc",
        markers=_both(dotted | {"toe": ("L.Toe",)}),
        others=_both({"fifth_metatarsal": "L.MT5"}) | {"sacrum": "S2"},
        clusters=_segments(
            {"femur": ("TH1", "TH2", "TH3"), "tibia": ("SH1", "SH2", "SH3")}, "{}.{}"
        ),
    )
    yield Trial(cases / "subject01_walk1.trc", solved=cases / "subject01_walk1_ik.mot")


def _both(left: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the left side, of both."""
    right = {
        f"right_{name}": (
            tuple("R" + each[1:] for each in markers)
            if isinstance(markers, tuple)
            else "R" + markers[1:]
        )
        for name, markers in left.items()
    }
    return {f"left_{name}": markers for name, markers in left.items()} | right


def _segments(kinds: Mapping[str, Sequence[str]], spelling: str) -> dict[str, tuple[str, ...]]:
    return {
        f"{body}_{side.lower()}": tuple(spelling.format(side, name) for name in names)
        for body, names in kinds.items()
        for side in "LR"
    }


def _trial(trial: Trial) -> list[Row]:
    recording = trial.recording()
    whole = PoseSequence.from_recording(recording, markers=trial.markers)
    print(f"\n{trial.path.name}: {len(whole)} frames")
    ways = {"whole file": whole}
    alone = [index for index, name in enumerate(recording.names) if not COMPUTED.fullmatch(name)]
    if len(alone) < len(recording.names):
        kept = {
            "names": tuple(recording.names[index] for index in alone),
            "positions_mm": recording.positions_mm[:, alone],
        }
        ways["markers alone"] = PoseSequence.from_recording(
            recording.model_copy(update=kept), markers=trial.markers
        )
    references = {}
    if "LKneeAngles" in recording.angles_deg:
        references["Plug-in Gait"] = _plug_in_gait(recording)
    try:
        own_hips = [each for each in reversed(ways.values()) if each.has("left_hip")]
        references["OpenSim"], off_mm = _opensim(trial, (*own_hips, whole)[0])
        residuals = "" if np.isnan(off_mm) else f", its markers {off_mm:.1f} mm off"
        print(f"  OpenSim: inverse kinematics{residuals}")
    except (subprocess.CalledProcessError, NeuroPoseError) as error:
        print(f"  no inverse kinematics: {error}")
    rows = []
    if len(references) > 1:
        rows += _rows(trial, BETWEEN, "OpenSim", references["Plug-in Gait"], references["OpenSim"])
    for way, sequence in ways.items():
        for stage, measure in (("before", _measured), ("after", _fitted)):
            try:
                angles = measure(sequence)
            except NeuroPoseError as error:
                print(f"  {way}, {stage}: {error.message}")
                continue
            if not any(np.isfinite(angles.get(name, np.nan)).any() for name in _LEGS):
                print(f"  {way}, {stage}: no angle of the legs is given")
            for reference, true in references.items():
                rows += _rows(trial, f"{way}, {stage}", reference, angles, true)
    return rows


def _measured(sequence: PoseSequence) -> dict[str, Array]:
    angles = joint_angles(sequence)
    return {name: angles[name].values_deg for name in angles}


def _fitted(sequence: PoseSequence) -> dict[str, Array]:
    from neuropose.body import reconstruct_markers

    found = reconstruct_markers(sequence)
    off_mm = found.residuals_mm.values()
    print(f"  fit: markers {np.sqrt(np.mean(np.square(list(off_mm)))):.1f} mm off")
    return {name: found.coordinate(name) for name in found.coordinate_names}


def _plug_in_gait(recording: MarkerRecording) -> dict[str, Array]:
    return {
        f"{side}_{ours}": sign * recording.angles_deg[f"{side[0].upper()}{theirs}"][:, which]
        for ours, (theirs, which, sign) in PLUG_IN_GAIT.items()
        for side in SIDES
    }


def _opensim(trial: Trial, whole: PoseSequence) -> tuple[dict[str, Array], float]:
    """Angles, and the mean distance of the markers, mm; NaN: nobody says."""
    if trial.solved is None:
        there = {name: marker for name, marker in trial.others.items() if whole.has(marker)}
        clusters = {
            body: [name for name in names if whole.has(name)]
            for body, names in trial.clusters.items()
        }
        return inverse_kinematics(whole, there, clusters)
    lines = trial.solved.read_text(encoding="utf-8").splitlines()
    head = lines.index("endheader") + 1
    names, values = lines[head].split(), np.loadtxt(lines[head + 1 :])
    at_s = values[:, 0]
    found = {}
    for ours, (theirs, sign) in COORDINATES.items():
        sign = -sign if theirs == "knee_angle" else sign  # this older model extends
        for side in SIDES:
            column = sign * values[:, names.index(f"{theirs}_{side[0]}")]
            found[f"{side}_{ours}"] = np.interp(whole.time_s, at_s, column, np.nan, np.nan)
    return found, float("nan")


def _rows(
    trial: Trial, way: str, reference: str, angles: Mapping[str, Array], true: Mapping[str, Array]
) -> list[Row]:
    rows = []
    for kind in PLUG_IN_GAIT:
        line = []
        for name in (f"{side}_{kind}" for side in SIDES):
            if name not in angles:
                continue
            known = np.isfinite(angles[name]) & np.isfinite(true[name])
            if not known.any():
                continue
            off = angles[name][known] - true[name][known]
            extent = np.ptp(angles[name][known]) - np.ptp(true[name][known])
            figures = float(off.std()), float(off.mean()), float(extent)
            rows.append(Row(trial.path.name, way, reference, name, int(known.sum()), *figures))
            line.append("{:5.1f} {:+6.1f} {:+6.1f}".format(*figures))
        if line:
            print(f"  {way:24} {reference:13} {kind:20} {'   |   '.join(line)}")
    return rows


def _verdicts(rows: Sequence[Row]) -> Iterator[str]:
    for kind, most_deg in WANTED_DEG.items():
        centred = [row.centred_rmse_deg for row in rows if row.angle.endswith(kind)]
        if centred:
            within = sum(each <= most_deg for each in centred)
            yield (
                f"{kind.split('_')[0]} {np.median(centred):.1f}, worst {max(centred):.1f}, "
                f"{within} of {len(centred)} within {most_deg:g}°"
            )


def irreconcilable(rows: Sequence[Row]) -> Iterator[str]:
    """Count the legs on which the references differ by more than twice what is wanted."""
    for kind, most_deg in WANTED_DEG.items():
        between = [row for row in rows if row.way == BETWEEN and row.angle.endswith(kind)]
        apart = [row for row in between if row.centred_rmse_deg > 2.0 * most_deg]
        where = ", ".join(f"{row.trial} {row.angle.split('_')[0]}" for row in apart)
        name = kind.split("_")[0]
        yield f"{name} {len(apart)} of {len(between)}{f' ({where})' if where else ''}"
