"""Alembic's entry: runs the migrations on the connection that `reviewbot.db.schema` opened and committed by it."""

from alembic import context

from reviewbot.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
