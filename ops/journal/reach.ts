/** Finds a stage's journals: of a local cloud by what it wrote down when it was ready, of AWS by the archive's function. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type JournalPlaces, journalPlacesOf, openJournals } from '#cloud/journal-places.ts';
import { reachFrom } from '../reach.ts';
import { Wrong } from '../wrong.ts';
import type { JournalPorts } from './run.ts';

/** As much of `cloud.json` as is read. */
type CloudFile = {
  urls: { kinesis: string; s3: string };
  outputs: { key: string; value: string }[];
};

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
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  const output = (name: string) => outputs.find(({ key }) => key === name)?.value;
  const streams = output('JournalStreams');
  const bucket = output('ArchiveBucket');
  if (!streams || !bucket)
    throw new Wrong(`The cloud of ${stateFolder} has no archive: npm start again.`);
  return {
    streams: JSON.parse(streams),
    bucket,
    endpoints: { kinesis: urls.kinesis, s3: urls.s3 },
  };
}
