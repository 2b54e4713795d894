"""The git binary, fenced in: the repository's content without a checkout, hooks, submodules or LFS."""
