"""Where the videos of a job are processed: children on this machine."""
