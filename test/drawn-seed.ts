/** Property tests draw from CROSSBOOK_SEED where it is set (CI sets it, so that a red run is about the change), else from the clock. */
import fc from 'fast-check';

const seed = process.env['CROSSBOOK_SEED'];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
