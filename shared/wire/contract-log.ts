/** Reads the logs of a contract. An event's topic is hashed once; ethers' own `parseLog` hashes every event of the ABI for each log that it reads. */
import type { EventFragment, Interface, Result } from 'ethers';

export type ContractEvent = { name: string; args: Result };
export type LogReader = (log: {
  topics: readonly string[];
  data: string;
}) => ContractEvent | undefined;

/** Undefined for a log of an event that the contract does not have. */
export function logReader(contract: Interface): LogReader {
  const events = new Map<string, EventFragment>();
  contract.forEachEvent((event) => events.set(event.topicHash, event));
  return ({ topics, data }) => {
    const event = events.get(topics[0] ?? '');
    return event && { name: event.name, args: contract.decodeEventLog(event, data, topics) };
  };
}
