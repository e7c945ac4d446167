/** How operators' function is called in a stage: the deployment gives the name, the command line finds the function by it. */

export const operationsFunctionName = (stage: string): string => `crossbook-${stage}-operations`;
