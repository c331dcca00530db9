"""``neuropose calibrate``: from videos of a board or from people, and the board to print."""

from __future__ import annotations

from typing import Any

import typer

from neuropose.cli._console import WholeSentences
from neuropose.cli.calibrate.board import board
from neuropose.cli.calibrate.people import people
from neuropose.cli.calibrate.videos import videos


class _VideosByDefault(WholeSentences):
    """A group in which what is no command is a video."""

    default_command = "videos"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, the first of which may leave out ``videos``.

        Parameters
        ----------
        ctx : click.Context
            Context of the group.
        args : list of str
            As they were given.

        Returns
        -------
        list of str
        """
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [self.default_command, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_VideosByDefault,
    help="Find out what cameras do to a picture and where they are: neuropose calibrate VIDEO….",
    epilog="Example: neuropose calibrate side.mp4 front.mp4 --board charuco:8x5:34 -o rig.toml. "
    "Guide: docs/guides/cameras.md.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.command(
    epilog="Example: neuropose calibrate side.mp4 front.mp4 --board charuco:8x5:34 -o rig.toml"
)(videos)
app.command(epilog="Example: neuropose calibrate board --paper A3 -o board.pdf")(board)
app.command(
    epilog="Example: neuropose calibrate people side=a.poses.json front=b.poses.json "
    "--intrinsics near.toml --height-mm 1750 -o rig.toml"
)(people)
