"""Asking many questions at once: fairly, within budget, and never twice for the same answer."""
