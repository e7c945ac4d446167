/** The address under which other tasks reach this one, from the ECS task metadata endpoint (version 4). */
import * as z from 'zod';

const task = z.object({
  Networks: z.array(z.object({ IPv4Addresses: z.array(z.string()).min(1) })).optional(),
  Containers: z
    .array(
      z.object({
        Networks: z.array(z.object({ IPv4Addresses: z.array(z.string()).min(1) })).optional(),
      }),
    )
    .optional(),
});

/** Whoever does not run as a task is reached on this machine only. */
const loopback = '127.0.0.1';

/** `metadataUri` is the value of ECS_CONTAINER_METADATA_URI_V4. Answers the container's own entry before the task's. */
export async function ownAddress(metadataUri: string | undefined): Promise<string> {
  if (!metadataUri) return loopback;
  for (const uri of [metadataUri, `${metadataUri}/task`]) {
    const response = await fetch(uri, { signal: AbortSignal.timeout(2_000) });
    const read = task.parse(await response.json());
    const networks = read.Networks ?? read.Containers?.flatMap((each) => each.Networks ?? []);
    const address = networks?.[0]?.IPv4Addresses[0];
    if (address) return address;
  }
  throw new Error(`${metadataUri} names no IPv4 address: the task must run in awsvpc mode`);
}
