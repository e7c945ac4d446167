/** Finds a stage's ledger, its shadow and its journals: of a local cloud by what it wrote down when it was ready, of AWS by the archive's function. */
import { resolve } from 'node:path';
import { type JournalPlaces, journalPlacesOf, openJournals } from '#cloud/journal-places.ts';
import { type LedgerPlaces, ledgerPlacesOf, openLedgers } from '#cloud/ledger-places.ts';
import { readLocalCloud } from './local-cloud.ts';
import type { RebuildCommandPorts } from './rebuild.ts';

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
  const { urls, output } = readLocalCloud(stateFolder);
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
