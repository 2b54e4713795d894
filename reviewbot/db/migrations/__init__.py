"""Migrations, oldest first. Each is written out and never changed after a release."""
