"""The group of commands: those that look, and those that change."""

from __future__ import annotations

import typer

from neuropose.cli._console import WholeSentences
from neuropose.cli.jobs.changing import accept, cancel, remove, rerun, retry
from neuropose.cli.jobs.looking import list_jobs, show, summary

app = typer.Typer(
    cls=WholeSentences,
    help="Show and change the jobs of the daemon.",
    epilog="Example: neuropose jobs list --state failed",
    rich_markup_mode=None,
)
app.command("list", epilog="Example: neuropose jobs list --state failed")(list_jobs)
app.command(epilog="Example: neuropose jobs show anna, or neuropose jobs show 17")(show)
app.command(epilog="Example: neuropose jobs summary --since yesterday")(summary)
app.command(epilog="Example: neuropose jobs retry anna, or neuropose jobs retry --all")(retry)
app.command(epilog="Example: neuropose jobs rerun anna --from analysis")(rerun)
app.command(epilog="Example: neuropose jobs accept anna --without fall.mp4")(accept)
app.command(epilog="Example: neuropose jobs cancel anna")(cancel)
app.command(epilog="Example: neuropose jobs remove anna --yes")(remove)
