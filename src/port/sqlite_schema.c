/*-------------------------------------------------------------------------
 *
 * sqlite_schema.c
 *	  stormdisc_sqlite_schema: the small schema for tests with SQLite.
 *
 * It has the names and columns of the tables and views here, as far as a test
 * of a client's needs them, and none of their guarantees.  What the server's
 * design corrects is corrected there as well: a version and a "latest" are
 * one component's, and nothing that counts may be null.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(stormdisc_sqlite_schema);

static const char *const schema =
	"-- Component state\n"
	"CREATE TABLE component_state (\n"
	"    id TEXT NOT NULL PRIMARY KEY,\n"
	"    component_name TEXT NOT NULL,\n"
	"    component_type TEXT NOT NULL CHECK (component_type IN ('Source', "
	"'Sink', 'Transformer', 'Splitter', 'Merger')),\n"
	"    state_data TEXT NOT NULL, -- JSON\n"
	"    version INTEGER NOT NULL DEFAULT 1,\n"
	"    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
	"    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
	"    UNIQUE (component_name, version)\n"
	");\n"
	"CREATE INDEX idx_component_state_name ON component_state "
	"(component_name);\n"
	"CREATE INDEX idx_component_state_type ON component_state "
	"(component_type);\n"
	"\n"
	"-- Port messages\n"
	"CREATE TABLE port_messages (\n"
	"    id TEXT NOT NULL PRIMARY KEY,\n"
	"    port_name TEXT NOT NULL,\n"
	"    source_component TEXT NOT NULL,\n"
	"    target_component TEXT NOT NULL,\n"
	"    message_data TEXT NOT NULL, -- JSON\n"
	"    message_metadata TEXT, -- JSON\n"
	"    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', "
	"'processing', 'completed', 'failed', 'dead_letter')),\n"
	"    retry_count INTEGER NOT NULL DEFAULT 0,\n"
	"    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
	"    processed_at TEXT,\n"
	"    completed_at TEXT\n"
	");\n"
	"CREATE INDEX idx_port_messages_status ON port_messages (status);\n"
	"CREATE INDEX idx_port_messages_port ON port_messages (port_name);\n"
	"\n"
	"-- Checkpoints\n"
	"CREATE TABLE checkpoints (\n"
	"    id TEXT NOT NULL PRIMARY KEY,\n"
	"    checkpoint_name TEXT NOT NULL,\n"
	"    component_name TEXT NOT NULL,\n"
	"    checkpoint_data TEXT NOT NULL, -- JSON\n"
	"    version INTEGER NOT NULL,\n"
	"    is_latest INTEGER NOT NULL DEFAULT 1,\n"
	"    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,\n"
	"    UNIQUE (component_name, checkpoint_name, version)\n"
	");\n"
	"CREATE INDEX idx_checkpoints_name ON checkpoints (checkpoint_name);\n"
	"CREATE INDEX idx_checkpoints_latest ON checkpoints (is_latest);\n"
	"\n"
	"-- Metrics\n"
	"CREATE TABLE component_metrics (\n"
	"    id TEXT NOT NULL PRIMARY KEY,\n"
	"    component_name TEXT NOT NULL,\n"
	"    metric_name TEXT NOT NULL,\n"
	"    metric_value REAL NOT NULL,\n"
	"    timestamp TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
	");\n"
	"CREATE INDEX idx_component_metrics_component ON component_metrics "
	"(component_name);\n"
	"CREATE INDEX idx_component_metrics_name ON component_metrics "
	"(metric_name);\n";

/*
 * stormdisc_sqlite_schema() -> text
 *		Statements that sqlite3 runs.
 */
Datum
stormdisc_sqlite_schema(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(schema));
}
