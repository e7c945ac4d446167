/** An operator at his terminal: `npm run ops -- … --json` as a process of its own, against a running exchange. */
import { strict as assert } from 'node:assert';
import { type } from './console.ts';

type Said = {
  ok: boolean;
  error?: string;
  answer?: { code?: string; groups?: { code?: string }[] };
};

export function operatorOf(stateFolder: string) {
  const say = async (line: string[]): Promise<Said> => {
    const words = ['start.mjs', 'ops/main.ts', ...line, '--state', stateFolder, '--json'];
    const typed = type(process.execPath, words);
    await typed.ended;
    const last = typed.printed().trim().split('\n').at(-1) ?? '';
    return JSON.parse(last) as Said;
  };
  return {
    /** Orders it, and throws where that is refused. */
    async orders(line: string): Promise<void> {
      const said = await say([...line.split(' '), '--why', 'told by a test']);
      assert.equal(said.ok, true, `${line}: ${JSON.stringify(said)}`);
    },
    /** Tries it, and answers the code of the first refusal. */
    async tries(line: string): Promise<string | undefined> {
      const said = await say([...line.split(' '), '--why', 'told by a test']);
      assert.equal(said.ok, false, `${line} was not refused`);
      const { answer } = said;
      return answer?.groups?.find(({ code }) => code)?.code ?? answer?.code ?? said.error;
    },
    /** The table of markets, by id. */
    async markets() {
      const said = (await say(['markets'])) as Said & { markets: { market: { id: string } }[] };
      return new Map(said.markets.map((each) => [each.market.id, each]));
    },
  };
}
