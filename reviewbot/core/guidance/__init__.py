"""What repositories already have as guidance for other tools, read as rules."""
