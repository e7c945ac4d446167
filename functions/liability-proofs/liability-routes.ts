/** What the exchange owes: the published totals for everybody, and each owner's proof of being part of them. */
import * as z from 'zod';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  ok,
  refuse,
} from '#cloud/http-edge.ts';
import type { LiabilityDay, LiabilityDays, PublishedTree } from '#cloud/liability-days.ts';
import type { ProofReader } from '#cloud/liability-proofs.ts';
import { type Session, type SessionVerifier, signedIn } from '#cloud/session-token.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import { formatDecimal } from '#domain/amount.ts';
import { fromHex } from '#wire/hex-digits.ts';
import {
  accountText,
  assetText,
  dayText,
  type LiabilityProofJson,
  liabilityProofJson,
} from '#wire/liability-proof.ts';
import { wholeNumber } from '#wire/page-query.ts';
import type { LiabilitiesJson, LiabilityProofsJson } from '#wire/rest-api.ts';

export type LiabilityPorts = {
  days: Pick<LiabilityDays, 'read' | 'page'>;
  proofs: ProofReader;
};

/** A proof reads some 210 KB; a day has as many as there are assets. */
const proofsAtOnce = 4;
/** The newest published day is looked for so far back. */
const newestOf = 14;
/** A day's figures never change once they are there. */
const forMinutes = { 'cache-control': 'public, max-age=60' };

const daysQuery = z.strictObject({
  limit: wholeNumber({ min: 1, max: 100 }).default(30),
  before: dayText.optional(),
});
const proofQuery = z.strictObject({
  day: dayText.optional(),
  asset: assetText.optional(),
  account: accountText.optional(),
});

export function liabilityRoutes(ports: LiabilityPorts & { verifySession: SessionVerifier }) {
  return {
    'GET /v1/liabilities': (request: ApiRequest) => showDays(request, ports),
    'GET /v1/account/liabilities': signedIn(ports.verifySession, (request, session) =>
      showProofs(request, session, ports),
    ),
  };
}

/** `GET /v1/liabilities`: newest day first. */
async function showDays(request: ApiRequest, { days }: LiabilityPorts): Promise<ApiAnswer> {
  const query = checked(daysQuery, request.query);
  if (isRefused(query)) return query;
  const { limit, before } = query.value;
  const page = await days.page({ limit, ...(before === undefined ? {} : { before }) });
  const oldest = page.at(-1);
  const answer: LiabilitiesJson = {
    days: page.filter(isPublished).map(({ day, publishedAtMs, trees }) => ({
      day,
      publishedAtMs,
      assets: trees.map(treeJson),
    })),
    ...(oldest && page.length === limit ? { before: oldest.day } : {}),
  };
  return ok(answer, forMinutes);
}

/** `GET /v1/account/liabilities`: of the account that is signed in, or of one of its sub-accounts. */
async function showProofs(
  request: ApiRequest,
  session: Session,
  { days, proofs }: LiabilityPorts,
): Promise<ApiAnswer> {
  const query = checked(proofQuery, request.query);
  if (isRefused(query)) return query;
  const { day, asset, account = session.account } = query.value;
  // A stranger's proof is not told apart from one that does not exist.
  if (account !== session.account && !account.startsWith(`${session.account}/`))
    return refuse('not_found');
  const published = day === undefined ? await newestDay(days) : await days.read(day);
  if (!published || !isPublished(published)) return refuse('not_found');
  const trees = published.trees.filter((tree) => asset === undefined || tree.asset === asset);
  if (asset !== undefined && trees.length === 0) return refuse('unknown_asset');
  const found = await sideBySide(trees, proofsAtOnce, async (tree) => {
    const proof = await proofs.proof(account, tree);
    return proof ? [jsonOf(proof, tree)] : [];
  });
  const answer: LiabilityProofsJson = { account, day: published.day, proofs: found.flat() };
  return ok(answer);
}

const jsonOf = (
  proof: Parameters<typeof liabilityProofJson>[0],
  { root, totalUnits }: PublishedTree,
): LiabilityProofJson =>
  liabilityProofJson(proof, { root: fromHex(root), totalUnits: BigInt(totalUnits) });

const newestDay = async (days: LiabilityPorts['days']) =>
  (await days.page({ limit: newestOf })).find(isPublished);

type Published = LiabilityDay & { publishedAtMs: number };
const isPublished = (day: LiabilityDay): day is Published => day.state === 'published';

function treeJson(tree: PublishedTree): LiabilitiesJson['days'][number]['assets'][number] {
  const { vaultUnits, vaultSource, ...published } = tree;
  const text = (units: bigint) => formatDecimal(units, tree.decimals);
  const totalUnits = BigInt(tree.totalUnits);
  return {
    ...published,
    total: text(totalUnits),
    vault: text(vaultUnits),
    surplus: text(vaultUnits - totalUnits),
    vaultSource,
  };
}
