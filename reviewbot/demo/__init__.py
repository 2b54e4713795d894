"""`reviewbot demo`: the whole path on a sample merge request, on this machine alone."""
