"""What plug-in authors and our own tests use: synthetic people with known truth, and fakes."""

from neuropose.testing.synthetic import synthetic_predictions

__all__ = ["synthetic_predictions"]
