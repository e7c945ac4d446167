/** The URL of a queue from its ARN. */

export function queueUrlOf(arn: string, sqsUrl: string): string {
  const [, , , , account, name] = arn.split(':');
  return `${sqsUrl}/${account}/${name}`;
}
