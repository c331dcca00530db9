"""``neuropose migrate``: files of the original NeuroPose and older ones of ours, converted."""

from neuropose.cli.migrate.command import migrate as migrate
