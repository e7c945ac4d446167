/** The SQS and S3 emulator as a process of its own: `queue-emulator.ts <port> <folder>`. */
import { startFauxqs } from 'fauxqs';
import { listenOnLoopbackOnly } from './loopback-only.ts';
import { slowDownIntervals } from './slow-intervals.ts';

/**
 * While somebody waits for a message, the emulator looks every 20 ms whether a hidden or delayed one shows again; a new
 * one is handed over at once in any case. Twice a second is enough, and each queue costs 0.4 % of a core less.
 */
const fewestMs = 500;

const [port, dataDir] = process.argv.slice(2);
listenOnLoopbackOnly();
slowDownIntervals(fewestMs);
const server = await startFauxqs({ port: Number(port), dataDir: String(dataDir), logger: false });
process.on('SIGTERM', () => {
  void server.stop().finally(() => process.exit(0));
  // Long polls keep the server open; what was acknowledged is in SQLite already.
  setTimeout(() => process.exit(0), 300);
});
