/** The environment variables a function sees: Lambda's own, the template's, and nothing of this machine. */
import type { Resource } from './assembly.ts';

/** What the host reads of a function's properties; defaults are CloudFormation's. */
export type FunctionProps = {
  Code?: unknown;
  Handler?: string;
  MemorySize?: number;
  Timeout?: number;
  ReservedConcurrentExecutions?: number;
  Environment?: { Variables?: Record<string, unknown> };
  LoggingConfig?: { LogGroup?: string };
};

export const DEFAULT_MEMORY_MB = 128;

/** `overrides` (endpoints of the local services) win over the template's variables. */
export function lambdaEnvironment(options: {
  fn: Resource;
  taskRoot: string;
  region: string;
  logGroupName: string;
  logStreamName: string;
  overrides: Record<string, string>;
}): Record<string, string> {
  const { fn, region } = options;
  const props = fn.props as FunctionProps;
  const stated = Object.entries(props.Environment?.Variables ?? {});
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(props.MemorySize ?? DEFAULT_MEMORY_MB),
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: options.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: options.logStreamName,
    AWS_REGION: region,
    AWS_SECRET_ACCESS_KEY: 'local',
    LAMBDA_TASK_ROOT: options.taskRoot,
    LANG: 'en_US.UTF-8',
    POWERTOOLS_TRACE_ENABLED: 'false',
    TZ: ':UTC',
    ...Object.fromEntries(stated.map(([key, value]) => [key, String(value)])),
    ...options.overrides,
    // Set last: at AWS a template cannot override it either.
    _HANDLER: props.Handler ?? 'index.handler',
  };
}
