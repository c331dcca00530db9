"""The machine that the daemon runs on: its processes, its disk, and commands of the laboratory."""
