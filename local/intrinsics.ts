/** Resolves CloudFormation's intrinsic functions and conditions to plain values. */

export type TemplateResource = {
  Type: string;
  Properties?: Record<string, unknown>;
  Condition?: string;
};

export type TemplateOutput = {
  Value: unknown;
  Description?: string;
  Export?: { Name: unknown };
  Condition?: string;
};

export type Template = {
  Parameters?: Record<string, { Type?: string; Default?: unknown }>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, TemplateOutput>;
};

/** Where an expression stands; errors name it. */
export type Spot = { stack: string; id: string };

/** What only the reader of the whole assembly can answer. */
export type Surroundings = {
  region: string;
  account: string;
  templates: ReadonlyMap<string, Template>;
  /** The value of Ref to a resource, or undefined where the stack has no such resource. */
  ref: (stack: string, id: string) => string | undefined;
  /** The value of GetAtt; `missing` tells which half is unknown. */
  attribute: (
    stack: string,
    id: string,
    attribute: string,
  ) => { value: string } | { missing: 'resource' | 'attribute'; type?: string };
  /** The value of an SSM parameter that the assembly itself defines. */
  ssmValue: (name: string) => unknown;
  /** Turns addresses of deployed APIs inside a joined text into local ones. */
  localize: (text: string) => string;
};

export type Resolver = {
  value: (expression: unknown, spot: Spot) => unknown;
  holds: (conditionName: string | undefined, spot: Spot) => boolean;
};

/** A template asked for something that has no local value; the message says where and what to do. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Makes the functions that resolve any expression of any stack of the assembly. */
export function createResolver(around: Surroundings): Resolver {
  const functions = createFunctions(around, value);

  function value(expression: unknown, spot: Spot): unknown {
    if (Array.isArray(expression)) {
      return expression.map((item) => value(item, spot)).filter((item) => item !== undefined);
    }
    if (typeof expression !== 'object' || expression === null) return expression;
    const entries = Object.entries(expression);
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      const [key, argument] = only;
      if (key === 'Ref') return reference(around, String(argument), spot);
      if (key === 'Fn::If') return choose(argument, spot);
      if (key.startsWith('Fn::')) {
        const evaluate = functions[key];
        if (evaluate === undefined) throw unsupported(key, spot);
        return evaluate(argument, spot);
      }
    }
    const resolved = entries.map(([key, item]) => [key, value(item, spot)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== undefined));
  }

  function choose(argument: unknown, spot: Spot): unknown {
    const [name, yes, no] = argument as [string, unknown, unknown];
    return value(holds(name, spot) ? yes : no, spot);
  }

  function holds(name: string | undefined, spot: Spot): boolean {
    if (name === undefined) return true;
    const condition = around.templates.get(spot.stack)?.Conditions?.[name];
    if (condition === undefined) {
      throw complaint(spot, `the condition ${name} is not defined: define it under Conditions.`);
    }
    return test(condition, spot);
  }

  function test(condition: unknown, spot: Spot): boolean {
    const [key, argument] = Object.entries(condition as object)[0] ?? [];
    if (key === 'Condition') return holds(String(argument), spot);
    const list = argument as unknown[];
    if (key === 'Fn::And') return list.every((item) => test(item, spot));
    if (key === 'Fn::Or') return list.some((item) => test(item, spot));
    if (key === 'Fn::Not') return !test(list[0], spot);
    if (key === 'Fn::Equals') return value(list[0], spot) === value(list[1], spot);
    throw unsupported(String(key), spot);
  }

  return { value, holds };
}

type Evaluate = (argument: unknown, spot: Spot) => unknown;

