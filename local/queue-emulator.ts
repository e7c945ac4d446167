/** The SQS and S3 emulator as a process of its own: `queue-emulator.ts <port> <folder>`. */
import { startFauxqs } from 'fauxqs';
import { listenOnLoopbackOnly } from './loopback-only.ts';

const [port, dataDir] = process.argv.slice(2);
listenOnLoopbackOnly();
const server = await startFauxqs({ port: Number(port), dataDir: String(dataDir), logger: false });
process.on('SIGTERM', () => {
  void server.stop().finally(() => process.exit(0));
  // Long polls keep the server open; what was acknowledged is in SQLite already.
  setTimeout(() => process.exit(0), 300);
});
