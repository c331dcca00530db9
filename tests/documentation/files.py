"""Small files under the names that the pages use, made when a command first names them."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from scipy.spatial.transform import Rotation
from tests.classify.synthetic import make_curves, make_trials
from tests.documentation.filmed import FPS, ROOM, Scene, film, room, treadmill
from tests.io import original_files
from tests.io.c3d_files import c3d_bytes
from tests.multiview.boards.rendering import Renderer, carried, poses, seen_from
from tests.multiview.boards.rendering import film as film_grey
from tests.multiview.known_room import walk_at
from tests.study.rooms import EXAMPLES, example, write_walk
from tests.trc_files import write_trc

from neuropose.analyzer import PoseSequence
from neuropose.assets import ARTEFACTS
from neuropose.checksums import sha256_of
from neuropose.classify import Trials
from neuropose.cli import main
from neuropose.data import JobResults, RigCamera
from neuropose.io import load_video_predictions, save_job_results, save_reconstruction, save_rig
from neuropose.multiview.boards import Board
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import (
    WalkerParameters,
    reconstructed,
    simulate_sit_to_stand,
    simulate_walk,
    walker_sequence,
)

OUTPUTS = frozenset({"-o", "--output", "--table", "--save-body"})
"""Options that name what a command writes."""
SCENES: Mapping[str, Callable[[], Scene]] = {
    "walk_side": partial(room, "side"),
    "walk_front": partial(room, "front"),
    **dict.fromkeys(("a", "side"), partial(room, "side")),
    **dict.fromkeys(("b", "front"), partial(room, "front")),
    "sit": partial(treadmill, 45),
}


def lay_out(words: Sequence[str], folder: Path) -> None:
    """Make the files that a command reads and that are not there yet.

    Parameters
    ----------
    words : sequence of str
        Of the command; one that is no name of a known file makes nothing.
    folder : Path
        Where it is run.
    """
    for before, word in zip(["", *words], words, strict=False):
        name = word.rpartition("=")[2]
        if before not in OUTPUTS and not (folder / name).exists():
            make(name, folder)


def make(name: str, folder: Path) -> None:
    """Make one file, or a folder, whose name ends in a slash; nothing if the name is not known."""
    path = folder / name
    slash = "/" if name.endswith("/") else ""
    places = ("/".join(path.parts[-2:]), path.name)
    own = next((_OF_NAME[each + slash] for each in places if each + slash in _OF_NAME), None)
    if own is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        own(path)
    elif (artefact := path.name.removesuffix(".tar.gz")) in ARTEFACTS:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fetched(artefact))
    elif path.suffix in (".mp4", ".mov"):
        film(path, SCENES.get(path.stem, treadmill)())
    elif path.name.endswith(".poses.json"):
        _process(SCENES.get(path.name.partition(".")[0], treadmill)(), path)


def fetched(artefact: str) -> bytes:
    """Return what stands for a file that NeuroPose fetches and that nothing here reads."""
    return artefact.encode()


def _process(scene: Scene, path: Path) -> None:
    video = film(path.with_name("just filmed.mp4"), scene)
    lens = path.with_name("lens.json")
    lens.write_text(scene.camera.model_dump_json(include={"intrinsic_matrix", "distortion"}))
    assert main(["process", str(video), "--camera", str(lens), "-o", str(path)]) == 0
    video.unlink()
    lens.unlink()


def _job(path: Path, *scenes: Scene) -> None:
    """The folder of a finished job."""
    path.mkdir(parents=True, exist_ok=True)
    videos = {}
    for number, scene in enumerate(scenes, 1):
        out = path / "made.json"
        video = film(path / f"walk {number}.mp4", scene)
        assert main(["process", str(video), "-o", str(out)]) == 0
        videos[f"video_{number:02d}"] = load_video_predictions(out)
        out.unlink()
    save_job_results(path / "results.json", JobResults(videos=videos))


def _results(path: Path) -> None:
    _job(path.parent / "made", treadmill(40), treadmill(people=2))
    (path.parent / "made" / "results.json").rename(path)
    shutil.rmtree(path.parent / "made")


def _session(path: Path, *videos: str) -> None:
    """A folder of videos."""
    for video in videos:
        film(path / video, treadmill(30))


def _archive(path: Path, *videos: str) -> None:
    folder = path.with_suffix(".d")
    _session(folder, *videos)
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.mp4")):
            archive.write(file, file.relative_to(folder))
    shutil.rmtree(folder)


def _walk(duration_s: float = 4.0) -> PoseSequence:
    return walker_sequence(simulate_walk(WalkerParameters(duration_s=duration_s, fps=FPS)))


def _reconstruction(path: Path) -> None:
    save_reconstruction(path, reconstructed(_walk(4.0), 5.0, draws=4))


def _body(path: Path) -> None:
    """Lengths that somebody's reconstruction found."""
    out = path.with_name("just reconstructed.npz")
    _reconstruction(out)
    out.replace(path)


