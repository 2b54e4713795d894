"""The database: what has to be done, what was done, and what was paid for. SQLAlchemy stays in this room."""
