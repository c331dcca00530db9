"""Walks with force plates, laboratory by laboratory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import marker_trials
from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks.gait.feet import foot_joints
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import PlateContact, plate_contacts
from neuropose.data import ForcePlates
from neuropose.errors import NeuroPoseError
from neuropose.io import read_c3d, read_trc
from neuropose.io.force_plates import read_force_plates
from neuropose.skeletons.sides import SIDES


def _both(**markers: str) -> dict[str, list[str]]:
    """Return markers of both sides; @ stands for L and R."""
    return {
        f"{side}_{joint}": [name.replace("@", side[0].upper()) for name in names.split()]
        for joint, names in markers.items()
        for side in SIDES
    }


@dataclass(frozen=True)
class Laboratory:
    """Files of one laboratory, and the markers that its names do not tell.

    Those that are set aside are compared, but nothing is learned from them.
    """

    name: str
    files: tuple[str, ...]
    markers: dict[str, list[str]] | None = None
    up: tuple[float, float, float] | None = None
    aside: bool = False


LABORATORIES = (
    Laboratory("children (HC)", ("HC*.c3d",)),
    Laboratory(
        "Fukuchi",
        ("fukuchi_*.c3d",),
        _both(
            heel="@.Heel",
            toe="@.MT1 @.MT5",
            ankle="@.Ankle",
            knee="@.Knee",
            asis="@.ASIS",
            psis="@.PSIS",
        ),
    ),
    Laboratory(
        "Qualisys",
        ("Qualisys.c3d",),
        _both(
            heel="@_FCC",
            toe="@_FM1 @_FM5",
            ankle="@_FAL @_TAM",
            knee="@_FLE @_FME",
            asis="@_IAS",
            psis="@_IPS",
        ),
        (0.0, 0.0, 1.0),
    ),
    Laboratory("Cortex", ("evart_gait.c3d",), _both(asis="@ASI", psis="VSAC")),
    Laboratory("Plug-in Gait", ("PiG_Motion3_FF.c3d",)),
    Laboratory("flat foot", ("PiG_Motion-FlatFoot-One.c3d",)),
    Laboratory(
        "Rajagopal",
        ("motion_capture_walk.trc",),
        _both(
            heel="@.Heel",
            toe="@.Toe",
            ankle="@.Ankle",
            knee="@.Knee",
            asis="@.ASIS",
            psis="@.PSIS",
        ),
    ),
    Laboratory(
        "Gait2392",
        ("subject01_walk1.trc",),
        _both(
            heel="@.Heel",
            toe="@.Toe.Tip",
            ankle="@.Heel @.Midfoot.Lat",
            knee="@.Thigh.Rear @.Shank.Upper",
            hip="@.ASIS V.Sacral",
        ),
    ),
    Laboratory(
        "drags a foot",
        ("sub_labels.c3d",),
        _both(toe="@TOE", ankle="@ANK", knee="@KNE", asis="@ASI", psis="SACR"),
        aside=True,
    ),
)


@dataclass(frozen=True)
class Trial:
    """A walk, its force plates, and when each foot stood on one alone."""

    laboratory: str
    name: str
    walk: PoseSequence
    contacts: tuple[PlateContact, ...]
    plates: ForcePlates
    aside: bool = False


def load(folder: Path) -> list[Trial]:
    """Read every walk that can be read; say what cannot."""
    treadmill = Laboratory("gaitalytics", (marker_trials.trial(marker_trials.TREADMILL).name,))
    trials = [_read(treadmill, marker_trials.trial(marker_trials.TREADMILL))]
    for laboratory in LABORATORIES:
        for path in sorted(each for glob in laboratory.files for each in folder.glob(glob)):
            try:
                trials.append(_read(laboratory, path))
            except NeuroPoseError as error:
                print(f"{path.name} is left out: {error}")
    return trials


def _read(laboratory: Laboratory, path: Path) -> Trial:
    recording = (read_c3d if path.suffix.lower() == ".c3d" else read_trc)(path)
    if laboratory.up is not None:
        recording = recording.model_copy(update={"up": laboratory.up})
    walk = PoseSequence.from_recording(recording, markers=laboratory.markers)
    beside = path.with_name(f"{path.stem}_grf.mot")
    plates = read_force_plates(beside if beside.exists() else path)
    joints = foot_joints(walk)
    heels, toes = (
        {side: walk.joint(f"{side}_{joints[point]}") for side in SIDES} for point in ("heel", "toe")
    )
    contacts, _ = plate_contacts(plates, walk.time_s, heels, toes, np.array(walk.up))
    return Trial(laboratory.name, path.name, walk, contacts, plates, laboratory.aside)
