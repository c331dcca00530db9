"""``neuropose jobs``: what became of the jobs of the daemon, and what is to become of them."""

from neuropose.cli.jobs.command import app as app
