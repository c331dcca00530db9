"""Cohorts: recordings measured in parallel, then compared as groups and sessions."""
