"""The composition root: settings become adapters, once, and nowhere else."""
