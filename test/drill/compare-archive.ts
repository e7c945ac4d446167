/** Compares the archive with the stream: it holds every frame that counts, and comes to the same chain. */
import { bucketOf, createArchiveStore } from '#cloud/archive-store.ts';
import { bucketClient } from '#cloud/clients.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { startOfJournal } from '#wire/accept-record.ts';
import { eventually } from '../system/waiting.ts';
import type { Differences } from './compare.ts';
import type { Clouds } from './drilled-exchange.ts';
import { journalOf, readJournals } from './journal-story.ts';

/** The archive's consumer collects for ten seconds. */
const archivedWithinMs = 30_000;

export async function compareArchive(clouds: Clouds, { unsettled }: Differences): Promise<void> {
  const client = bucketClient(clouds.s3);
  const store = createArchiveStore(bucketOf({ client, bucket: clouds.archiveBucket }));
  let missing: string[] = [];
  const compare = async () => {
    missing = [];
    for (const { groupId, to } of await readJournals(clouds.kinesis)) {
      const records: JournalRecord[] = [];
      for await (const some of store.read(groupId, startOfJournal)) records.push(...some);
      const archived = journalOf(records).to;
      if (archived.frame !== to.frame)
        missing.push(`the archive of ${groupId} ends at frame ${archived.frame} of ${to.frame}`);
      else if (archived.chain !== to.chain)
        missing.push(`the archive of ${groupId} is another journal than the stream's`);
    }
    return missing.length === 0;
  };
  try {
    await eventually('the archive to hold the journals', compare, archivedWithinMs);
  } catch (error) {
    unsettled.push(...(missing.length > 0 ? missing : [(error as Error).message]));
  } finally {
    client.destroy();
  }
}
