"""Figures for papers: their command."""

from neuropose.cli.plot.command import plot as plot
