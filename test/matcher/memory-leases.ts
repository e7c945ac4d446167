/** The lease row in memory: conditional writes that can fail, or land although their answer is lost. */
import type { Lease, LeaseStore } from '#cloud/lease-store.ts';
import type { Fate } from './memory-journal.ts';

export class MemoryLeases {
  row: Lease | undefined;
  /** Fates of the next writes; then all are done. */
  fates: Fate[] = [];

  /** The row as one process sees it; after `cut` every call fails. */
  connect(): { store: LeaseStore; cut: () => void } {
    let isCut = false;
    const reachable = async () => {
      if (isCut) throw new Error('the table cannot be reached');
    };
    const write = async (lease: Lease, seenVersion: number | undefined): Promise<boolean> => {
      await reachable();
      const fate = this.fates.shift() ?? 'done';
      if (fate === 'fails') throw new Error('the write failed');
      if (this.row?.version !== seenVersion) return false;
      this.row = lease;
      if (fate === 'answer_lost') throw new Error('the answer was lost');
      return true;
    };
    const isOurs = (lease: Lease) =>
      this.row?.owner === lease.owner && this.row.epoch === lease.epoch && !this.row.released;
    return {
      cut: () => {
        isCut = true;
      },
      store: {
        read: async () => {
          await reachable();
          return this.row;
        },
        take: async (seen, wish) => {
          const epoch = (seen?.epoch ?? 0) + 1;
          const version = (seen?.version ?? 0) + 1;
          const lease = { ...wish, epoch, version, released: false };
          return (await write(lease, seen?.version)) ? lease : undefined;
        },
        renew: async (lease) => {
          const renewed = { ...lease, version: lease.version + 1 };
          if (await write(renewed, lease.version)) return { status: 'renewed', lease: renewed };
          return isOurs(lease) && this.row
            ? { status: 'stale', lease: this.row }
            : { status: 'lost' };
        },
        release: async (lease) => {
          await write({ ...lease, version: lease.version + 1, released: true }, lease.version);
        },
      },
    };
  }
}
