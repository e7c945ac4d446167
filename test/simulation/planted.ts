/** Faults that a simulation can be given on purpose, in its ports: it must find each. */

export const plantedFaults = {
  'answers-early': 'the stream answers a put before the record is there',
  'reader-skips': 'settlement is not shown every record',
  'lease-unchecked': 'a leader believes for ever that it holds its lease',
  'lease-unconditional': 'the lease row takes every write',
  'ledger-unconditional': 'the ledger takes every write whatever its condition',
  'tells-otherwise': 'an answer is changed on its way',
  'forgets-fills': 'an answer loses a fill on its way',
} as const;

export type PlantedFault = keyof typeof plantedFaults;

export const isPlantedFault = (text: string): text is PlantedFault => text in plantedFaults;
