"""Several cameras: where they are, when they filmed, and what they saw together."""
