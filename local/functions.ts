/** All functions of the assembly, found by name, ARN or API integration URI. */
import type { Assembly } from './assembly.ts';
import { TemplateError } from './intrinsics.ts';
import { createLambdaHost, type LambdaHost } from './lambda-host.ts';
import type { LogLine } from './log-files.ts';

export type Functions = {
  /** By name, ARN (a version or alias after it is ignored) or `…:lambda:path/…/functions/<arn>/invocations`. */
  byArn: (arnOrUri: string) => LambdaHost;
  byName: (name: string) => LambdaHost | undefined;
  all: () => LambdaHost[];
  stop: () => Promise<void>;
};

/** Makes a host for every function; no code is loaded before a function's first event. */
export function createFunctions(options: {
  assembly: Assembly;
  environment: Record<string, string>;
  log: (line: LogLine) => void;
}): Functions {
  const hosts = new Map<string, LambdaHost>();
  for (const fn of options.assembly.of('AWS::Lambda::Function')) {
    hosts.set(fn.name, createLambdaHost({ ...options, fn }));
  }
  return {
    byArn: (arnOrUri) => {
      const host = hosts.get(functionNameOf(arnOrUri));
      if (host !== undefined) return host;
      throw new TemplateError(
        `No function of the assembly answers to ${arnOrUri}: synthesize the stack that defines it too.`,
      );
    },
    byName: (name) => hosts.get(name),
    all: () => [...hosts.values()],
    stop: async () => {
      await Promise.all([...hosts.values()].map((host) => host.stop()));
    },
  };
}

/** The function's name in any of the forms in which AWS refers to a function. */
export function functionNameOf(arnOrUri: string): string {
  return /:function:([^:/]+)/.exec(arnOrUri)?.[1] ?? arnOrUri.split(':')[0] ?? arnOrUri;
}
