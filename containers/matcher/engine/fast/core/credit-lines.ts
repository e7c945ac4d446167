/**
 * What accounts may spend: one line per account and asset. The first two of an account lie behind its row; most have no more. Others are
 * found through an open-addressing table of addresses.
 */
import { noAsset, noLine, state } from './engine-state.ts';
import { releaseRegion, takeRegion } from './regions.ts';
import { linePool, pastPool, reserveRows, takeRow } from './row-pool.ts';
import { Account, Asset, CreditLine, CreditPast } from './rows.ts';

const startLog = 8;
/** Where an account's own lines lie, in bytes behind its row's start: one in each of its cache lines. */
const ownLinesAt: usize = offsetof<Account>();
const ownLinesEnd: usize = 128;
const ownLinesApart: usize = 64;

export function openCreditLines(): void {
  state.lineIndexLog = startLog;
  state.lineIndex = takeRegion(startLog + 2);
}

/** The line of an account and asset; nobody where there is none. */
export function findLine(account: Account, asset: Asset): CreditLine {
  const first = changetype<CreditLine>(changetype<usize>(account) + ownLinesAt);
  if (first.asset === asset) return first;
  const second = changetype<CreditLine>(changetype<usize>(first) + ownLinesApart);
  if (second.asset === asset) return second;
  return second.asset === noAsset ? noLine : findOther(account, asset);
}

function findOther(account: Account, asset: Asset): CreditLine {
  const mask = (1 << state.lineIndexLog) - 1;
  let at = hashOf(account, asset) & mask;
  let line = load<CreditLine>(placeOf(at));
  while (line !== noLine && (line.account !== account || line.asset !== asset)) {
    at = (at + 1) & mask;
    line = load<CreditLine>(placeOf(at));
  }
  return line;
}

/** The same; made where there is none. */
export function lineOf(account: Account, asset: Asset): CreditLine {
  const found = findLine(account, asset);
  return found === noLine ? openLine(account, asset) : found;
}

function openLine(account: Account, asset: Asset): CreditLine {
  const own = ownPlace(account);
  const line = own === noLine ? changetype<CreditLine>(takeRow(linePool)) : own;
  line.account = account;
  line.asset = asset;
  // Lines stay for ever: their memory was nobody's before, and is all zeros.
  line.past = changetype<CreditPast>(takeRow(pastPool));
  if (state.firstLine === noLine) state.firstLine = line;
  else state.lastLine.next = line;
  state.lastLine = line;
  state.lineCount += 1;
  if (state.lineCount << 1 > 1 << state.lineIndexLog) growIndex(state.lineIndexLog + 1);
  insert(line);
  return line;
}

/** A free place for a line behind an account's row; nobody where both are taken. */
function ownPlace(account: Account): CreditLine {
  const end = changetype<usize>(account) + ownLinesEnd;
  for (let at = changetype<usize>(account) + ownLinesAt; at < end; at += ownLinesApart) {
    const place = changetype<CreditLine>(at);
    if (place.asset === noAsset) return place;
  }
  return noLine;
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

/** An account's own lines are found without the table. */
function insert(line: CreditLine): void {
  const place = changetype<usize>(line) - changetype<usize>(line.account);
  if (place >= ownLinesAt && place < ownLinesEnd) return;
  const mask = (1 << state.lineIndexLog) - 1;
  let at = hashOf(line.account, line.asset) & mask;
  while (load<usize>(placeOf(at)) !== 0) at = (at + 1) & mask;
  store<CreditLine>(placeOf(at), line);
}

function placeOf(at: i32): usize {
  return state.lineIndex + ((<usize>at) << 2);
}

/** Makes room for so many lines more than accounts have of their own. */
export function reserveLines(count: i32): void {
  reserveRows(linePool, count);
  reserveRows(pastPool, count);
  let log = state.lineIndexLog;
  while (1 << log < count << 1) log += 1;
  if (log > state.lineIndexLog) growIndex(log);
}

function growIndex(log: i32): void {
  releaseRegion(state.lineIndex, state.lineIndexLog + 2);
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
