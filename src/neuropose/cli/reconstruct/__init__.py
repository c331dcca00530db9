"""A body fitted to a recording: the command."""

from neuropose.cli.reconstruct.command import reconstruct as reconstruct
