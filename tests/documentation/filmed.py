"""Videos of synthetic people, and a pose model that finds in their pictures who was filmed."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.multiview.known_room import camera_at, walk_at

from neuropose.data import Camera, Rig, RigCamera
from neuropose.estimator import Detections
from neuropose.estimator.model import Picture
from neuropose.testing import FakeModel, detect, read_number, stamp, write_video
from neuropose.testing.people.synthetic import synthetic_poses_mm

PLUG_IN = Path(__file__).parents[2] / "examples" / "plugin"
FPS = 30.0
FILMED = "FILMED"
"""Variable of the environment: the folder of what was filmed."""
_MOST_FRAMES = 1000
_SOURCE = """
from tests.documentation.filmed import model

def load(options):
    return model()
"""


@dataclass(frozen=True)
class Scene:
    """People before a camera.

    Parameters
    ----------
    camera : Camera
        Its intrinsics.
    size_px : tuple of int
        Width and height of the pictures.
    poses_mm : ndarray, shape (T, P, 33, 3)
        In the camera's frame.
    """

    camera: Camera
    size_px: tuple[int, int]
    poses_mm: np.ndarray


def treadmill(frames: int = 120, people: int = 1) -> Scene:
    """People who walk on treadmills to the left."""
    time_s = np.arange(frames) / FPS
    poses_mm = synthetic_poses_mm(time_s, people, heading_deg=180.0)
    return Scene(Camera.from_fov(640, 480, 55.0), (640, 480), poses_mm)


SIZE_PX = (640, 360)


def _smaller(camera: RigCamera) -> RigCamera:
    """The same camera with pictures of `SIZE_PX`: boards are rendered in seconds then."""
    matrix = np.diag([SIZE_PX[0] / camera.width, SIZE_PX[1] / camera.height, 1.0])
    lens = Camera(
        intrinsic_matrix=(matrix @ camera.camera.matrix).tolist(),
        distortion=camera.camera.distortion,
        source="given",
    )
    size = {"width": SIZE_PX[0], "height": SIZE_PX[1]}
    return camera.model_copy(update={"camera": lens, **size})


ROOM = Rig(
    cameras=tuple(
        _smaller(camera_at(name, place))
        for name, place in (("side", (0, 1300, 4500)), ("front", (3300, 1100, 3400)))
    ),
    up=(0.0, 1.0, 0.0),
    floor_mm=0.0,
    origin="known",
)
"""Two cameras that see one room."""


def room(name: str, frames: int = 110) -> Scene:
    """Somebody of 1750 mm who walks through the room, seen by one of its cameras."""
    poses_mm = ROOM[name].to_camera(walk_at(np.arange(frames) / FPS))
    return Scene(ROOM[name].camera, SIZE_PX, poses_mm[:, None])


def film(path: Path, scene: Scene) -> Path:
    """Write a video, and beside the others what the model is to find in it."""
    folder = Path(os.environ[FILMED])
    number = len(list(folder.glob("*.npy")))
    (folder / f"{number}.json").write_text(scene.camera.model_dump_json())
    np.save(folder / f"{number}.npy", scene.poses_mm)
    width, height = scene.size_px
    frames = len(scene.poses_mm)
    grey = np.full((height, width, 3), 110, np.uint8)
    first = number * _MOST_FRAMES
    pictures = (stamp(grey.copy(), first + frame) for frame in range(frames))
    path.parent.mkdir(parents=True, exist_ok=True)
    fast = {"preset": "ultrafast", "bf": "0", "threads": "1"}
    return write_video(path, pictures, np.arange(frames) / FPS, options=fast)


def model() -> FakeModel:
    """The model: its pictures say which scene, and which frame of it, they are of."""
    scenes: dict[int, tuple[Camera, np.ndarray]] = {}
    nobody = Detections.none(33)

    def found(picture: Picture, camera: Camera) -> Detections:
        mark = read_number(picture)
        if mark is None:
            return nobody
        number, frame = divmod(mark, _MOST_FRAMES)
        if number not in scenes:
            stored = Path(os.environ[FILMED], str(number))
            lens = Camera.model_validate_json(stored.with_suffix(".json").read_bytes())
            scenes[number] = lens, np.load(stored.with_suffix(".npy"))
        lens, poses_mm = scenes[number]
        return detect(poses_mm[frame], lens)

    return FakeModel(found)


def install(site: Path) -> None:
    """Install the model, called ``filmed``, and the example of a plug-in."""
    (site / "filmed_people.py").write_text(_SOURCE)
    _register(site, "filmed_people", {"filmed": "filmed_people:load"})
    shutil.copy(PLUG_IN / "src" / "standing.py", site)
    project = tomllib.loads((PLUG_IN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    _register(site, "neuropose_standing", project["entry-points"]["neuropose.models"])


def _register(site: Path, package: str, models: Mapping[str, str]) -> None:
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    points = [f"{name} = {loader}" for name, loader in models.items()]
    (info / "entry_points.txt").write_text("\n".join(["[neuropose.models]", *points, ""]))
