/** Reads a synthesized CDK assembly and resolves every stack's template for the local cloud. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createResolver, type Resolver, type Template, TemplateError } from './intrinsics.ts';
import { physicalName } from './physical-names.ts';
import { arnOf, attributeOf, type LocalUrls, refOf, type Subject } from './resource-values.ts';

export type Resource = {
  /** Logical id. */
  id: string;
  stack: string;
  type: string;
  /** Physical name or id, unique over all stacks. */
  name: string;
  arn?: string;
  /** Properties with every intrinsic resolved. */
  props: Record<string, unknown>;
};

export type Output = { key: string; value: string; description?: string };

export type Assembly = {
  stacks: string[];
  resources: Resource[];
  outputs: Output[];
  region: string;
  account: string;
  of: (type: string) => Resource[];
  /** The asset folder that a function's `Code` or a container's `Image` names. */
  folderOf: (codeOrImage: unknown) => string | undefined;
};

export type AssemblyOptions = { region: string; account: string; urls: LocalUrls };

type Stack = { name: string; template: Template };

/** Reads the assembly in `folder`. Throws TemplateError, in one sentence, for what cannot run locally. */
export function readAssembly(folder: string, options: AssemblyOptions): Assembly {
  const { stacks, assets } = readStacks(folder);
  const { resources, outputs } = resolveStacks(stacks, options);
  refuseSecondApi(resources);
  return {
    stacks: stacks.map((stack) => stack.name),
    resources,
    outputs,
    region: options.region,
    account: options.account,
    of: (type) => resources.filter((resource) => resource.type === type),
    folderOf: (codeOrImage) => {
      const hash = /[0-9a-f]{64}/.exec(JSON.stringify(codeOrImage) ?? '')?.[0];
      return hash === undefined ? undefined : assets.get(hash);
    },
  };
}

type Manifest = {
  artifacts?: Record<
    string,
    {
      type: string;
      properties?: { templateFile?: string; stackName?: string; directoryName?: string };
    }
  >;
};

type AssetManifest = {
  files?: Record<string, { source: { path?: string } }>;
  dockerImages?: Record<string, { source: { directory?: string } }>;
};

/** Stacks and asset folders of an assembly and of the assemblies nested in it (CDK stages). */
function readStacks(folder: string): { stacks: Stack[]; assets: Map<string, string> } {
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  const manifest = readJson<Manifest>(join(folder, 'manifest.json'));
  for (const [id, { type, properties }] of Object.entries(manifest.artifacts ?? {})) {
    if (type === 'cdk:cloud-assembly' && properties?.directoryName !== undefined) {
      const nested = readStacks(join(folder, properties.directoryName));
      stacks.push(...nested.stacks);
      for (const [hash, path] of nested.assets) assets.set(hash, path);
    }
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) continue;
    const templateFile = join(folder, properties.templateFile);
    stacks.push({ name: properties.stackName ?? id, template: readJson<Template>(templateFile) });
    const assetFile = templateFile.replace('.template.json', '.assets.json');
    if (existsSync(assetFile)) collectAssets(folder, readJson<AssetManifest>(assetFile), assets);
  }
  return { stacks, assets };
}

function collectAssets(folder: string, listed: AssetManifest, assets: Map<string, string>): void {
  for (const [hash, { source }] of Object.entries(listed.files ?? {})) {
    if (source.path !== undefined) assets.set(hash, resolve(folder, source.path));
  }
  for (const [hash, { source }] of Object.entries(listed.dockerImages ?? {})) {
    if (source.directory !== undefined) assets.set(hash, resolve(folder, source.directory));
  }
}

function readJson<T>(path: string): T {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new TemplateError(`${path} cannot be read: synthesize the app first (npm run synth).`);
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new TemplateError(`${path} is not valid JSON: delete its folder and synthesize again.`);
  }
}

