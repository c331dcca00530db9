"""Every command of README and docs is run, page by page, as somebody who follows them would."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.documentation.desk import BAD_VIDEO, Desk
from tests.documentation.files import fetched, lay_out, make
from tests.documentation.filmed import FILMED, film, install, treadmill
from tests.documentation.shell import PAGES, ROOT, Command, arguments, commands
from tests.loopback import Server, closed_url, running_server, sha256
from tests.study.rooms import example, write_walk

from neuropose.assets import ARTEFACTS, SAMPLE_CLIP, SAMPLE_TRIALS, Artefact, UrlSource

OTHER_PROGRAMS: Mapping[str, str] = {
    "make ": "makes an environment from a package index",
    "pip install ": "installs from a package index",
    "systemctl ": "starts services of this machine",
    "loginctl ": "changes the account on this machine",
    "journalctl ": "reads the log of this machine",
    "docker ": "needs Docker and its images",
}
"""What is not run as it is not of NeuroPose: how the commands begin, and why."""
NOT_HERE: Mapping[str, tuple[int, str]] = {
    "neuropose process walk.mp4 --model metrabs-eff2l": (13, "TensorFlow, and 2 GB of weights"),
    "neuropose benchmark walk.mp4 --compare blazepose-lite": (7, "weights of a model"),
    "neuropose validate walk.poses.json walk.c3d": (11, "a walk over force plates, filmed"),
    "neuropose benchmark walk.mp4 --device cpu --compare gpu": (9, "a GPU"),
    "neuropose process 's3://lab/in/*.mp4'": (13, "a storage, and its library"),
    "neuropose --config neuropose.toml study submit": (10, "a cluster with SLURM"),
    "neuropose study submit": (10, "a cluster with SLURM"),
}
"""What a test cannot have, and so ends with an error: the exit code, and what is lacking."""
EXTRAS: Mapping[str, str] = {"--to netcdf": "h5netcdf"}
"""Libraries of extras, without which the command ends with `MISSING_LIBRARY`."""
MISSING_LIBRARY = 13

SLOW = ("calibrate side", "classify train", "run examples/classification", "reconstruct on")
"""What takes minutes on a machine that does other things as well."""
AGAIN: Mapping[str, tuple[str, ...]] = {
    "neuropose process walk_side.mp4 walk_front.mp4": (
        "walk_side.poses.json",
        "walk_front.poses.json",
    ),
    "neuropose calibrate people": ("rig.toml",),
    "neuropose --config neuropose.toml study submit": ("cohort.json", "trials.csv"),
    "neuropose study submit": ("cohort.json", "trials.csv"),
    "neuropose study run study.yaml --set inputs.cohort.table=new.csv": (
        "new.json",
        "new-trials.csv",
    ),
    "neuropose calibrate side": ("rig.toml",),
    "neuropose analyze arm.poses.json --task repetitions --set signal.kind": (
        "arm.repetitions.json",
    ),
    "neuropose reconstruct walk.c3d": ("walk.reconstruction.npz",),
    "neuropose report walk.gait.json": ("walk.gait.html",),
    "neuropose segment walk.poses.json --angle": ("walk.poses.segmented.json",),
    "neuropose validate walk.poses.json": ("validation.json",),
    "neuropose process walk.mp4 --model": ("walk.poses.json",),
    "neuropose analyze walk.trc --task gait": ("walk.gait.json",),
    "neuropose analyze walk.c3d --task gait --": ("walk.gait.json",),
    "neuropose analyze walk.poses.json --task gait --reconstruct off": ("walk.gait.json",),
}
"""Other ways to do what a command before them on the page did, and the files that this wrote."""


def ben_is_cut_short(desk: Desk) -> None:
    desk.put("ben", BAD_VIDEO, data_dir=desk.home / "patients" / "jobs")


def anna_failed(desk: Desk) -> None:
    desk.night("walk.mp4", BAD_VIDEO)


def anna_completed(desk: Desk) -> None:
    desk.night("walk.mp4")
    session = desk.data_dir() / "out" / "anna" / "session.yaml"
    session.write_text("tasks: [rom]\n")


def anna_waits(desk: Desk) -> None:
    shutil.rmtree(desk.data_dir())
    desk.put("anna", "walk.mp4")


def a_cluster_on_this_machine(desk: Desk) -> None:
    settings = f'data_dir = "{desk.folder / "jobs"}"\nengine = "dask"\ncluster = {{workers = 1}}\n'
    (desk.folder / "neuropose.toml").write_text(settings)
    desk.put("anna", "walk.mp4", data_dir=desk.folder / "jobs")


def videos_on_a_shared_disk(desk: Desk) -> None:
    folder = desk.other_disks / "shared" / "videos"
    folder.mkdir(parents=True)
    film(folder / "walk.mp4", treadmill(20))


def a_new_cohort(desk: Desk) -> None:
    example("cohort.yaml", desk.folder)
    (desk.folder / "cohort.csv").rename(desk.folder / "new.csv")


BEFORE: Mapping[str, Callable[[Desk], None]] = {
    "neuropose --config ~/neuropose.toml watch": ben_is_cut_short,
    "neuropose --config neuropose.toml watch": a_cluster_on_this_machine,
    "neuropose --config neuropose.toml process /shared": videos_on_a_shared_disk,
    "neuropose study run study.yaml --set inputs.cohort.table=new.csv": a_new_cohort,
    "neuropose jobs list --state failed": anna_failed,
    "neuropose jobs retry anna": anna_failed,
    "neuropose jobs rerun anna": anna_completed,
    "neuropose jobs accept anna": anna_failed,
    "neuropose jobs cancel anna": anna_waits,
}
"""What happens on the page's way to a command: how that begins."""


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Desk:
    for name in os.environ:
        if name.upper().startswith(("NEUROPOSE_", "XDG_")):
            monkeypatch.delenv(name)
    places = [tmp_path / each for each in ("desk", "home", "disks", "filmed", "site")]
    for place in places:
        place.mkdir()
    folder, home, other_disks, filmed, site = places
    install(site)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(ROOT)]), prepend=os.pathsep)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv(FILMED, str(filmed))
    monkeypatch.setenv("HTTPS_PROXY", closed_url())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("NEUROPOSE_MODEL", "filmed")
    monkeypatch.setenv("NEUROPOSE_RECONSTRUCT", "off")  # `reconstruct` does: it takes seconds
    monkeypatch.setenv("NEUROPOSE_SETTLE_SECONDS", "0")
    monkeypatch.setenv("NEUROPOSE_POLL_INTERVAL_SECONDS", "0.05")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)  # see tests/cli
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "correct horse battery")
    monkeypatch.chdir(folder)
    return Desk(folder, home, other_disks, served(server, tmp_path))


