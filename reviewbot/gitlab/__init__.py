"""GitLab's API v4 as the review needs it: one snapshot in, one plan out, exactly once."""
