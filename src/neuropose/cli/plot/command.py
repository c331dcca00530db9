"""``neuropose plot``: a report in, a figure for a paper out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import write, write_json
from neuropose.cli._estimating import JsonOption, writable_folder
from neuropose.errors import OutputError

SUFFIXES = (".svg", ".pdf", ".png")
_DATES = {".svg": "Date", ".pdf": "CreationDate"}


def plot(
    file: Annotated[Path, typer.Argument(metavar="REPORT", help="A report of `analyze`.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.svg|.pdf|.png",
            help="Default: NAME.ANGLE.svg beside the report.",
        ),
    ] = None,
    angle: Annotated[
        str | None,
        typer.Option(metavar="ANGLE", help="Its mean over the cycle; default: the events."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a figure.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw the mean curve of an angle over the cycle, or the events, of a report."""
    if output is None:
        output = file.with_name(f"{file.stem}.{angle or 'events'}.svg")
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise OutputError(
            f"{output} is not the name of a figure", hint=f"let it end in {' or '.join(SUFFIXES)}"
        )
    if output.exists() and not force:
        raise OutputError(f"{output} is already there", hint="--force overwrites it")
    from neuropose.io import load_report
    from neuropose.io.atomic import write_atomically

    report = load_report(file)
    writable_folder(output.parent)
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    from neuropose.viz.figures import plot_cycles, plot_events

    with mpl.rc_context({"backend": "agg", "svg.hashsalt": "neuropose"}):
        try:
            axes = plot_events(report) if angle is None else plot_cycles(report, angle)
        except KeyError as error:
            raise typer.BadParameter(f"--angle: {error.args[0]}") from None
        drawn, content = axes.get_figure(), io.BytesIO()
        assert drawn is not None
        no_date = {_DATES[suffix]: None} if suffix in _DATES else None
        drawn.savefig(content, format=suffix[1:], metadata=no_date)  # type: ignore[union-attr]
        plt.close("all")
    write_atomically(output, [content.getvalue()])
    if as_json:
        write_json({"results": str(file), "output": str(output)})
    else:
        write(f"written   {output}")
