"""The conformance suite for pose models, and a fake model with programmable faults."""
