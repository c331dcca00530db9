"""Results in lines and tables for a person at a terminal."""
