"""One review from the command line, without a queue."""
