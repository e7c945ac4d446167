/** The Kinesis emulator as a process of its own: `kinesis-emulator.ts <port> <folder>`. It tells who started it when something was put. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { listenOnLoopbackOnly } from './loopback-only.ts';

type Kinesalite = (options: { path: string; createStreamMs: number; shardLimit: number }) => {
  listen: (port: number) => void;
  on: (
    event: 'request',
    take: (request: IncomingMessage, response: ServerResponse) => void,
  ) => void;
};

type Validation = { types: { RetentionPeriodHours: { lessThanOrEqual: number } } };

/** Puts that come together are told together. */
const TELL_AFTER_MS = 10;
const isPut = /\.PutRecords?$/;
let isTelling = false;

function tellSoon(): void {
  if (isTelling) return;
  isTelling = true;
  setTimeout(() => {
    isTelling = false;
    // Nobody hears it where it was started by hand, or after its parent has gone.
    if (process.connected) process.send?.('put');
  }, TELL_AFTER_MS);
}

const [port, path] = process.argv.slice(2);
listenOnLoopbackOnly();
const require = createRequire(import.meta.url);
// It knows the limit of 2015, seven days; Kinesis has kept records for up to a year since 2020.
const retention = require('kinesalite/validations/increaseStreamRetentionPeriod') as Validation;
retention.types.RetentionPeriodHours.lessThanOrEqual = 8_760;
const kinesalite = require('kinesalite') as Kinesalite;
const server = kinesalite({ path: String(path), createStreamMs: 1, shardLimit: 100 });
server.on('request', (request, response) => {
  if (isPut.test(String(request.headers['x-amz-target']))) response.once('finish', tellSoon);
});
server.listen(Number(port));
// LevelDB replays its log after a kill, so leaving at once loses nothing that was acknowledged.
process.on('SIGTERM', () => process.exit(0));
