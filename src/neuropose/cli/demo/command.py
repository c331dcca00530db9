"""``neuropose demo``: the whole way, on a real clip of two people."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import frame_progress, note, reporting, session, write, write_json
from neuropose.cli._estimating import (
    JsonOption,
    ModelOption,
    WorkersOption,
    pick_subject,
    writable_folder,
)
from neuropose.cli.render.video_summary import summary_json, summary_lines
from neuropose.errors import OutputError

if TYPE_CHECKING:
    from neuropose.config import Settings


def demo(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The same as --output.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for the results.",
            show_default="neuropose-demo",
        ),
    ] = None,
    model: ModelOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the sample clip the whole way: a job, the daemon, results, an overlay video, a page.

    Results of an earlier demo in the same folder are replaced.
    """
    from neuropose import assets
    from neuropose.cli.demo.job import JOB, run_job
    from neuropose.cli.demo.page import write_page_of_walker
    from neuropose.viz import write_contact_sheet, write_overlay

    if folder is not None and output is not None:
        raise typer.BadParameter("give DIR or --output, one of them")
    output = folder or output or Path("neuropose-demo")
    writable_folder(output)
    settings = _own(session(context).settings(), output, model, workers)
    note(f"by hand, after: export {_variables(settings, model, workers)}")
    _say("fetching the sample clip", f"neuropose models pull {assets.SAMPLE_CLIP}")
    with reporting() as report:
        clip = assets.fetch(
            assets.SAMPLE_CLIP,
            settings.model_cache_dir,
            report=report,
            known=session(context).pinned(),
        )
    result = run_job(clip, settings, _say)
    results, page_path = output / "jobs" / "out" / JOB / "results.json", output / "report.html"
    walker = write_page_of_walker(results, clip, result.predictions, page_path, settings, _say)
    overlay_path, sheet_path = output / "overlay.mp4", output / "contact-sheet.png"
    _say("drawing the overlay", "neuropose.viz.write_overlay in Python")
    with frame_progress("drawing the overlay") as show:
        write_overlay(clip, result.predictions, overlay_path, progress=show, measured=walker)
    _say("drawing the contact sheet", "neuropose.viz.write_contact_sheet in Python")
    write_contact_sheet(clip, result.predictions, sheet_path, measured=walker)
    subject = pick_subject(result.predictions, "longest")
    if as_json:
        outputs = [str(path) for path in (results, overlay_path, sheet_path, page_path)]
        write_json({"outputs": outputs, **summary_json(result, subject)})
        return
    for line in summary_lines(result, subject):
        write(line)
    write(f"written   {results}")
    write(f"          {overlay_path} (plays in any browser)")
    write(f"          {sheet_path}")
    write(f"          {page_path} (opens in any browser)")


def _own(settings: Settings, output: Path, model: str | None, workers: int | None) -> Settings:
    """Keep the demo in a data directory of its own, as its clip shows no patient."""
    data_dir = Path(os.path.abspath(output)) / "jobs"  # noqa: PTH100
    if data_dir.resolve() == settings.data_dir.resolve():
        raise OutputError(
            f"{data_dir} is where the daemon's jobs are",
            hint="choose another folder with --output",
        )
    changed = {
        "data_dir": data_dir,
        "allow_data_dir_in_repository": True,
        "settle_seconds": 0.0,
        "model": model or settings.model,
        "workers": workers or settings.workers,
    }
    return settings.model_copy(update=changed)


def _variables(settings: Settings, model: str | None, workers: int | None) -> str:
    """Write the settings that the commands by hand need, for a shell."""
    from neuropose.config import ENV_PREFIX, git_work_tree

    needed = {"data_dir": str(settings.data_dir)}
    if git_work_tree(settings.data_dir) is not None:
        needed["allow_data_dir_in_repository"] = "true"
    needed |= {"model": model} if model is not None else {}
    needed |= {"workers": str(workers)} if workers is not None else {}
    return " ".join(
        f"{ENV_PREFIX}{name.upper()}={shlex.quote(value)}" for name, value in needed.items()
    )


def _say(step: str, command: str) -> None:
    note(f"{step} (by hand: {command})")