def _report(path: Path) -> None:
    recording = path.with_name("just recorded.trc")
    write_walk(recording)
    assert main(["analyze", str(recording), "--task", "gait", "-o", str(path)]) == 0
    recording.unlink()


def _c3d(path: Path) -> None:
    walk = _walk()
    rate_hz = walk.sampling_rate_hz
    path.write_bytes(c3d_bytes(walk.positions_mm, walk.joints, rate_hz=rate_hz, up="+Y"))


def _chair(path: Path) -> None:
    rises = simulate_sit_to_stand(2).sequence
    points = np.concatenate([rises.positions_mm, rises.joint("pelvis")[:, None]], axis=1)
    names = [*rises.joints, "T12"]
    path.write_bytes(c3d_bytes(points, names, rate_hz=rises.sampling_rate_hz, up="+Y"))


def _players(path: Path) -> None:
    walk = _walk()
    names = [f"{person}:{joint}" for person in ("Ann", "Bob") for joint in walk.joints]
    beside = walk.positions_mm + np.array([0.0, 0.0, 1500.0])
    points = np.concatenate([walk.positions_mm, beside], axis=1)
    path.write_bytes(c3d_bytes(points, names, rate_hz=walk.sampling_rate_hz, up="+Y"))


def _trc(path: Path) -> None:
    """A walk with z up."""
    walk = _walk()
    write_trc(path, walk.time_s, walk.positions_mm[..., [2, 0, 1]], list(walk.joints))


@cache
def _board_film(name: str, near: bool) -> bytes:
    """A board held before one camera, or carried about where two see it."""
    camera, fps = ROOM[name], 8.0
    size = (camera.width, camera.height)
    if near:
        board = Board.parse("charuco:8x5:34")
        places = poses(board, camera.camera, size, 27, fill=0.5)
    else:
        board, camera = Board.parse("charuco:8x5:50"), _beside_the_board(camera)
        moved = [*_turned(6.0, fps), *carried(18.0, fps)]
        places = [seen_from(camera, turn, 0.5 * place) for turn, place in moved]
    renderer = Renderer(board, camera.camera, *size)
    with TemporaryDirectory() as folder:
        film = film_grey(Path(folder, "board.mp4"), [renderer.picture(*at) for at in places], fps)
        return film.read_bytes()


def _turned(seconds: float, fps: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Board to world of a board that is turned back and forth, for the clocks of the videos."""
    time_s = np.arange(0.0, seconds, 1.0 / fps)
    angles = np.radians(35.0 * np.sin(2.8 * time_s) + 10.0 * np.sin(1.1 * time_s))
    upright = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    place = np.array([-200.0, -300.0, 1100.0])
    return [(Rotation.from_rotvec([0.0, 0.0, a]).as_matrix() @ upright, place) for a in angles]


def _beside_the_board(camera: RigCamera) -> RigCamera:
    """A camera with this one's lens that sees where the board is carried."""
    heading = np.radians({"side": 65.0, "front": 115.0}[camera.name])
    ahead = np.array([0.97 * np.cos(heading), 0.97 * np.sin(heading), -0.24])
    right = np.array([np.sin(heading), -np.cos(heading), 0.0])
    ahead /= np.linalg.norm(ahead)
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    centre_mm = np.array([0.0, 0.0, 450.0]) - 1350.0 * ahead
    return camera.model_copy(
        update={
            "rotation": tuple(map(tuple, rotation.tolist())),
            "translation_mm": tuple((-rotation @ centre_mm).tolist()),
        }
    )


def _table(trials: Trials) -> pd.DataFrame:
    table = pd.DataFrame({"subject": trials.subjects})
    if trials.labels is not None:
        table["group"] = trials.labels
    return table.join(pd.DataFrame(trials.values, columns=trials.features))


def _features(path: Path) -> None:
    _table(make_trials(subjects=12, repeats=3, effect=4.0)).to_csv(path, index=False)


def _new_features(path: Path) -> None:
    table = _table(make_trials(subjects=4, repeats=1, effect=4.0, seed=5))
    table.drop(columns="group").to_csv(path, index=False)


def _curves(path: Path) -> None:
    curves = make_curves(subjects=12, repeats=2, samples=20)
    rows = [
        pd.DataFrame(np.transpose(each), columns=curves.features).assign(
            trial=name, subject=subject, group=group
        )
        for each, name, subject, group in zip(
            curves.values, curves.names, curves.subjects, curves.labels or (), strict=True
        )
    ]
    pd.concat(rows).to_csv(path, index=False)


def _classifier(path: Path) -> None:
    table = path.with_name("just measured.csv")
    _features(table)
    words = ["--label", "group", "--subject", "subject", "--model", "logistic"]
    assert main(["classify", "train", str(table), *words, "--output", str(path)]) == 0
    table.unlink()


def _laboratory(path: Path) -> None:
    """Walks of two people, as OpenCap keeps them."""
    for number in (2, 3):
        data = path / f"subject{number}" / "MarkerData"
        for way in ("Mocap", "Video/HRNet/2-cameras", "Video/HRNet/3-cameras"):
            trial = data / way / "walking1.trc"
            trial.parent.mkdir(parents=True)
            write_walk(trial, cadence_steps_min=90.0 + number)


def _movements(path: Path) -> None:
    path.mkdir()
    for number in (1, 2):
        time_s = np.arange(110) / FPS
        walk_mm = walk_at(time_s, middle_s=1.7 + 0.1 * number)
        write_trc(path / f"s{number:02d}_walk.trc", time_s, walk_mm, list(BLAZEPOSE_33.joints))


def _original(path: Path) -> None:
    path.mkdir()
    original_files.write(path / "walk.json", original_files.predictions())


def _example(path: Path) -> None:
    example(path.name, path.parent)


def _cohort(path: Path) -> None:
    example("cohort.yaml", path.parent)


def _study(path: Path) -> None:
    example("classification.yaml", path.parent).rename(path)


def _new_trials(path: Path) -> None:
    """Trials of other people, measured as those of the example."""
    shutil.copy(path.parent / "examples" / "classification-trials.csv", path)


def _corrections(path: Path) -> None:
    """That a stretch of what lies beside it, or of the job, is to be left out."""
    job = path.parent / "out" / "anna" / "results.json"
    of_job = path.name == "anna.corrections.json"
    leave_out = {
        "kind": "leave_out",
        "start_s": 1.0,
        "end_s": 1.2,
        "by": "reader 2",
        "when": "2026-03-01T08:12:00Z",
        "input_sha256": sha256_of(job if of_job else path.with_name("walk.poses.json")),
        "video": "video_01" if of_job else None,
    }
    path.write_text(json.dumps({"schema_version": 1, "corrections": [leave_out]}))


def _access(path: Path) -> None:
    assert main(["dashboard", "allow", "carla", "--access", str(path)]) == 0


def _certificate(path: Path) -> None:
    """A certificate and its key."""
    subject = ["-subj", "/CN=gait.lab.example", "-days", "2"]
    out = ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *out]
    subprocess.run(command, check=True, capture_output=True)


