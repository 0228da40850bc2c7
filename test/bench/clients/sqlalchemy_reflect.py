"""Print the milliseconds that SQLAlchemy needs to reflect the bench schemas.

Usage: sqlalchemy_reflect.py HOST PORT DATABASE
"""
import sys
import time
import warnings

import sqlalchemy as sa

warnings.simplefilter("ignore")  # one for each expression index
host, port, database = sys.argv[1:]
engine = sa.create_engine(f"postgresql+psycopg2://postgres@/{database}?host={host}&port={port}")

with engine.connect() as connection:
    start = time.monotonic()
    inspector = sa.inspect(connection)
    schemas = [s for s in inspector.get_schema_names() if s.startswith("bench")]
    tables = 0
    if hasattr(inspector, "get_multi_columns"):
        for schema in schemas:
            tables += len(inspector.get_multi_columns(schema=schema))
            inspector.get_multi_pk_constraint(schema=schema)
            inspector.get_multi_foreign_keys(schema=schema)
            inspector.get_multi_indexes(schema=schema)
            inspector.get_multi_unique_constraints(schema=schema)
            inspector.get_multi_check_constraints(schema=schema)
            inspector.get_multi_table_comment(schema=schema)
    else:
        # before 2.0: several queries for each table
        for schema in schemas:
            metadata = sa.MetaData()
            metadata.reflect(connection, schema=schema, resolve_fks=False)
            tables += len(metadata.tables)
    print(round((time.monotonic() - start) * 1000, 1), f"SQLAlchemy {sa.__version__}, {tables} tables")
