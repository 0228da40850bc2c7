// Send jobs one by one from four senders, then work them off: graphile-worker
// with 24 at a time, pg-boss by batches of 50 from four fetchers.
//
// node jobs.mjs DIRECTORY_OF_node_modules graphile-worker|pg-boss JOBS PAYLOAD
// Prints "name version sent_per_second consumed_per_second".
import { createRequire } from 'node:module';

const [directory, library, count, payload] = process.argv.slice(2);
const require = createRequire(`${directory}/`);
const { version } = require(`${directory}/node_modules/${library}/package.json`);
const n = Number(count);
const data = JSON.parse(payload);
const connection = { host: process.env.PGHOST, port: Number(process.env.PGPORT), user: process.env.PGUSER, database: process.env.PGDATABASE, max: 10 };

async function perSecond(work) {
	const start = process.hrtime.bigint();
	await work();
	return (n / (Number(process.hrtime.bigint() - start) / 1e9)).toFixed(1);
}

function four(one) {
	return Promise.all([0, 1, 2, 3].map(one));
}

let sent, consumed;
if (library === 'graphile-worker') {
	const { makeWorkerUtils, run, Logger } = require('graphile-worker');
	const { Pool } = require('pg');
	const pgPool = new Pool(connection);
	const logger = new Logger(() => () => {});
	const utils = await makeWorkerUtils({ pgPool, logger });
	await utils.migrate();
	sent = await perSecond(() => four(async () => {
		for (let i = 0; i < n / 4; i++) await utils.addJob('noop', data);
	}));
	consumed = await perSecond(() => new Promise((resolve, reject) => {
		let done = 0;
		let runner;
		run({ pgPool, logger, concurrency: 24, pollInterval: 100, noHandleSignals: true,
			taskList: { noop: async () => { if (++done === n) setImmediate(async () => { await runner.stop(); resolve(); }); } } })
			.then(r => { runner = r; }).catch(reject);
	}));
	await utils.release();
} else {
	const module = require('pg-boss');
	const PgBoss = module.PgBoss ?? module.default ?? module;
	const boss = new PgBoss(connection);
	boss.on('error', error => { throw error; });
	await boss.start();
	await boss.createQueue('bench');
	sent = await perSecond(() => four(async () => {
		for (let i = 0; i < n / 4; i++) await boss.send('bench', data);
	}));
	consumed = await perSecond(() => four(async () => {
		for (;;) {
			const jobs = await boss.fetch('bench', { batchSize: 50 });
			if (!jobs || jobs.length === 0) return;
			await boss.complete('bench', jobs.map(job => job.id));
		}
	}));
	await boss.stop({ graceful: false });
}
console.log(`${library} ${version} ${sent} ${consumed}`);
process.exit(0);
