"""The conformance suite of pose models, and a model that can be told to fail."""
