"""What `benchmarks.same_numbers` writes: recordings, what is computed from them, and files."""
