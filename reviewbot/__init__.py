"""reviewbot: reviews GitLab merge requests, exactly and quietly."""

__version__ = "0.1.0"
