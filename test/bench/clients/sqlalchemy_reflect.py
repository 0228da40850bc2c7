"""Print the milliseconds that SQLAlchemy needs to reflect the bench schemas.

What is reflected is what programs ask for: a MetaData with its tables.  The
second number is the time of the inspector's calls alone, which return the rows
and make no objects of them; 0 before SQLAlchemy 2.0.

Usage: sqlalchemy_reflect.py HOST PORT DATABASE
"""
import sys
import time
import warnings

import sqlalchemy as sa

warnings.simplefilter("ignore")  # one for each expression index
host, port, database = sys.argv[1:]
engine = sa.create_engine(f"postgresql+psycopg2://postgres@/{database}?host={host}&port={port}")


def milliseconds_since(start):
    return round((time.monotonic() - start) * 1000, 1)


def reflect(connection, schemas):
    """Return the number of tables."""
    tables = 0
    for schema in schemas:
        metadata = sa.MetaData()
        # keys between schemas would bring their tables along, once more each
        metadata.reflect(connection, schema=schema, resolve_fks=False)
        tables += len(metadata.tables)
    return tables


def inspect(connection, schemas):
    inspector = sa.inspect(connection)
    for schema in schemas:
        inspector.get_multi_columns(schema=schema)
        inspector.get_multi_pk_constraint(schema=schema)
        inspector.get_multi_foreign_keys(schema=schema)
        inspector.get_multi_indexes(schema=schema)
        inspector.get_multi_unique_constraints(schema=schema)
        inspector.get_multi_check_constraints(schema=schema)
        inspector.get_multi_table_comment(schema=schema)


with engine.connect() as connection:
    schemas = [s for s in sa.inspect(connection).get_schema_names() if s.startswith("bench")]
    start = time.monotonic()
    tables = reflect(connection, schemas)
    reflection = milliseconds_since(start)
    inspection = 0
    if hasattr(sa.engine.reflection.Inspector, "get_multi_columns"):
        start = time.monotonic()
        inspect(connection, schemas)
        inspection = milliseconds_since(start)
    print(reflection, inspection, f"SQLAlchemy {sa.__version__}, {tables} tables")
