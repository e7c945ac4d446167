/** Calls of an Ethereum node's JSON-RPC interface, whoever answers them: one node, or a pool of providers. */

export type Rpc = {
  /** Throws `RpcError` for what the node itself refuses, any other error where no answer was had. */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
};

/** The node understood the call and says no: trying it again elsewhere gives the same answer. */
export class RpcError extends Error {
  readonly code: number;
  /** What a contract reverted with, where it did. */
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}
