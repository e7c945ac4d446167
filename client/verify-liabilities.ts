/** `npm run verify -- proof.json`: checks a proof of liabilities on your own machine, and says in plain words what it checked. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { hashText, publishedShape } from '#wire/liability-proof.ts';
import {
  type LiabilityFault,
  type ProvenLiability,
  type Published,
  verifyLiabilityProof,
} from './liability-proof.ts';

const usage = `Checks a proof that what an exchange published to owe contains what it owes you. It calls nobody.

  npm run verify -- proof.json [--root 0x…] [--published days.json] [--account 0x…] [--amount 12.5]

  proof.json     one proof, or the whole answer of GET /v1/account/liabilities; - reads it from the input
  --root         the root as you know it from another place than the proof (one asset only)
  --published    the answer of GET /v1/liabilities, kept by you or somebody you trust
  --account      what you know to be your account
  --amount       what you know to have held of the asset when the day ended (one asset only)

It ends with 0 where the proof leads to what was published, with 1 on any fault, and with 2 where nothing published
was given to compare it with.`;

const faultTexts: Record<LiabilityFault, string> = {
  malformed: 'The file is no proof of the format crossbook-liabilities-1',
  no_such_count: 'It names a number of accounts that no tree can have',
  no_such_position: 'It names a position that its tree does not have',
  no_such_decimals: 'It names decimals that no asset can have',
  salt_of_other_length: 'Its salt does not have 32 bytes',
  path_of_other_length: 'Its way to the root has more or fewer steps than its tree has levels',
  amount_out_of_bounds:
    'An amount on its way is negative, or larger than the accounts below it may hold',
  padding_is_not_empty: 'Where its tree has no more accounts, it shows something else than padding',
  root_differs: 'Your leaf and the siblings do not lead to the root that the proof states',
  total_differs: 'Your amount and the siblings do not add up to the total that the proof states',
  published_differs: 'The proof is of something else than what was published',
};

type Wish = { root?: string; published?: string; account?: string; amount?: string };
type Print = (line: string) => void;

/** Answers the exit code. */
export function verifyLiabilities(args: string[], read: (path: string) => string, print: Print) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      root: { type: 'string' },
      published: { type: 'string' },
      account: { type: 'string' },
      amount: { type: 'string' },
    },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) {
    print(usage);
    return 1;
  }
  const proofs = proofsIn(JSON.parse(read(path)));
  const published =
    values.published === undefined ? [] : daysIn(JSON.parse(read(values.published)));
  if (values.root !== undefined) hashText.parse(values.root);
  if (proofs.length === 0)
    print('There is no proof in this file: nothing was owed, or it is another file.');
  const codes = proofs.map((proof) => codeOf(proof, values, published, print));
  return [1, 2, 0].find((code) => codes.includes(code)) ?? 1;
}

function codeOf(proof: unknown, wish: Wish, published: Published[], print: Print): number {
  const known = knownOf(proof, wish, published);
  if (known === 'missing') {
    print('NO: what you gave as published names no such day and asset.');
    return 1;
  }
  const verdict = verifyLiabilityProof(proof, known);
  if (verdict.status === 'refused') {
    print(`NO: ${faultTexts[verdict.fault]} (${verdict.details}).`);
    return 1;
  }
  const { proven } = verdict;
  for (const line of wordsOf(proven)) print(line);
  if (wish.account !== undefined && wish.account.toLowerCase() !== proven.account) {
    print(`NO: this is the proof of ${proven.account}, and yours is ${wish.account}.`);
    return 1;
  }
  if (wish.amount !== undefined && wish.amount !== proven.amount) {
    print(
      `NO: the tree holds ${proven.amount} ${proven.asset} for you, and you know of ${wish.amount}.`,
    );
    return 1;
  }
  print(
    proven.isPublished
      ? 'YES: it is part of what was published.'
      : 'HALF: the proof agrees with itself. It proves something only when its root is the published one: compare it, or give it by --root.',
  );
  return proven.isPublished ? 0 : 2;
}

function wordsOf(proven: ProvenLiability): string[] {
  const { account, day, amount, asset, total, accounts, position, siblings, root } = proven;
  return [
    `${asset}, owed when ${day} ended (UTC)`,
    `  account   ${account}`,
    `  amount    ${amount} ${asset}`,
    `  leaf      ${position + 1} of ${accounts}: hashed anew from account, asset, amount and salt`,
    `  way       ${siblings} siblings, each with its sum; none negative, none beyond what its accounts may hold`,
    `  total     ${total} ${asset}: your amount and theirs, added up`,
    `  root      ${root}: computed, and the one that the proof states`,
  ];
}

/** What is known to be published of a proof's day and asset. */
function knownOf(
  proof: unknown,
  { root }: Wish,
  published: Published[],
): Published | undefined | 'missing' {
  const { day, asset } = (proof ?? {}) as { day?: unknown; asset?: unknown };
  const found = published.find((each) => each.day === day && each.asset === asset);
  if (published.length > 0 && !found) return 'missing';
  if (root === undefined) return found;
  // Two sources of one root must agree with each other too.
  return found && found.root !== root ? 'missing' : { ...found, root };
}

function proofsIn(file: unknown): unknown[] {
  const { proofs } = (file ?? {}) as { proofs?: unknown };
  return Array.isArray(proofs) ? proofs : [file];
}

function daysIn(file: unknown): Published[] {
  const { days } = (file ?? {}) as { days?: unknown };
  if (!Array.isArray(days)) return [publishedShape.parse(file)];
  const assets = days.flatMap(({ assets }: { assets: unknown[] }) => assets);
  return assets.map((each) => publishedShape.parse(each));
}

if (import.meta.main) {
  const readInput = (path: string) => readFileSync(path === '-' ? 0 : path, 'utf8');
  try {
    process.exitCode = verifyLiabilities(process.argv.slice(2), readInput, console.log);
  } catch (error) {
    console.error(`NO: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
