/** Faults that a simulation can be given on purpose, in its ports: it must find each. */

export const plantedFaults = {
  'answers-early': 'the stream answers a put before the record is there',
  'reader-skips': 'settlement is not shown every record',
  'lease-unchecked': 'a leader believes for ever that it holds its lease',
  'lease-unconditional': 'the lease row takes every write',
  'ledger-unconditional': 'the ledger takes every write whatever its condition',
  'tells-otherwise': 'an answer is changed on its way',
  'forgets-fills': 'an answer loses a fill on its way',
  'standby-astray': 'a standby does something that the journal does not hold',
} as const;

export type PlantedFault = keyof typeof plantedFaults;

export const isPlantedFault = (text: string): text is PlantedFault => text in plantedFaults;

/** The same of the ledger's simulation. */
export const ledgerFaults = {
  unconditional: 'the ledger takes every write whatever its condition',
  'reader-skips': 'settlement is not shown every record',
  'sweep-returns': 'a pending grant is given back to the account instead of submitted again',
  'no-sweep': 'nobody looks for pending grants',
  'outbox-forgets': 'rows of the outbox are lost when they are written',
  'message-lost': 'messages of the outbox are lost, and nobody sweeps',
  'entry-lost': 'an entry is lost when it is written',
  'unit-made': 'a hand in the table adds a unit to a balance',
} as const;

export type LedgerFault = keyof typeof ledgerFaults;

export const isLedgerFault = (text: string): text is LedgerFault => text in ledgerFaults;

/** The same of the transaction sender's simulation. */
export const senderFaults = {
  unconditional: 'the table takes every write whatever its condition',
  'no-sweep': 'nobody follows the chain',
  'node-lies': 'a node tells of receipts that there are not',
} as const;

export type SenderFault = keyof typeof senderFaults;

export const isSenderFault = (text: string): text is SenderFault => text in senderFaults;

/** The same of the chain's simulation. */
export const chainFaults = {
  unconditional: 'the tables take every write whatever its condition',
  'credits-early': 'what the newest block holds counts as final',
  'credits-twice': 'a deposit is credited once for each block that it was ever in',
  'batch-out-of-order': 'settlement takes the frames of later clocks first',
  'withdraws-early': 'withdrawals do not wait for the batches that hold what was matched before',
  'bell-lost': 'nobody takes in what the chain says of deposits, batches and withdrawals',
  'guard-blind': 'the guard hears of blocks, and of nothing that users take back in them',
  'atom-lost': 'the dust of deposits is forgotten',
  'key-outlives': 'nobody hears that a session key was revoked on the chain',
  'key-cancels-all': 'the end of a session key ends all orders of its owner',
  'exits-unheard': 'what an exit may take at any moment is sold',
  'gifts-forgotten': 'settlement brings nothing of what operators give',
  'freeze-unheard': 'the ledger keeps what a frozen vault will never settle',
  'limit-unbound': 'matchers are told a far higher limit of a session key than was signed',
} as const;

export type ChainFault = keyof typeof chainFaults;

export const isChainFault = (text: string): text is ChainFault => text in chainFaults;
