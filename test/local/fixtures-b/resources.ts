/** Resources and assemblies written by hand, as the template reader would give them. */
import type { Assembly, Resource } from '../../../local/assembly.ts';
import {
  type EventSourceMapping,
  readEventSourceMapping,
} from '../../../local/event-source-mapping.ts';

export function resource(
  type: string,
  name: string,
  props: Record<string, unknown> = {},
  arn?: string,
): Resource {
  return { id: name, stack: 'Stack', type, name, props, ...(arn === undefined ? {} : { arn }) };
}

export function assemblyOf(
  resources: Resource[],
  folderOf: Assembly['folderOf'] = () => undefined,
): Assembly {
  return {
    stacks: ['Stack'],
    resources,
    outputs: [],
    region: 'us-east-1',
    account: '000000000000',
    of: (type) => resources.filter((one) => one.type === type),
    folderOf,
  };
}

export function mappingOf(props: Record<string, unknown>): EventSourceMapping {
  return readEventSourceMapping(
    resource('AWS::Lambda::EventSourceMapping', 'mapping', {
      FunctionName: 'fn',
      StartingPosition: 'TRIM_HORIZON',
      ...props,
    }),
  );
}
