"""Let alembic autogenerate change a database into a target, and run what it wrote.

The target's model is what SQLAlchemy reflects of it, and a line for what it can say
but does not reflect.  Prints the Python that alembic wrote, or nothing; the error of
a statement that fails goes to standard error, with exit status 1.

Usage: alembic_autogenerate.py HOST PORT FROM TARGET [MODEL]; with --versions, prints those.
"""
import sys
import warnings

import alembic
import sqlalchemy as sa
from alembic.autogenerate import api, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import postgresql

warnings.simplefilter("ignore")  # of what is not reflected
if sys.argv[1] == "--versions":
    print(f"alembic {alembic.__version__}, SQLAlchemy {sa.__version__}")
    sys.exit(0)

host, port, old, new = sys.argv[1:5]
model = sys.argv[5] if len(sys.argv) > 5 else ""


def engine(database):
    return sa.create_engine(f"postgresql+psycopg2://postgres@/{database}?host={host}&port={port}")


metadata = sa.MetaData()
with engine(new).connect() as connection:
    metadata.reflect(connection)
if model:
    exec(model, {"sa": sa, "postgresql": postgresql, "t": lambda name: metadata.tables[name]})

with engine(old).connect() as connection:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata})
    script = api.produce_migrations(context, metadata)
    if script.upgrade_ops.is_empty():
        sys.exit(0)
    code = render_python_code(script.upgrade_ops, migration_context=context)
    print(code)
    sys.stdout.flush()

# in a connection of its own, as "alembic upgrade" does
with engine(old).begin() as connection:
    context = MigrationContext.configure(connection)
    names = {"sa": sa, "postgresql": postgresql, "op": Operations(context)}
    try:
        exec("def upgrade():\n    " + code, names)
        names["upgrade"]()
    except Exception as error:
        print(f"{type(error).__name__}: {error}".splitlines()[0], file=sys.stderr)
        sys.exit(1)
