/** Everything that traders call, as one `fetch`: the real routes over real engines, in a time that tests move. History is empty. */
import type { Signer } from 'ethers';
import { Crossbook, type CrossbookOptions } from '#client/crossbook.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { ordersEnder } from '#cloud/guard-tasks.ts';
import { type HttpLambda, httpHandler } from '#cloud/http-edge.ts';
import type { AccountSettings, Balance, Lent } from '#cloud/ledger-store.ts';
import { createSessionSigner, createSessionVerifier } from '#cloud/session-token.ts';
import { createSigningRights } from '#cloud/signing-rights.ts';
import { units } from '#domain/amount.ts';
import { httpRoutes } from '#wire/routes.ts';
import { accountRoutes } from '../../functions/accounts/account-routes.ts';
import { delegationRoutes } from '../../functions/delegations/delegation-routes.ts';
import { marketRoutes } from '../../functions/markets/market-routes.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { publishedSigner } from '../../functions/sessions/session-key.ts';
import { giveNonce, type SignInPorts, signIn } from '../../functions/sessions/sign-in.ts';
import { chainPlaces } from './chain-places.ts';
import { demoDigests, demoDirectory, demoDomain, demoGroups } from './demo-catalog.ts';
import { emptyStatements } from './empty-statements.ts';
import { engineMatchers } from './engine-matchers.ts';
import { call, silentLogger } from './http-call.ts';
import { memorySessions } from './memory-sessions.ts';
import { type MemoryTable, memoryTable } from './memory-table.ts';

type Served = 'orders' | 'accounts' | 'markets' | 'sessions' | 'delegations';

export function wholeExchange(startMs = 1_800_000_000_000) {
  let nowMs = startMs;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const matchers = engineMatchers(clock);
  const ledger = lendingLedger();
  const chain = memoryTable('chain');
  const handlers = handlersOf({ clock, matchers, ledger, chain });
  const requests: string[] = [];

  const fetchFrom = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const { method = 'GET', body } = init;
    const { pathname, searchParams } = new URL(String(url));
    const found = routeOf(method, pathname);
    requests.push(`${method} ${pathname}`);
    if (!found) return new Response('{}', { status: 404 });
    const answer = await call(handlers[found.name], found.route, {
      path: found.path,
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(body ? { text: String(body) } : {}),
    });
    const headers = answer.headers as Record<string, string>;
    return new Response(JSON.stringify(answer.body), {
      status: answer.status ?? 200,
      headers,
    });
  };
  return {
    clock,
    matchers,
    requests,
    /** What the chain said, and who may sign for whom. */
    chain,
    client: (signer: Signer, options: Partial<CrossbookOptions> = {}) =>
      new Crossbook({
        ...options,
        apiUrl: 'http://localhost:8080',
        signer: signer as never,
        fetch: fetchFrom,
        now: clock.nowMs,
        signInDomain: 'localhost',
        wait: async () => undefined,
      }),
    /** The clock goes on, and what is due in the meantime happens. */
    pass(ms: number) {
      nowMs += ms;
      for (const groupId of demoGroups) matchers.ring(groupId);
    },
    /** Lends funds to a pair group's matcher, as the ledger does. */
    fund(groupId: string, account: string, asset: string, amount: number) {
      matchers.grant(groupId, account, asset, amount);
      ledger.lend(account, asset, groupId, amount);
    },
  };
}

/** A ledger that has lent everything to the matchers. */
function lendingLedger() {
  const lent = new Map<string, Lent[]>();
  const settings = new Map<string, AccountSettings>();
  return {
    lend(account: string, asset: string, groupId: string, amount: number) {
      const key = `${account} ${asset}`;
      const before = lent.get(key) ?? [];
      const grantNumber = (before.find((each) => each.groupId === groupId)?.grantNumber ?? 0) + 1;
      const line = { groupId, grantNumber, grantedUnits: units(amount) };
      const others = before.filter((each) => each.groupId !== groupId);
      lent.set(key, [...others, { ...line, returnNumber: 0, returnedUnits: units(0) }]);
    },
    balances: async (account: string): Promise<Balance[]> =>
      [...lent].flatMap(([key, lines]) => {
        const [owner, asset = ''] = key.split(' ');
        const none = { available: units(0), demanded: units(0), withdrawing: units(0), credit: [] };
        return owner === account ? [{ asset, ...none, lent: lines }] : [];
      }),
    accountSettings: async (account: string) =>
      settings.get(account) ?? ({ creditPolicy: 'exact' } as const),
    async setAccountSettings(account: string, value: AccountSettings) {
      settings.set(account, value);
    },
  };
}

