/** What accounts may spend: one line per account and asset, found through an open-addressing table of addresses. */
import { noLine, state } from './engine-state.ts';
import { releaseRegion, takeRegion } from './regions.ts';
import { linePool, takeRow } from './row-pool.ts';
import { Account, Asset, CreditLine } from './rows.ts';

const startLog = 8;

export function openCreditLines(): void {
  state.lineIndexLog = startLog;
  state.lineIndex = takeRegion(startLog + 2);
}

/** The line of an account and asset; nobody where there is none. Most ask for one of two again and again. */
export function findLine(account: Account, asset: Asset): CreditLine {
  const last = account.lastLine;
  if (last !== noLine && last.asset === asset) return last;
  const before = account.lineBefore;
  if (before !== noLine && before.asset === asset) {
    account.lastLine = before;
    account.lineBefore = last;
    return before;
  }
  const mask = (1 << state.lineIndexLog) - 1;
  let at = hashOf(account, asset) & mask;
  let line = load<CreditLine>(state.lineIndex + ((<usize>at) << 2));
  while (line !== noLine && (line.account !== account || line.asset !== asset)) {
    at = (at + 1) & mask;
    line = load<CreditLine>(state.lineIndex + ((<usize>at) << 2));
  }
  if (line === noLine) return noLine;
  account.lineBefore = last;
  account.lastLine = line;
  return line;
}

/** The same; made where there is none. */
export function lineOf(account: Account, asset: Asset): CreditLine {
  const found = findLine(account, asset);
  if (found !== noLine) return found;
  const line = changetype<CreditLine>(takeRow(linePool));
  memory.fill(changetype<usize>(line), 0, offsetof<CreditLine>());
  line.account = account;
  line.asset = asset;
  if (state.firstLine === noLine) state.firstLine = line;
  else state.lastLine.next = line;
  state.lastLine = line;
  state.lineCount += 1;
  if (state.lineCount << 1 > 1 << state.lineIndexLog) growIndex();
  insert(line);
  return line;
}

export function hold(line: CreditLine, units: f64): void {
  line.freeUnits -= units;
  line.heldUnits += units;
}

/** Frees what was held, less what it paid. */
export function unhold(line: CreditLine, units: f64, paidUnits: f64): void {
  line.heldUnits -= units;
  line.freeUnits += units - paidUnits;
}

export function receive(line: CreditLine, units: f64): void {
  line.freeUnits += units;
}

/** Units that enter or, where negative, leave this engine. */
export function moveUnits(asset: Asset, units: f64): void {
  asset.insideUnits += units;
}

function insert(line: CreditLine): void {
  const mask = (1 << state.lineIndexLog) - 1;
  let at = hashOf(line.account, line.asset) & mask;
  while (load<usize>(state.lineIndex + ((<usize>at) << 2)) !== 0) at = (at + 1) & mask;
  store<usize>(state.lineIndex + ((<usize>at) << 2), changetype<usize>(line));
}

function growIndex(): void {
  const log = state.lineIndexLog + 1;
  releaseRegion(state.lineIndex, log + 1);
  state.lineIndex = takeRegion(log + 2);
  state.lineIndexLog = log;
  memory.fill(state.lineIndex, 0, 1 << (log + 2));
  for (let line = state.firstLine; line !== state.lastLine; line = line.next) insert(line);
}

/** Handles count up, so nobody chooses them: a plain mix is enough. */
function hashOf(account: Account, asset: Asset): i32 {
  const mixed = (account.index * 0x2c1b3c6d) ^ (asset.index * 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}
