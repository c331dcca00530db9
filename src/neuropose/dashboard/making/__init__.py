"""What is made on demand, in a process of its own: exports, comparisons, histories."""
