"""``neuropose correct``: what a person saw is wrong, put right in a new file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import write, write_json
from neuropose.cli._estimating import JsonOption, is_folder, writable_folder
from neuropose.cli._results import choosing_video
from neuropose.errors import CorrectionError, OutputError

if TYPE_CHECKING:
    from neuropose.corrections import Correction

_ENDINGS = (".reconstruction.npz", ".poses.json", ".poses.npz", ".json", ".npz")


def correct(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="Predictions, a job's results.json or a reconstruction."
        ),
    ],
    patches: Annotated[
        list[Path],
        typer.Argument(metavar="PATCH...", help="Corrections that its page saved, in this order."),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE|DIR", help="Default: NAME.corrected beside the input."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a corrected file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Apply corrections: the original stays, and the new file says who corrected what, and when."""
    from neuropose.checksums import sha256_of
    from neuropose.corrections import said
    from neuropose.data import MARKER_SUFFIXES
    from neuropose.io import load_corrections

    if source.suffix.lower() in MARKER_SUFFIXES:
        raise CorrectionError(
            f"{source} holds markers, which are not corrected here",
            hint="correct them in the program that recorded them",
        )
    out = _output(source, output, force=force)
    made = [each for patch in patches for each in load_corrections(patch).corrections]
    save = _corrected(source, made, sha256_of(source))
    writable_folder(out.parent)
    save(out)
    notes = [said(each) for each in made]
    if as_json:
        write_json({"input": str(source), "output": str(out), "corrections": notes})
        return
    for note in notes:
        write(note)
    write(f"written   {out}")


def _output(source: Path, output: Path | None, *, force: bool) -> Path:
    """Return where the corrected file goes: never to the original."""
    ending = next((each for each in _ENDINGS if source.name.lower().endswith(each)), source.suffix)
    stem = source.name[: len(source.name) - len(ending)]
    name = f"{stem}.corrected{source.name[len(stem) :]}"
    out = source.with_name(name) if output is None else output
    out = out / name if is_folder(out) else out
    if out.exists() and out.samefile(source):
        raise OutputError(f"{out} is the original, which stays", hint="give --output another name")
    if out.exists() and not force:
        raise OutputError(f"{out} is already there", hint="--force overwrites it")
    return out


def _corrected(
    source: Path, made: Sequence[Correction], input_sha256: str
) -> Callable[[Path], None]:
    """Return what writes the corrected file."""
    from neuropose.corrections import correct_reconstruction, require_belonging
    from neuropose.io import holds_reconstruction, load_reconstruction, save_reconstruction

    if not holds_reconstruction(source):
        return _of_predictions(source, made, input_sha256)
    reconstruction = load_reconstruction(source)
    require_belonging(made, input_sha256, reconstruction.provenance)
    corrected = correct_reconstruction(reconstruction, made)
    return lambda out: save_reconstruction(out, corrected)


def _of_predictions(
    source: Path, made: Sequence[Correction], input_sha256: str
) -> Callable[[Path], None]:
    """Correct each video that corrections name, in a file of one or of a whole job."""
    from neuropose.corrections import correct_predictions, require_belonging
    from neuropose.io import save_job_results, save_video_predictions
    from neuropose.study.trial.recordings import tracked_results

    of_video: dict[str | None, list[Correction]] = {}
    for each in made:
        of_video.setdefault(each.video, []).append(each)
    corrected = {}
    for video, own in of_video.items():
        with choosing_video('give each correction its "video"'):
            found = tracked_results(source, video)
        require_belonging(own, input_sha256, found.predictions.provenance)
        corrected[found.video] = correct_predictions(found.predictions, own)
    job = found.job
    if job is None:
        return lambda out: save_video_predictions(out, corrected[None])
    of_job = {str(video): predictions for video, predictions in corrected.items()}
    return lambda out: save_job_results(
        out, job.model_copy(update={"videos": {**job.videos, **of_job}})
    )
