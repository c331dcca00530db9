"""``neuropose reconstruct``: fit a body to a recording, and write its movement."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose.cli._console import fit_progress, note, write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.cli._recordings import HeightOption, MarkersOption, source_of
from neuropose.cli._results import choosing_video
from neuropose.cli.process import SUFFIX as PREDICTIONS_SUFFIX
from neuropose.cli.reconstruct.cameras import several_cameras
from neuropose.cli.reconstruct.triangulated import SUFFIX as TRIANGULATED
from neuropose.cli.reconstruct.triangulated import Triangulated, triangulate_to
from neuropose.errors import OutputError

if TYPE_CHECKING:
    from neuropose.data import Reconstruction
    from neuropose.study.contract.pipeline import Source

_SUFFIX = ".reconstruction.npz"

_Results = Annotated[
    list[str],
    typer.Argument(
        metavar="PREDICTIONS...",
        help="Predictions, a job's results.json, or a C3D or TRC file; with --rig, those of each "
        "camera: files named after the cameras, or CAMERA=FILE.",
    ),
]
_Rig = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Several cameras: rig.toml of `neuropose calibrate`, or another's."
    ),
]
_Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help=f"Default: NAME{_SUFFIX} beside the input."
    ),
]
_Person = Annotated[
    int,
    typer.Option(
        min=1, metavar="N", help="With --rig: 1 is who two cameras or more see longest, 2 the next."
    ),
]
_Synchronous = Annotated[
    bool,
    typer.Option(
        "--synchronous", help="With --rig: the videos begin at the same moment; do not look for it."
    ),
]
_Triangulate = Annotated[
    bool,
    typer.Option(
        "--triangulate",
        help="With --rig: no body, only where rays meet, as TRC: for checks, and for animals.",
    ),
]
_Body = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Lengths of the body: of --save-body, or of another reconstruction."
    ),
]
_SaveBody = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the lengths of the body, for other recordings."),
]
_Strategy = Annotated[
    str | None,
    typer.Option(
        metavar="STRATEGY", help="longest (the default), largest, most_central or track:N."
    ),
]
_Video = Annotated[
    str | None, typer.Option(metavar="VIDEO", help="Which video of a job, such as video_01.")
]
_Up = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS|X,Y,Z",
        help="Away from the floor, in the file's axes: z, -y or numbers; default: given or found.",
    ),
]
_Free = Annotated[
    list[str] | None,
    typer.Option(metavar="COORDINATE", help="Fit this too, such as left_knee_abduction."),
]
_BodyModel = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A lab's own body model, YAML; default: that of NeuroPose."),
]
_Force = Annotated[
    bool, typer.Option("--force", help="Overwrite a reconstruction that is already there.")
]


def reconstruct(
    results: _Results,
    output: _Output = None,
    rig: _Rig = None,
    person: _Person = 1,
    synchronous: _Synchronous = False,
    triangulate: _Triangulate = False,
    body: _Body = None,
    save_body: _SaveBody = None,
    height_mm: HeightOption = None,
    subject: _Strategy = None,
    video: _Video = None,
    up: _Up = None,
    markers: MarkersOption = None,
    free: _Free = None,
    body_model: _BodyModel = None,
    force: _Force = False,
    as_json: JsonOption = False,
) -> None:
    """Fit a body with constant lengths to a recording: its movement, with its error.

    `neuropose analyze` does this to predictions by itself; with the file that is written it need
    not do it again. Several cameras that saw the same movement give one reconstruction.

    Example: neuropose reconstruct left.poses.json right.poses.json --rig rig.toml
    """
    from neuropose.io import load_body_shape, save_body_shape, save_reconstruction

    if body is not None and height_mm is not None:
        raise typer.BadParameter("--body has a height: give it or --height-mm")
    if rig is None and len(results) > 1:
        raise typer.BadParameter("several cameras need --rig; other recordings go one by one")
    if rig is not None and (video, up, subject) != (None, None, None):
        raise typer.BadParameter(
            "--video, --up and --subject are for one camera: a rig has a vertical, and --person N"
        )
    first = Path(results[0].rpartition("=")[2] if rig is not None else results[0])
    if triangulate:
        of_a_body = (body, save_body, height_mm, free, body_model, markers)
        if rig is None or any(each is not None for each in of_a_body):
            raise typer.BadParameter("--triangulate needs --rig, and knows no body or markers")
        out = first.with_name(f"cameras{TRIANGULATED}") if output is None else output
        _check_output(out, first, force=force)
        done = triangulate_to(out, results, rig, person, synchronous=synchronous)
        _show_triangulated(done, first, out, as_json=as_json)
        return
    how: dict[str, Any] = {
        "shape": None if body is None else load_body_shape(body),
        "height_mm": height_mm,
        "free": tuple(free or ()),
        **({} if body_model is None else {"model": body_model}),
    }
    fit: Callable[..., Reconstruction]
    if rig is not None:
        fit, chosen = partial(several_cameras, results, rig, person, synchronous=synchronous), None
    else:
        fit, chosen = _read(source_of(first, subject=subject, video=video, up=up, markers=markers))
    out = _out(first, chosen, together=rig is not None) if output is None else output
    for path in (out, save_body):
        _check_output(path, first, force=force)
    with fit_progress(first.name) as progress:
        found = fit(**how, on_progress=progress)
    save_reconstruction(out, found)
    if save_body is not None:
        save_body_shape(save_body, found.shape)
    _show(found, first, chosen, [path for path in (out, save_body) if path], as_json=as_json)


def _read(source: Source) -> tuple[Callable[..., Reconstruction], str | None]:
    """Read a recording; return what fits a body to it, and which video of a job it is."""
    from neuropose import body
    from neuropose.io import load_results
    from neuropose.sequence import PoseSequence
    from neuropose.study.trial.recordings import holds_markers, read_markers

    if holds_markers(source.file):
        return partial(body.reconstruct_markers, read_markers(source)), None
    with choosing_video():
        found = load_results(source.file, source.video)
    plain = PoseSequence.from_predictions(found.predictions, source.subject, up=source.up)

    def fit(**how: Any) -> Reconstruction:
        whom = plain.subject or source.subject
        fitted = body.reconstruct(found.predictions, whom, up=plain.up, **how)
        return fitted.model_copy(update={"subject": plain.subject})

    return fit, found.video


def _check_output(path: Path | None, results: Path, *, force: bool) -> None:
    if path is None:
        return
    if path.is_dir():
        raise OutputError(f"{path} is a folder", hint="name a file")
    if path.exists():
        if results.exists() and path.samefile(results):
            raise OutputError(f"{path} is the input", hint="choose another --output")
        if not force:
            raise OutputError(
                f"{path} is already there", hint="--force overwrites it, --output writes elsewhere"
            )
    writable_folder(path.parent)


def _out(results: Path, video: str | None, *, together: bool) -> Path:
    if together:
        return results.with_name(f"cameras{_SUFFIX}")
    if video is not None:
        return results.with_name(f"{video}{_SUFFIX}")
    stem = results.name.removesuffix(PREDICTIONS_SUFFIX)
    stem = Path(stem).stem if stem == results.name else stem
    return results.with_name(f"{stem}{_SUFFIX}")


def _show_triangulated(done: Triangulated, results: Path, out: Path, *, as_json: bool) -> None:
    from neuropose.cli.reconstruct.agreement import triangulation_json, triangulation_lines

    if as_json:
        summary = {"results": str(results), "outputs": [str(out)]}
        write_json(summary | triangulation_json(done))
        return
    for line in triangulation_lines(done):
        write(line)
    write(f"written     {out}")
    for each in done.notes:
        note(each)


def _show(
    found: Reconstruction, results: Path, video: str | None, written: list[Path], *, as_json: bool
) -> None:
    from neuropose.cli.render.reconstruction import reconstruction_json, reconstruction_lines

    if as_json:
        outputs = [str(path) for path in written]
        summary = {"results": str(results), "video": video, "outputs": outputs}
        write_json(summary | reconstruction_json(found))
        return
    for line in reconstruction_lines(found):
        write(line)
    for path in written:
        write(f"written     {path}")
    for warning in found.warnings:
        note(f"warning: {warning}")
