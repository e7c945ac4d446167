/** Asynchronous invocations: accepted at once, retried twice, then told to the function's dead-letter queue or destination. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Assembly } from './assembly.ts';
import { type Functions, functionNameOf } from './functions.ts';
import type { InvokeResult, LambdaHost } from './lambda-host.ts';
import { queueUrlOf } from './queue-url.ts';
import { pauseUnlessAborted } from './shard-poller.ts';

export type AsyncInvocations = {
  /** Runs the function in the background. */
  submit: (host: LambdaHost, event: unknown) => void;
  stop: () => Promise<void>;
};

export type AsyncInvocationOptions = {
  assembly: Assembly;
  functions: Functions;
  sqs: SQSClient;
  sqsUrl: string;
  report: (text: string) => void;
  /** Pause before each retry. AWS waits one minute, then two; nobody wants to, locally. */
  retryPausesMs?: number[];
};

type Policy = { maxRetries: number; onFailureArn?: string; onSuccessArn?: string };

const DEFAULT_PAUSES_MS = [1_000, 2_000];

export function createAsyncInvocations(options: AsyncInvocationOptions): AsyncInvocations {
  const policies = readPolicies(options);
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const pausesMs = options.retryPausesMs ?? DEFAULT_PAUSES_MS;

  async function run(host: LambdaHost, event: unknown): Promise<void> {
    const policy = policies.get(host.name) ?? { maxRetries: 2 };
    const deadLetterArn = deadLetterArnOf(host);
    const requestId = randomUUID();
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const result = await host.invoke(event, { requestId });
      const notice = (condition: string) =>
        destinationNotice({ host, event, requestId, result, condition, invokeCount: attempt + 1 });
      if (result.ok) {
        if (policy.onSuccessArn) await send(policy.onSuccessArn, notice('Success'));
        return;
      }
      if (attempt >= policy.maxRetries) {
        options.report(`${host.name} failed ${attempt + 1} times: ${result.error.errorMessage}`);
        if (policy.onFailureArn) await send(policy.onFailureArn, notice('RetriesExhausted'));
        if (deadLetterArn) await send(deadLetterArn, event);
        return;
      }
      await pauseUnlessAborted(pausesMs[attempt] ?? pausesMs.at(-1) ?? 0, stopping.signal);
    }
  }

  async function send(arn: string, body: unknown): Promise<void> {
    const QueueUrl = queueUrlOf(arn, options.sqsUrl);
    await options.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
  }

  return {
    submit: (host, event) => {
      const work: Promise<void> = run(host, event)
        .catch((error: Error) => options.report(`${host.name}: ${error.message}`))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    stop: async () => {
      stopping.abort();
      await Promise.race([
        Promise.all(underWay),
        pauseUnlessAborted(500, new AbortController().signal),
      ]);
    },
  };
}

function readPolicies({ assembly }: AsyncInvocationOptions): Map<string, Policy> {
  const policies = new Map<string, Policy>();
  for (const { props, stack, id } of assembly.of('AWS::Lambda::EventInvokeConfig')) {
    const destinations = (props['DestinationConfig'] ?? {}) as {
      OnFailure?: { Destination: string };
      OnSuccess?: { Destination: string };
    };
    const onFailureArn = destinations.OnFailure?.Destination;
    const onSuccessArn = destinations.OnSuccess?.Destination;
    for (const arn of [onFailureArn, onSuccessArn]) {
      if (arn !== undefined && !arn.includes(':sqs:')) {
        throw new Error(`Stack ${stack}, ${id}: the destination ${arn} is not an SQS queue.`);
      }
    }
    policies.set(functionNameOf(String(props['FunctionName'])), {
      maxRetries: Number(props['MaximumRetryAttempts'] ?? 2),
      ...(onFailureArn === undefined ? {} : { onFailureArn }),
      ...(onSuccessArn === undefined ? {} : { onSuccessArn }),
    });
  }
  return policies;
}

function deadLetterArnOf(host: LambdaHost): string | undefined {
  const config = host.fn.props['DeadLetterConfig'] as { TargetArn?: string } | undefined;
  return config?.TargetArn?.includes(':sqs:') ? config.TargetArn : undefined;
}

function destinationNotice(told: {
  host: LambdaHost;
  event: unknown;
  requestId: string;
  result: InvokeResult;
  condition: string;
  invokeCount: number;
}): object {
  const { host, result } = told;
  const failed = !result.ok;
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: told.requestId,
      functionArn: `${host.arn}:$LATEST`,
      condition: told.condition,
      approximateInvokeCount: told.invokeCount,
    },
    requestPayload: told.event,
    responseContext: {
      statusCode: 200,
      executedVersion: '$LATEST',
      ...(failed ? { functionError: result.functionError } : {}),
    },
    responsePayload: failed ? result.error : result.payload,
  };
}