function createFunctions(around: Surroundings, value: Evaluate): Record<string, Evaluate> {
  const list = (expression: unknown, spot: Spot): unknown[] => {
    const resolved = value(expression, spot);
    if (Array.isArray(resolved)) return resolved;
    throw complaint(spot, `a list was expected where ${JSON.stringify(resolved)} stands.`);
  };
  return {
    'Fn::GetAtt': (argument, spot) => attribute(around, argument, spot),
    'Fn::Join': (argument, spot) => {
      const [separator, items] = argument as [string, unknown];
      return around.localize(list(items, spot).join(separator));
    },
    'Fn::Sub': (argument, spot) => around.localize(substitute(around, value, argument, spot)),
    'Fn::Select': (argument, spot) => {
      const [position, items] = argument as [unknown, unknown];
      const chosen = list(items, spot)[Number(value(position, spot))];
      if (chosen === undefined) throw complaint(spot, 'Fn::Select points outside its list.');
      return chosen;
    },
    'Fn::Split': (argument, spot) => {
      const [separator, text] = argument as [string, unknown];
      return String(value(text, spot)).split(separator);
    },
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => `${around.region}${zone}`),
    'Fn::Base64': (argument, spot) => Buffer.from(String(value(argument, spot))).toString('base64'),
    'Fn::FindInMap': (argument, spot) => {
      const [map = '', first = '', second = ''] = list(argument, spot).map(String);
      const found = around.templates.get(spot.stack)?.Mappings?.[map]?.[first]?.[second];
      if (found !== undefined) return found;
      throw complaint(spot, `Mappings has no ${map}.${first}.${second}: add it to the template.`);
    },
    'Fn::ImportValue': (argument, spot) => {
      const name = String(value(argument, spot));
      for (const [stack, template] of around.templates) {
        for (const [id, output] of Object.entries(template.Outputs ?? {})) {
          const place = { stack, id };
          if (output.Export !== undefined && value(output.Export.Name, place) === name) {
            return value(output.Value, place);
          }
        }
      }
      throw complaint(spot, `no stack exports ${name}: synthesize the stack that exports it too.`);
    },
    'Fn::GetStackOutput': (argument, spot) => {
      const { StackName, OutputName } = argument as { StackName: unknown; OutputName: string };
      const stack = String(value(StackName, spot));
      const output = around.templates.get(stack)?.Outputs?.[OutputName];
      if (output !== undefined) return value(output.Value, { stack, id: OutputName });
      throw complaint(
        spot,
        `stack ${stack} has no output ${OutputName}: synthesize that stack into the same folder.`,
      );
    },
  };
}

function reference(around: Surroundings, name: string, spot: Spot): unknown {
  const template = around.templates.get(spot.stack);
  const pseudo: Record<string, unknown> = {
    'AWS::NoValue': undefined,
    'AWS::StackName': spot.stack,
    'AWS::StackId': `arn:aws:cloudformation:${around.region}:${around.account}:stack/${spot.stack}/local`,
    'AWS::NotificationARNs': [],
    'AWS::Region': around.region,
    'AWS::AccountId': around.account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  if (name in pseudo) return pseudo[name];

  const parameter = template?.Parameters?.[name];
  if (parameter !== undefined) {
    const fromSsm = parameter.Type?.startsWith('AWS::SSM::Parameter::Value') ?? false;
    const found = fromSsm ? around.ssmValue(String(parameter.Default)) : parameter.Default;
    if (found !== undefined) return found;
    throw complaint(spot, `parameter ${name} has no value: give it a Default in the template.`);
  }

  const found = around.ref(spot.stack, name);
  if (found !== undefined) return found;
  throw complaint(spot, `Ref to ${name}, which the stack does not contain: synthesize it again.`);
}

function attribute(around: Surroundings, argument: unknown, spot: Spot): string {
  const [id, name] = Array.isArray(argument)
    ? (argument as [string, string])
    : splitOnce(String(argument));
  const found = around.attribute(spot.stack, id, name);
  if ('value' in found) return found.value;
  if (found.missing === 'resource') {
    throw complaint(
      spot,
      `Fn::GetAtt ${id}.${name} names a resource the stack does not contain: synthesize it again.`,
    );
  }
  throw complaint(
    spot,
    `Fn::GetAtt ${id}.${name} has no local value for ${found.type}: add it to local/resource-values.ts or avoid it in the template.`,
  );
}

function substitute(around: Surroundings, value: Evaluate, argument: unknown, spot: Spot): string {
  const [text, variables] = Array.isArray(argument)
    ? (argument as [string, Record<string, unknown>])
    : [String(argument), {}];
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return String(value(variables[name], spot));
    return String(
      name.includes('.') ? attribute(around, name, spot) : reference(around, name, spot),
    );
  });
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('.');
  return [text.slice(0, at), text.slice(at + 1)];
}

function unsupported(key: string, spot: Spot): TemplateError {
  return complaint(
    spot,
    `${key} is not supported locally: add it to local/intrinsics.ts or avoid it in the template.`,
  );
}

function complaint(spot: Spot, sentence: string): TemplateError {
  return new TemplateError(`Stack ${spot.stack}, ${spot.id}: ${sentence}`);
}