function resolveStacks(
  stacks: Stack[],
  options: AssemblyOptions,
): { resources: Resource[]; outputs: Output[] } {
  const subjects = createSubjects(stacks, () => resolver, options);
  const resolver = createResolver({
    region: options.region,
    account: options.account,
    templates: new Map(stacks.map((stack) => [stack.name, stack.template])),
    ...subjects,
  });

  const resources: Resource[] = [];
  const outputs: Output[] = [];
  for (const { name: stack, template } of stacks) {
    for (const [id, raw] of Object.entries(template.Resources ?? {})) {
      const subject = subjects.find(stack, id);
      if (subject === undefined) continue;
      const props = resolver.value(raw.Properties ?? {}, { stack, id }) as Resource['props'];
      const arn = arnOf(subject, options);
      const { type, name } = subject;
      resources.push({ id, stack, type, name, ...(arn === undefined ? {} : { arn }), props });
    }
    for (const [key, output] of Object.entries(template.Outputs ?? {})) {
      const spot = { stack, id: key };
      if (!resolver.holds(output.Condition, spot)) continue;
      const description = output.Description;
      const value = String(resolver.value(output.Value, spot));
      outputs.push({ key, value, ...(description === undefined ? {} : { description }) });
    }
  }
  return { resources, outputs };
}

/** Names resources before their properties are resolved, since properties refer to names. */
function createSubjects(stacks: Stack[], resolver: () => Resolver, options: AssemblyOptions) {
  const templates = new Map(stacks.map((stack) => [stack.name, stack.template]));
  const known = new Map<string, Subject>();

  function find(stack: string, id: string): Subject | undefined {
    const key = `${stack}/${id}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const raw = templates.get(stack)?.Resources?.[id];
    if (raw === undefined || !resolver().holds(raw.Condition, { stack, id })) return undefined;
    const prop = (property: string): unknown =>
      resolver().value(raw.Properties?.[property], { stack, id });
    const name = physicalName({ stack, id, type: raw.Type }, prop);
    const subject = { stack, id, type: raw.Type, name, prop };
    known.set(key, subject);
    return subject;
  }

  return {
    find,
    ref: (stack: string, id: string) => {
      const subject = find(stack, id);
      return subject && refOf(subject, options);
    },
    attribute: (stack: string, id: string, attribute: string) => {
      const subject = find(stack, id);
      if (subject === undefined) return { missing: 'resource' as const };
      const value = attributeOf(subject, attribute, options);
      return value === undefined
        ? { missing: 'attribute' as const, type: subject.type }
        : { value };
    },
    ssmValue: (name: string) => {
      for (const [stack, template] of templates) {
        for (const [id, raw] of Object.entries(template.Resources ?? {})) {
          if (raw.Type !== 'AWS::SSM::Parameter') continue;
          const subject = find(stack, id);
          if (subject?.name === name) return subject.prop('Value');
        }
      }
      return undefined;
    },
    localize: createLocalize(stacks, find, options.urls),
  };
}

/** A template spells an API's address `https://<id>.execute-api.<region>.<suffix>`; locally that is a loopback address. */
function createLocalize(
  stacks: Stack[],
  find: (stack: string, id: string) => Subject | undefined,
  urls: LocalUrls,
): (text: string) => string {
  const bases = new Map<string, string>();
  const fill = (): void => {
    for (const { name: stack, template } of stacks) {
      for (const [id, raw] of Object.entries(template.Resources ?? {})) {
        if (raw.Type !== 'AWS::ApiGatewayV2::Api') continue;
        const isWebSocket = protocolOf(raw.Properties) === 'WEBSOCKET';
        const api = find(stack, id);
        if (api !== undefined) bases.set(api.name, isWebSocket ? urls.webSocketApi : urls.httpApi);
      }
    }
  };
  return (text) => {
    if (!text.includes('.execute-api.')) return text;
    if (bases.size === 0) fill();
    return text.replace(
      /\b(https|wss):\/\/([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g,
      (whole, scheme: string, id: string) => {
        const base = bases.get(id);
        if (base === undefined) return whole;
        return scheme === 'wss' ? base.replace(/^http/, 'ws') : base.replace(/^ws/, 'http');
      },
    );
  };
}

/** One address per kind of API is known before reading, so a second API of a kind would have none. */
function refuseSecondApi(resources: Resource[]): void {
  for (const protocol of ['HTTP', 'WEBSOCKET']) {
    const apis = resources.filter(
      ({ type, props }) => type === 'AWS::ApiGatewayV2::Api' && protocolOf(props) === protocol,
    );
    const [, second] = apis;
    if (second !== undefined) {
      throw new TemplateError(
        `Stack ${second.stack}, ${second.id}: the local cloud serves one ${protocol} API: merge its routes into the first.`,
      );
    }
  }
}

function protocolOf(props: { ProtocolType?: unknown } | undefined): unknown {
  return props?.ProtocolType;
}
