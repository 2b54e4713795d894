"""Rules tried on past merge requests. Nothing in here can write to GitLab: it knows no way to."""
