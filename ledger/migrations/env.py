"""Run by Alembic: migrates over the connection, and inside the transaction, that `ledger.database` hands in."""

from alembic import context

from ledger.tables import metadata

# Alembic takes SQLite for a database without transactional DDL; with transactions of our own it has it.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
