/** A command's request as its client would send it, caught before it is signed: only the client knows address and headers. */
import { assert } from '#domain/assertion.ts';

export type UnsentRequest = {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  headers: Record<string, string>;
};

/** A step that answers by itself, whatever the command's answers are. */
type Catching = () => (args: object) => Promise<never>;
type Catchable = {
  middlewareStack: { add(step: Catching, at: { step: 'build'; priority: 'low' }): void };
};

/** `send` sends the command by its client, which must not keep what it put together for it (`cacheMiddleware`). */
export async function unsentRequest(
  command: Catchable,
  send: () => Promise<unknown>,
): Promise<UnsentRequest> {
  let caught: UnsentRequest | undefined;
  command.middlewareStack.add(
    () => async (args) => {
      caught = (args as { request: UnsentRequest }).request;
      return { response: {}, output: { $metadata: {} } } as never;
    },
    { step: 'build', priority: 'low' },
  );
  await send();
  assert(caught, 'a client sent a command that was to be caught');
  return caught;
}
