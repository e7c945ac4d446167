/** A terminal before a stage of real engines: what is typed goes through the command line and the function, and what is printed is kept. */

import { operate } from '../../functions/operations/operate.ts';
import { type OperatorPorts, operateBy } from '../../ops/operate.ts';
import { demoGroups } from '../functions/demo-catalog.ts';
import { type EngineMatchers, engineMatchers } from '../functions/engine-matchers.ts';
import { memoryRegister } from '../functions/memory-register.ts';

export type Terminal = {
  /** Types a line; words in double quotes are one. */
  type(line: string, typed?: { answer?: string }): Promise<{ code: number; said: string }>;
  matchers: EngineMatchers;
  /** How often the command line waited. */
  pauses(): number;
  /** Runs at the next wait. */
  meanwhile(act: () => void): void;
  questions: string[];
};

export function openTerminal(): Terminal {
  const nowMs = () => 1_800_000_000_000;
  const matchers = engineMatchers({ nowMs });
  const register = memoryRegister();
  const questions: string[] = [];
  let commands = 0;
  let pauses = 0;
  let act: () => void = () => undefined;
  const invoke = (event: unknown) =>
    operate(JSON.parse(JSON.stringify(event)), {
      matchers: matchers.client,
      directory: matchers.directory,
      register,
      groups: demoGroups,
      told: () => undefined,
    });
  return {
    matchers,
    questions,
    pauses: () => pauses,
    meanwhile: (next) => {
      act = next;
    },
    async type(line, { answer } = {}) {
      const said: string[] = [];
      const ports: OperatorPorts = {
        reach: async () => ({ invoke, by: 'alice' }),
        newCommandId: () => `command-${++commands}`,
        async ask(question) {
          questions.push(question);
          return answer;
        },
        say: (text) => said.push(text),
        complain: (text) => said.push(text),
        nowMs,
        async pause() {
          pauses += 1;
          act();
        },
      };
      const code = await operateBy(wordsOf(line), ports);
      return { code, said: said.join('\n') };
    },
  };
}

const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