def _settings(path: Path) -> None:
    path.write_text('data_dir = "~/patients/jobs"\ndefault_fov_degrees = 60\n')


_OF_NAME: Mapping[str, Callable[[Path], object]] = {
    "out/anna/": lambda path: _job(path, treadmill()),
    "neuropose-demo/results.json": lambda path: _job(path.parent, treadmill(people=2)),
    "anna/results.json": lambda path: _job(path.parent, treadmill()),
    "results.json": _results,
    "session/": lambda path: _session(path, "anna/walk.mp4", "carla/walk.mp4"),
    "trial/": lambda path: _session(path, "jump.mp4"),
    "session.zip": lambda path: _archive(path, "anna/walk.mp4", "carla/walk.mp4"),
    "study.zip": lambda path: _archive(path, "s01/walk.mp4", "s02/walk.mp4"),
    "evening.zip": lambda path: _archive(path, "one.mp4", "two.mp4"),
    "walk.reconstruction.npz": _reconstruction,
    **dict.fromkeys(
        (f"{name}.gait.json" for name in ("walk", "anna", "ben", "may", "june", "july")), _report
    ),
    "out/may": lambda path: _job(path, treadmill()),
    "out/june": lambda path: _job(path, treadmill()),
    "ours.csv": lambda path: path.write_text(
        "measure,unit,mdc95,source\nwalking_speed,m/s,0.1,our laboratory\n"
    ),
    "access.json": _access,
    "gait.pem": _certificate,
    **dict.fromkeys(("walk.c3d", "trial.c3d"), _c3d),
    "chair.c3d": _chair,
    "two-players.c3d": _players,
    "anna.json": _body,
    "walk.trc": _trc,
    "rig.toml": lambda path: save_rig(path, ROOM),
    "near.toml": lambda path: save_rig(path, ROOM),
    "near/side.mp4": lambda path: path.write_bytes(_board_film("side", near=True)),
    "near/front.mp4": lambda path: path.write_bytes(_board_film("front", near=True)),
    **dict.fromkeys(
        ("side.mp4", "0001.mp4"),
        lambda path: path.write_bytes(_board_film("side", near=False)),
    ),
    **dict.fromkeys(
        ("front.mp4", "0002.mp4"),
        lambda path: path.write_bytes(_board_film("front", near=False)),
    ),
    "features.csv": _features,
    "new.csv": _new_features,
    "curves.csv": _curves,
    "new-trials.csv": _new_trials,
    **dict.fromkeys(("classifier/", "model/"), _classifier),
    "LabValidation/": _laboratory,
    "video/": _movements,
    "markers/": _movements,
    "results/": _original,
    **{f"examples/{each.name}": _example for each in EXAMPLES.glob("*.yaml")},
    "cohort.yaml": _cohort,
    "study.yaml": _study,
    "S01.corrections.json": _corrections,
    "anna.corrections.json": _corrections,
    "neuropose.toml": _settings,
}