def served(server: Server, folder: Path) -> dict[str, Artefact]:
    """Small files in place of those that NeuroPose fetches, on a server of this machine."""
    made = {SAMPLE_CLIP: film(folder / "clip.mp4", treadmill(people=2)).read_bytes()}
    write_walk(folder / "trial.trc")
    make("trial.c3d", folder)
    for name in SAMPLE_TRIALS:
        made[name] = (folder / "trial").with_suffix(Path(name).suffix).read_bytes()
    found = {}
    for name in ARTEFACTS:
        content = made.get(name, fetched(name))
        source = UrlSource(server.serve(f"/{name}", content))
        found[name] = Artefact(name, sha256(content), len(content), "MIT", (source,))
    return found


def expected_code(command: Command) -> int:
    for beginning, (code, _) in NOT_HERE.items():
        if command.text.startswith(beginning):
            return code
    for option, module in EXTRAS.items():
        if option in command.text and importlib.util.find_spec(module) is None:
            return MISSING_LIBRARY
    return 0


def pages() -> Iterator[object]:
    """The pages with commands of ours; those that calibrate, train or have many are slow."""
    for page in PAGES:
        found = [each for each in commands(page) if each.is_ours]
        takes_minutes = any(word in each.text for each in found for word in SLOW)
        if found:
            marks = [pytest.mark.slow, pytest.mark.timeout(3600)] if takes_minutes else []
            yield pytest.param(page, marks=marks, id=str(page.relative_to(ROOT)))


@pytest.mark.parametrize("page", list(pages()))
def test_every_command_of_a_page_runs(
    page: Path, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in commands(page):
        if not command.is_ours:
            continue
        for beginning, prepare in BEFORE.items():
            if command.text.startswith(beginning):
                prepare(desk)
        for beginning, written in AGAIN.items():
            if command.text.startswith(beginning):
                for name in written:
                    (desk.folder / name).unlink(missing_ok=True)
        words = arguments(command, desk.folder, desk.other_disks, os.environ)
        lay_out(words, desk.folder)
        words = arguments(command, desk.folder, desk.other_disks, os.environ)
        capsys.readouterr()
        code = desk.run(words)
        said = capsys.readouterr()
        assert code == expected_code(command), f"{command.text}\n{said.err}"


def test_what_is_not_run_is_not_ours_and_is_on_a_page() -> None:
    everything = [command for page in PAGES for command in commands(page)]
    others = {each.text for each in everything if not each.is_ours}
    assert {text for text in others if not text.startswith(tuple(OTHER_PROGRAMS))} == set()
    for beginning in (*OTHER_PROGRAMS, *NOT_HERE, *BEFORE, *AGAIN):
        assert any(each.text.startswith(beginning) for each in everything), beginning
    assert not any(each.startswith("neuropose") for each in OTHER_PROGRAMS)
