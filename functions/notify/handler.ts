/** Notify: tells users on their private feed what was booked, soon after it was. */
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { entriesOfEvent } from '#cloud/event-entries.ts';
import { fanOutInvoker } from '#cloud/fan-out-invoker.ts';
import { createFeedStore } from '#cloud/feed-store.ts';
import { createLogger } from '#cloud/logger.ts';
import { createMarketDirectory } from '#cloud/market-directory.ts';
import { outboxHandler } from '#cloud/outbox-edge.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import type { MoneyEvent } from '#wire/outbox.ts';
import { tellAccounts } from './tell-accounts.ts';

const environment = process.env;
const client = documentClient();
const ledger = { client, table: setting(environment, 'ledgerTable') };

const ports = {
  feed: createFeedStore({ client, table: setting(environment, 'feedTable') }),
  entriesOf: (account: string, event: MoneyEvent) => entriesOfEvent(ledger, account, event),
  markets: createMarketDirectory({
    ...{ client, table: setting(environment, 'historyTable'), clock: systemClock },
    catalog: catalogOf(environment),
  }),
  fanOut: fanOutInvoker(setting(environment, 'fanOutFunction')),
};

export const handler = outboxHandler({
  topic: 'notify',
  outbox: createOutboxStore({ client, table: setting(environment, 'outboxTable') }),
  begin: () => tellAccounts(ports),
  clock: systemClock,
  logger: createLogger('notify'),
});
