/**
 * Custom resources: the function that each names is told to create it, at every boot, after the functions are up and before
 * anything else runs. It is idempotent, as a function behind CloudFormation has to be, and answers by what it returns.
 */
import { randomUUID } from 'node:crypto';
import type { Assembly, Resource } from './assembly.ts';
import type { Functions } from './functions.ts';

export const CUSTOM_RESOURCE = 'AWS::CloudFormation::CustomResource';

export type CustomResourceOptions = {
  assembly: Assembly;
  functions: Functions;
  progress: (text: string) => void;
};

/** Throws one clear sentence where a function fails. */
export async function createCustomResources(options: CustomResourceOptions): Promise<void> {
  for (const resource of options.assembly.of(CUSTOM_RESOURCE)) {
    const sinceMs = Date.now();
    const token = String(resource.props['ServiceToken']);
    const host = options.functions.byArn(token);
    const result = await host.invoke(createEvent(resource, options.assembly));
    // Nobody calls it again before the next boot: its memory is for others.
    await host.stop();
    if (!result.ok) {
      throw new Error(
        `Stack ${resource.stack}, ${resource.id}: ${host.name} could not create it: ${result.error.errorMessage}`,
      );
    }
    options.progress(`${resource.id} is there after ${Date.now() - sinceMs} ms`);
  }
}

/** AWS CloudFormation user guide, "Custom resource request objects"; there is no URL to answer to. */
function createEvent({ stack, id, type, props }: Resource, { region, account }: Assembly): object {
  const { ServiceToken, ...ResourceProperties } = props;
  return {
    RequestType: 'Create',
    RequestId: randomUUID(),
    StackId: `arn:aws:cloudformation:${region}:${account}:stack/${stack}/local`,
    ResourceType: type,
    LogicalResourceId: id,
    ResourceProperties: { ServiceToken, ...ResourceProperties },
  };
}
