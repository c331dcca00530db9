"""``neuropose demo``: the whole way, on a real clip of two people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import frame_progress, note, reporting, session, write
from neuropose.cli._estimating import (
    ModelOption,
    WorkersOption,
    load_estimator,
    pick_subject,
    writable_folder,
)
from neuropose.cli._summary import summary_lines


def demo(
    context: typer.Context,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the results."),
    ] = Path("neuropose-demo"),
    model: ModelOption = None,
    workers: WorkersOption = None,
) -> None:
    """Process the sample clip: predictions, an overlay video and a contact sheet.

    Results of an earlier demo in the same folder are replaced.
    """
    from neuropose import assets
    from neuropose.io import save_video_predictions
    from neuropose.viz import write_contact_sheet, write_overlay

    writable_folder(output)
    settings = session(context).settings()
    with reporting() as report:
        clip = assets.fetch(
            assets.SAMPLE_CLIP,
            settings.model_cache_dir,
            report=report,
            known=session(context).pinned(),
        )
    estimator = load_estimator(session(context), model, None, workers)
    predictions_path = output / "predictions.json"
    overlay_path = output / "overlay.mp4"
    sheet_path = output / "contact-sheet.png"
    with frame_progress("finding people") as show:
        result = estimator.process_video(
            clip, progress=lambda at: show(at.frames_done, at.frames_expected)
        )
    save_video_predictions(predictions_path, result.predictions)
    with frame_progress("drawing the overlay") as show:
        write_overlay(clip, result.predictions, overlay_path, progress=show)
    note("drawing the contact sheet")
    write_contact_sheet(clip, result.predictions, sheet_path)
    for line in summary_lines(result, pick_subject(result.predictions, "longest")):
        write(line)
    write(f"written   {predictions_path}")
    write(f"          {overlay_path} (plays in any browser)")
    write(f"          {sheet_path}")
