"""The status of the jobs as it changes: read once per process, told to every open page."""
