"""Make clips of rendered people whose joints are known: other people than those that were fitted.

Run: ``python -m benchmarks.rendered_people FOLDER MARKERS …``, then
``python -m benchmarks.reconstruction --rendered FOLDER --only rendered,cameras``. Each of the
people walks as the person of one of the marker recordings (C3D or TRC, the whole body; in turn),
the last one squats. Four cameras see them at once: from the side, obliquely, from the front and
from behind.

The people are MakeHuman's. Their joints are those of its rig, not anatomical ones (a leg that looks
straight is bent by 7° in it), toes are stiff, and clothes and faces are simple.
"""

from __future__ import annotations

import argparse
import json
from itertools import cycle
from pathlib import Path

import av
import numpy as np

from benchmarks.rendered_people_parts.makehuman import Figure, Look, figure
from benchmarks.rendered_people_parts.movement import (
    FPS,
    Movement,
    hips_mm,
    recorded,
    segments,
    squats,
)
from benchmarks.rendered_people_parts.pictures import HEIGHT, WIDTH, PlacedCamera, take

PEOPLE = {
    "woman": Look(
        "female", "young", 1640.0, shirt=(190.0, 60.0, 70.0), trousers=(40.0, 50.0, 90.0)
    ),
    "child": Look("female", "child", 1200.0, race="asian", shirt=(240.0, 200.0, 60.0)),
    "tall_man": Look(
        "male", "young", 1850.0, "max", race="african", skin=(110.0, 75.0, 55.0), shoes=(30.0,) * 3
    ),
    "stiff_man": Look("male", "old", 1750.0, weight="max", hair=(200.0,) * 3, shirt=(225.0,) * 3),
    "squatting_man": Look("male", "young", 1780.0, shirt=(80.0,) * 3, trousers=(30.0, 60.0, 110.0)),
}
_NOISE = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("markers", type=Path, nargs="+")
    parser.add_argument("--only", help="names of people, comma separated")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    only = arguments.only.split(",") if arguments.only else list(PEOPLE)
    for (name, look), path in zip(PEOPLE.items(), cycle(arguments.markers), strict=False):
        if name in only:
            print(f"{name} ...", flush=True)
            write(arguments.folder / name, figure(look), movement_of(name, path))


def movement_of(name: str, path: Path) -> Movement:
    """How one of the people moves."""
    if name == "squatting_man":
        return squats(2, 2.5, 95.0, 80.0)
    movement = recorded(path)
    if name == "stiff_man":
        bent = np.full(len(movement), 80.0)
        movement = movement.stiff("right_knee_flexion", 0.6).stiff("right_shoulder_flexion", 0.2)
        return movement.changed(right_elbow_flexion=bent)
    return movement


def cameras(height_mm: float) -> list[PlacedCamera]:
    """Four cameras, as high as the person's shoulders."""
    high = 0.7 * height_mm
    return [
        PlacedCamera("side", (0.0, high, 4300.0)),
        PlacedCamera("oblique", (3100.0, high, 3100.0)),
        PlacedCamera("front", (4700.0, high, 0.0)),
        PlacedCamera("back", (-4700.0, high, 0.0)),
    ]


def write(stem: Path, person: Figure, movement: Movement) -> None:
    """Write the clips, the cameras and the joints; see `benchmarks.one_camera`."""
    views = cameras(float(np.ptp(person.points_mm[person.shown, 1])))
    turned = segments(movement)
    random = np.random.default_rng(0)
    files = [av.open(stem.with_name(f"{stem.name}_{view.name}.mp4"), "w") for view in views]
    streams = [file.add_stream("libx264", rate=round(FPS)) for file in files]
    for stream in streams:
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "18"}
    joints = []
    for rotations, middle_mm in zip(turned, hips_mm(person, turned), strict=True):
        posed_mm, heads_mm = person.pose(rotations)
        posed_mm, heads_mm = posed_mm + middle_mm, heads_mm + middle_mm
        joints.append(person.joints_mm(posed_mm, heads_mm))
        for view, file, stream in zip(views, files, streams, strict=True):
            noise = random.normal(0.0, _NOISE, (HEIGHT, WIDTH, 1))
            picture = take(view, posed_mm, person.faces, person.colours)
            noisy = np.clip(picture + noise, 0.0, 255.0).astype(np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
    for file, stream in zip(files, streams, strict=True):
        file.mux(stream.encode())
        file.close()
    described = [
        {
            "name": view.name,
            "K": view.intrinsic_matrix.tolist(),
            "R": view.rotation.tolist(),
            "t": view.translation_mm.tolist(),
        }
        for view in views
    ]
    stem.with_suffix(".json").write_text(json.dumps({"cameras": described}))
    columns = {name: np.array([frame[name] for frame in joints]) for name in joints[0]}
    np.savez(stem.with_suffix(".npz"), fps=FPS, **columns)


if __name__ == "__main__":
    main()
