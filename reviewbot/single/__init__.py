"""One review from the command line, without a queue."""

LOCAL_PROCESSES = 1
"""That parse for a review of a diff or of the local repository."""
