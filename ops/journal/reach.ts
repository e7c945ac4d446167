/** Finds a stage's journals: of a local cloud by what it wrote down when it was ready, of AWS by the archive's function. */
import { resolve } from 'node:path';
import { type JournalPlaces, journalPlacesOf, openJournals } from '#cloud/journal-places.ts';
import { readLocalCloud } from '../local-cloud.ts';
import { reachFrom } from '../reach.ts';
import type { JournalPorts } from './run.ts';

export function journalsFrom(root: string): JournalPorts['reach'] {
  return async (where) => {
    const { stage, stateFolder } = where;
    const places =
      stage === 'local'
        ? localPlaces(resolve(root, stateFolder ?? '.local'))
        : await journalPlacesOf(stage);
    const operations = reachFrom({ root, userName: 'journal' });
    return {
      ...openJournals(places),
      async markets() {
        try {
          const { invoke } = await operations(where);
          const answer = await invoke({ type: 'show_markets' });
          return answer.status === 'markets' ? answer.markets : [];
        } catch {
          // Amounts are shown in ticks and lots then.
          return [];
        }
      },
    };
  };
}

function localPlaces(stateFolder: string): JournalPlaces {
  const { urls, output } = readLocalCloud(stateFolder);
  return {
    streams: JSON.parse(output('JournalStreams')),
    bucket: output('ArchiveBucket'),
    endpoints: { kinesis: urls.kinesis, s3: urls.s3 },
  };
}
