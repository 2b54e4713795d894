"""Frozen records: the nouns of a review. Standard library only."""
