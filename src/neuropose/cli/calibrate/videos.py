"""``neuropose calibrate VIDEO…``: cameras from videos of a board."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import frame_progress, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.cli.calibrate.verdict import as_json_value, verdict_lines
from neuropose.cli.reconstruct.cameras import stated_camera
from neuropose.errors import CalibrationError, OutputError

if TYPE_CHECKING:
    from neuropose.data import Camera
    from neuropose.multiview.boards import Calibration

_Videos = Annotated[
    list[str],
    typer.Argument(
        metavar="CAMERA=VIDEO…",
        help="Of one board, a video a camera; several are filmed at one time. CAMERA may be left "
        "out if the file is called after it.",
    ),
]
_Board = Annotated[
    str,
    typer.Option(
        metavar="BOARD",
        help="As printed on it: charuco:8x5:34 has 8 × 5 squares (not corners) of 34 mm.",
    ),
]
_Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The rig to write.")]
_Intrinsics = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Rig or other calibration whose intrinsics are kept."),
]
_Lens = Annotated[str, typer.Option(metavar="pinhole|fisheye", help="Model of the lenses.")]
_Synchronised = Annotated[
    bool,
    typer.Option(
        "--synchronised", help="All videos share one clock; default: found from the movement."
    ),
]
_NoFloor = Annotated[bool, typer.Option("--no-floor", help="The board never lay on the floor.")]
_Force = Annotated[bool, typer.Option("--force", help="Overwrite a rig that is already there.")]


def videos(
    videos: _Videos,
    board: _Board,
    output: _Output = Path("rig.toml"),
    intrinsics: _Intrinsics = None,
    lens: _Lens = "pinhole",
    synchronised: _Synchronised = False,
    no_floor: _NoFloor = False,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Calibrate cameras from videos of a board; the word `videos` may be left out.

    Move the board slowly before all cameras, tilted all ways, into all parts of the picture; hold
    it still for 2 s in each place, and let it lie on the floor for 3 s at the end.
    """
    from neuropose.data import Lens
    from neuropose.io import save_rig
    from neuropose.multiview.boards import Board, calibrate_with_board

    if lens not in list(Lens):
        raise typer.BadParameter("choose pinhole or fisheye", param_hint="--lens")
    if output.exists() and not force:
        raise OutputError(f"{output} is already there", hint="choose another --output, or --force")
    named = _by_camera(videos)
    with frame_progress("looking for the board") as show:
        found = calibrate_with_board(
            named,
            Board.parse(board),
            intrinsics=_known(intrinsics or [], list(named)),
            lens=Lens(lens),
            synchronised=synchronised,
            use_floor=not no_floor,
            progress=lambda _, done, total: show(done, total),
        )
    save_rig(output, found.rig)
    _show(found, output, as_json=as_json)


def _by_camera(videos: Sequence[str]) -> dict[str, Path]:
    """Return the video of each camera.

    A camera whose name is not stated is called after its file, or after its folder if the files of
    all such cameras are called the same.
    """
    stated = [stated_camera(text) for text in videos]
    others = [path for camera, path in stated if not camera]
    are_named_by_folder = len({path.stem for path in others}) < len(others)
    named: dict[str, Path] = {}
    for camera, path in stated:
        name = camera or (path.resolve().parent.name if are_named_by_folder else path.stem)
        if name in named:
            raise CalibrationError(
                f"two videos are of a camera {name!r}",
                hint="give CAMERA=VIDEO for each, or name the files after the cameras",
            )
        named[name] = path
    return named


def _known(
    files: Sequence[Path], names: Sequence[str]
) -> dict[str, tuple[Camera, tuple[int, int] | None]]:
    from neuropose.io import load_intrinsics

    known: dict[str, tuple[Camera, tuple[int, int] | None]] = {}
    for path in files:
        found = load_intrinsics(path)
        if len(found) == 1 and len(names) == 1:
            return {names[0]: next(iter(found.values()))}
        ours = {name: each for name, each in found.items() if name in names}
        if not ours:
            raise CalibrationError(
                f"{path} has no camera of these videos: it has {', '.join(found)}",
                hint=f"name them alike: the videos are called {', '.join(names)}",
            )
        known |= ours
    return known


def _show(found: Calibration, output: Path, *, as_json: bool) -> None:
    if as_json:
        write_json({**as_json_value(found), "written": str(output)})
        return
    for line in verdict_lines(found):
        write(line)
    write(f"written   {output}")
