"""The command line: one file per command; this is an entrance, errors end here."""
