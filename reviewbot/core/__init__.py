"""Pure functions: the verbs of a review. No I/O, no clock, no log."""
