/** The Kinesis emulator as a process of its own: `kinesis-emulator.ts <port> <folder>`. */
import { createRequire } from 'node:module';
import { listenOnLoopbackOnly } from './loopback-only.ts';

type Kinesalite = (options: { path: string; createStreamMs: number; shardLimit: number }) => {
  listen: (port: number) => void;
  close: (done: () => void) => void;
};

type Validation = { types: { RetentionPeriodHours: { lessThanOrEqual: number } } };

const [port, path] = process.argv.slice(2);
listenOnLoopbackOnly();
const require = createRequire(import.meta.url);
// It knows the limit of 2015, seven days; Kinesis has kept records for up to a year since 2020.
const retention = require('kinesalite/validations/increaseStreamRetentionPeriod') as Validation;
retention.types.RetentionPeriodHours.lessThanOrEqual = 8_760;
const kinesalite = require('kinesalite') as Kinesalite;
const server = kinesalite({ path: String(path), createStreamMs: 1, shardLimit: 100 });
server.listen(Number(port));
// LevelDB replays its log after a kill, so leaving at once loses nothing that was acknowledged.
process.on('SIGTERM', () => process.exit(0));
