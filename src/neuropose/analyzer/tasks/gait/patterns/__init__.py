"""What is recognised in a walk: other gaits, and stretches to look at again."""