function handlersOf(given: {
  clock: { nowMs(): number; monotonicMs(): number };
  matchers: ReturnType<typeof engineMatchers>;
  ledger: ReturnType<typeof lendingLedger>;
  chain: MemoryTable;
}): Record<Served, HttpLambda> {
  const { clock, ledger } = given;
  const matchers = given.matchers.client;
  const stage = 'local';
  const store = memorySessions();
  const verifySession = createSessionVerifier({ keys: store, stage, clock });
  let ids = 0;
  const newId = (digits: number) => (++ids).toString(16).padStart(digits, '0');
  const signInPorts: SignInPorts = {
    store,
    clock,
    signer: publishedSigner(store, () =>
      createSessionSigner({ secret: 's'.repeat(64), stage, clock }),
    ),
    newNonce: () => newId(32),
    domains: ['localhost'],
    chainId: demoDomain.chainId,
  };
  const markets = demoDirectory;
  const groups = demoGroups;
  const logger = { logger: silentLogger };
  const data = { trades: async () => [], candles: async () => [], ticker: async () => undefined };
  const own = {
    fills: async () => ({ fills: [] }),
    doneOrders: async () => ({ orders: [] }),
    order: async () => undefined,
  };
  const rights = createSigningRights({ ...given.chain, clock });
  const signed = { digestOf: demoDigests, rights, clock, verifySession };
  const orders = { matchers, markets, groups, ...signed };
  const delegations = { store: createDelegationStore(given.chain), ...signed };
  const terms = { matchers, history: data, clock, directory: markets, groups };
  const accounts = {
    ledger,
    statements: emptyStatements,
    history: own,
    matchers,
    markets,
    groups,
    verifySession,
  };
  return {
    orders: httpHandler(
      'orders',
      orderRoutes({ ...orders, newCommandId: () => `0x${newId(64)}` }),
      logger,
    ),
    delegations: httpHandler(
      'delegations',
      delegationRoutes({ ...delegations, endOrders: ordersEnder(given.chain, clock) }),
      logger,
    ),
    accounts: httpHandler('accounts', accountRoutes(accounts), logger),
    markets: httpHandler(
      'markets',
      marketRoutes({ ...terms, signingDomain: demoDomain, chain: chainPlaces }),
      logger,
    ),
    sessions: httpHandler(
      'sessions',
      {
        'POST /v1/sessions/nonce': (request) => giveNonce(request, signInPorts),
        'POST /v1/sessions': (request) => signIn(request, signInPorts),
      },
      logger,
    ),
  };
}

/** The function and route that API Gateway would choose: the one with the most fixed words. */
function routeOf(method: string, pathname: string) {
  const words = pathname.split('/');
  const fits = (['orders', 'accounts', 'markets', 'sessions', 'delegations'] as const).flatMap(
    (name) =>
      httpRoutes[name].flatMap((route) => {
        const [routeMethod, template = ''] = route.split(' ');
        const parts = template.split('/');
        if (routeMethod !== method || parts.length !== words.length) return [];
        const path: Record<string, string> = {};
        for (const [at, part] of parts.entries()) {
          const word = decodeURIComponent(words[at] ?? '');
          if (part.startsWith('{')) path[part.slice(1, -1)] = word;
          else if (part !== word) return [];
        }
        return [{ name, route, path }];
      }),
  );
  return fits.sort((a, b) => Object.keys(a.path).length - Object.keys(b.path).length)[0];
}
