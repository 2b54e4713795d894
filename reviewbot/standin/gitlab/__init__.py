"""A stateful GitLab over HTTP for the demo and the tests; shares no code with the product's own rules."""
