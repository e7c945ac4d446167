/** Finds a stage's ledger, its shadow and its journals: of a local cloud by what it wrote down when it was ready, of AWS by the archive's function. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type JournalPlaces, journalPlacesOf, openJournals } from '#cloud/journal-places.ts';
import { type LedgerPlaces, ledgerPlacesOf, openLedgers } from '#cloud/ledger-places.ts';
import type { RebuildCommandPorts } from './rebuild.ts';
import { Wrong } from './wrong.ts';

/** As much of `cloud.json` as is read. */
type CloudFile = {
  urls: { kinesis: string; s3: string; dynamodb: string };
  outputs: { key: string; value: string }[];
};

type Places = { journals: JournalPlaces; ledgers: LedgerPlaces };

export function rebuildFrom(root: string): RebuildCommandPorts['reach'] {
  return async ({ stage, stateFolder }) => {
    const places =
      stage === 'local'
        ? localPlaces(resolve(root, stateFolder ?? '.local'))
        : { journals: await journalPlacesOf(stage), ledgers: await ledgerPlacesOf(stage) };
    const { groupIds, archive, stream, close: closeJournals } = openJournals(places.journals);
    const { ledger, shadow, close: closeLedgers } = openLedgers(places.ledgers);
    return {
      ...{ groups: groupIds, archive, stream, ledger, shadow },
      close() {
        closeJournals();
        closeLedgers();
      },
    };
  };
}

function localPlaces(stateFolder: string): Places {
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  const output = (name: string): string => {
    const value = outputs.find(({ key }) => key === name)?.value;
    if (!value) throw new Wrong(`The cloud of ${stateFolder} has no ${name}: npm start again.`);
    return value;
  };
  return {
    journals: {
      streams: JSON.parse(output('JournalStreams')),
      bucket: output('ArchiveBucket'),
      endpoints: { kinesis: urls.kinesis, s3: urls.s3 },
    },
    ledgers: {
      ledgerTable: output('LedgerTable'),
      shadowTable: output('LedgerShadowTable'),
      endpoint: urls.dynamodb,
    },
  };
}
