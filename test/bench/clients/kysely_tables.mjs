// Print the milliseconds of kysely's introspection.getTables().
// Usage: node kysely_tables.mjs MODULES HOST PORT DATABASE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, host, port, database] = process.argv.slice(2);
const require = createRequire(modules + '/');
const { Kysely, PostgresDialect } = require('kysely');
const { Pool } = require('pg');
const { version } = JSON.parse(readFileSync(modules + '/node_modules/kysely/package.json'));

const pool = new Pool({ host, port: Number(port), database, user: 'postgres', max: 1 });
const db = new Kysely({ dialect: new PostgresDialect({ pool }) });

await pool.query('SELECT 1');
const start = performance.now();
const tables = await db.introspection.getTables();
console.log((performance.now() - start).toFixed(1), `kysely ${version}, ${tables.length} tables`);
await db.destroy();
