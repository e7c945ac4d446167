/** Lets nothing in this process run more often than so: for emulators whose timers tick faster than anybody needs. */
export function slowDownIntervals(fewestMs: number): void {
  const { setInterval: start } = globalThis;
  globalThis.setInterval = ((call: () => void, ms = 0, ...more: []) =>
    start(call, Math.max(ms, fewestMs), ...more)) as typeof globalThis.setInterval;
}
