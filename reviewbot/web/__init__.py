"""The HTTP entrance: webhooks in, pages and figures out."""
