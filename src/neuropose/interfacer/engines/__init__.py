"""Engines that process the videos of a job: child processes on this machine."""
