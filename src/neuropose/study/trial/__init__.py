"""One recording of a study: prepared, cut into cycles, measured and compared."""
