/** The contracts on a chain of one's own: deployed, with users who hold keys, tokens to deposit, and calls that say why they revert. */
import {
  AbiCoder,
  concat,
  getBytes,
  getCreateAddress,
  Interface,
  keccak256,
  SigningKey,
  toBeHex,
} from 'ethers';
import { signRecoverable } from 'tiny-secp256k1';
import { exchangeAbi } from '../../contracts/abi/exchange.ts';
import { exchangeBytecode } from '../../contracts/abi/exchange-bytecode.ts';
import { testTokenAbi } from '../../contracts/abi/test-token.ts';
import { testTokenBytecode } from '../../contracts/abi/test-token-bytecode.ts';
import { timelockAbi } from '../../contracts/abi/timelock.ts';
import { timelockBytecode } from '../../contracts/abi/timelock-bytecode.ts';
import { vaultAbi } from '../../contracts/abi/vault.ts';
import { vaultBytecode } from '../../contracts/abi/vault-bytecode.ts';
import { digests } from '../../shared/wire/eip712.ts';
import { startAnvil } from '../twins/anvil-twin.ts';

export const vaultCalls = new Interface(vaultAbi);
export const exchangeCalls = new Interface(exchangeAbi);
export const tokenCalls = new Interface(testTokenAbi);
const timelockCalls = new Interface(timelockAbi);
const everyError = [vaultCalls, exchangeCalls, tokenCalls, timelockCalls];

/** A key and its lower-case address. */
export class User {
  readonly key: SigningKey;
  readonly address: string;
  #secret: Uint8Array;

  constructor(name: string) {
    this.key = new SigningKey(keccak256(Buffer.from(`crossbook test user ${name}`)));
    this.#secret = getBytes(this.key.privateKey);
    this.address = `0x${keccak256(`0x${this.key.publicKey.slice(4)}`).slice(26)}`;
  }

  /** What `key.sign` answers, many times as fast. */
  sign(digest: string): string {
    const { signature, recoveryId } = signRecoverable(getBytes(digest), this.#secret);
    return concat([signature, toBeHex(27 + recoveryId)]);
  }
}

/** A call that reverted: the contract's error and its arguments. */
export class Reverted extends Error {
  readonly error: string;
  readonly args: readonly unknown[];

  constructor(data: string, message: string) {
    const found = everyError.map((calls) => parsed(calls, data)).find((each) => each);
    super(found ? `${found.name}(${found.args.join(', ')})` : `${message} ${data}`);
    this.error = found?.name ?? data;
    this.args = found ? [...found.args] : [];
  }
}

/** Fails where the call goes through, or reverts otherwise; arguments are compared as far as they are given. */
export async function reverts(
  call: Promise<unknown>,
  error: string,
  ...args: readonly unknown[]
): Promise<void> {
  const said = await call.then(
    () => 'nothing: it went through',
    (thrown: unknown) => thrown,
  );
  if (!(said instanceof Reverted)) throw new Error(`${error} was expected: ${String(said)}`);
  const lower = (values: readonly unknown[]) => values.map((value) => String(value).toLowerCase());
  const found = [said.error, ...lower(said.args.slice(0, args.length))].join(', ');
  const expected = [error, ...lower(args)].join(', ');
  if (found !== expected) throw new Error(`${expected} was expected: ${said.message}`);
}

function parsed(calls: Interface, data: string) {
  try {
    return calls.parseError(data) ?? undefined;
  } catch {
    return undefined;
  }
}

export type Receipt = {
  gasUsed: bigint;
  logs: { address: string; topics: string[]; data: string }[];
};

type RpcReceipt = Omit<Receipt, 'gasUsed'> & { status: string; gasUsed: string };

type Call = { from: string; to?: string; data?: string; value?: bigint };

export const delaySeconds = 3_600;
export const marginSeconds = 1_800;
export const graceSeconds = 86_400;
export const hardFeeCapBps = 500;

/** `timestamp`: of the genesis block, in seconds, and blocks are a second apart, however long they take; now where absent. */
type Starting = { args?: readonly string[]; timestamp?: number | undefined };

/** Every address may send without a key: transactions are not what is tested here. */
export async function startChainWorld({ args = [], timestamp }: Starting = {}) {
  const anvil = await startAnvil({
    args: ['--auto-impersonate', '--base-fee', '0', '--gas-price', '0', ...args],
    timestamp,
  });
  const chain = new Chain(anvil.url);
  if (timestamp !== undefined) await chain.rpc('anvil_setBlockTimestampInterval', 1);
  const roles = {
    deployer: new User('deployer').address,
    operator: new User('operator'),
    guardian: new User('guardian').address,
    resolver: new User('resolver').address,
    governor: new User('governor').address,
    fees: new User('fees'),
    insurance: new User('insurance'),
  };
  const from = roles.deployer;
  const at = (nonce: number) => getCreateAddress({ from, nonce }).toLowerCase();
  const timelock = await chain.deploy(from, timelockBytecode, timelockCalls, [
    delaySeconds + marginSeconds,
    [roles.governor],
    [roles.governor],
    '0x0000000000000000000000000000000000000000',
  ]);
  const terms = {
    admin: timelock,
    exchange: at(2),
    operator: roles.operator.address,
    resolver: roles.resolver,
    feeAccount: roles.fees.address,
    insuranceAccount: roles.insurance.address,
    restrictionDelay: delaySeconds,
    freezeMargin: marginSeconds,
  };
  const vault = await chain.deploy(from, vaultBytecode, vaultCalls, [terms]);
  const exchange = await chain.deploy(from, exchangeBytecode, exchangeCalls, [
    vault,
    roles.guardian,
    graceSeconds,
    hardFeeCapBps,
  ]);
  const world = new ChainWorld(chain, { ...roles, timelock, vault, exchange, terms });
  return { world, stop: anvil.stop };
}

type Places = {
  timelock: string;
  vault: string;
  exchange: string;
  terms: Record<string, unknown>;
  deployer: string;
  operator: User;
  guardian: string;
  resolver: string;
  governor: string;
  fees: User;
  insurance: User;
};

/** JSON-RPC without a client between. */
export class Chain {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async rpc<T>(method: string, ...params: unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(this.url, { method: 'POST', headers, body });
    const { result, error } = (await response.json()) as {
      result: T;
      error?: { message: string; data?: string };
    };
    if (error?.data) throw new Reverted(error.data, error.message);
    if (error) throw new Error(error.message);
    return result;
  }

  async call(call: Call): Promise<string> {
    return this.rpc('eth_call', rpcCall(call), 'latest');
  }

  /** As the next block would say, at a time in seconds. */
  async callAt(call: Call, seconds: number): Promise<string> {
    const time = `0x${seconds.toString(16)}`;
    return this.rpc('eth_call', rpcCall(call), 'latest', {}, { time });
  }

  /** Many calls in one request. */
  async callAll(calls: readonly Call[]): Promise<string[]> {
    const body = calls.map((call, id) => ({
      ...{ jsonrpc: '2.0', id, method: 'eth_call' },
      params: [rpcCall(call), 'latest'],
    }));
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(body) });
    const answers = (await response.json()) as { id: number; result: string }[];
    return answers.sort((a, b) => a.id - b.id).map(({ result }) => result);
  }

  /** Sends and waits; a revert throws with its reason. */
  async send(call: Call): Promise<Receipt> {
    const gas = '0xf00000';
    const hash = await this.rpc<string>('eth_sendTransaction', {
      ...rpcCall(call),
      gas,
      gasPrice: '0x0',
    });
    const receipt = await this.#receiptOf(hash);
    if (receipt.status !== '0x1') {
      await this.rpc('eth_call', { ...rpcCall(call), gas }, 'latest');
      throw new Error('a transaction failed that a call does not');
    }
    return { ...receipt, gasUsed: BigInt(receipt.gasUsed) };
  }

  /** A block follows each transaction at once, but not before its hash is answered. */
  async #receiptOf(hash: string) {
    for (let tried = 0; tried < 1_000; tried += 1) {
      const receipt = await this.rpc<RpcReceipt | null>('eth_getTransactionReceipt', hash);
      if (receipt) return receipt;
    }
    throw new Error(`no block took ${hash}`);
  }

  async deploy(from: string, bytecode: string, calls: Interface, args: unknown[]): Promise<string> {
    const data = concat([bytecode, calls.encodeDeploy(args)]);
    const nonce = Number(await this.rpc<string>('eth_getTransactionCount', from, 'latest'));
    await this.send({ from, data });
    return getCreateAddress({ from, nonce }).toLowerCase();
  }

  async nowMs(): Promise<number> {
    const block = await this.rpc<{ timestamp: string }>('eth_getBlockByNumber', 'latest', false);
    return Number(block.timestamp) * 1000;
  }

  /** A block so much later. */
  async pass(seconds: number): Promise<void> {
    await this.rpc('evm_increaseTime', seconds);
    await this.rpc('evm_mine');
  }
}

function rpcCall({ value, ...call }: Call) {
  return value === undefined ? call : { ...call, value: `0x${value.toString(16)}` };
}

export class ChainWorld {
  readonly chain: Chain;
  readonly places: Places;
  readonly digests: ReturnType<typeof digests>;

  constructor(chain: Chain, places: Places) {
    this.chain = chain;
    this.places = places;
    this.digests = digests({ chainId: 31337n, verifyingContract: places.vault });
  }

  vault(from: string, method: string, args: unknown[] = [], value?: bigint): Promise<Receipt> {
    const data = vaultCalls.encodeFunctionData(method, args);
    const call = { from, to: this.places.vault, data };
    return this.chain.send(value === undefined ? call : { ...call, value });
  }

  exchange(from: string, method: string, args: unknown[] = []): Promise<Receipt> {
    const data = exchangeCalls.encodeFunctionData(method, args);
    return this.chain.send({ from, to: this.places.exchange, data });
  }

  async read<T>(method: string, args: unknown[] = []): Promise<T> {
    const data = vaultCalls.encodeFunctionData(method, args);
    const answer = await this.chain.call({
      from: this.places.deployer,
      to: this.places.vault,
      data,
    });
    return vaultCalls.decodeFunctionResult(method, answer)[0] as T;
  }

  async token(symbol: string, decimals = 18): Promise<string> {
    const args = [symbol, symbol, decimals, this.places.deployer];
    return this.chain.deploy(this.places.deployer, testTokenBytecode, tokenCalls, args);
  }

  tokens(from: string, token: string, method: string, args: unknown[]): Promise<Receipt> {
    return this.chain.send({ from, to: token, data: tokenCalls.encodeFunctionData(method, args) });
  }

  async tokensOf(token: string, account: string): Promise<bigint> {
    const data = tokenCalls.encodeFunctionData('balanceOf', [account]);
    const answer = await this.chain.call({ from: account, to: token, data });
    return tokenCalls.decodeFunctionResult('balanceOf', answer)[0] as bigint;
  }

  deployVault(terms: Record<string, unknown>): Promise<string> {
    return this.chain.deploy(this.places.deployer, vaultBytecode, vaultCalls, [terms]);
  }

  deployExchange({ guardian = this.places.guardian, feeCapBps = hardFeeCapBps } = {}) {
    const args = [this.places.vault, guardian, graceSeconds, feeCapBps];
    return this.chain.deploy(this.places.deployer, exchangeBytecode, exchangeCalls, args);
  }

  /** Mints and deposits: `account` has `atoms` more in the vault. */
  async fund(account: string, token: string, atoms: bigint): Promise<void> {
    const { deployer, vault } = this.places;
    await this.tokens(deployer, token, 'mint', [deployer, atoms]);
    await this.tokens(deployer, token, 'approve', [vault, atoms]);
    await this.vault(deployer, 'deposit', [BigInt(token), atoms, account]);
  }

  balance(account: string, asset: bigint | string): Promise<bigint> {
    return this.read('balanceOf', [account, BigInt(asset)]);
  }

  /** What the timelock does once its delay is over, at once. */
  async govern(target: string, data: string): Promise<Receipt> {
    const { governor, timelock } = this.places;
    const zero = toBeHex(0, 32);
    const delay = delaySeconds + marginSeconds;
    const args = [target, 0, data, zero, zero];
    const send = (method: string, params: unknown[]) =>
      this.chain.send({
        from: governor,
        to: timelock,
        data: timelockCalls.encodeFunctionData(method, params),
      });
    await send('schedule', [...args, delay]);
    await this.chain.pass(delay);
    return send('execute', args);
  }
}

/** The leaf of a market in a delegation's tree. */
export const leafOf = (base: bigint, quote: bigint): string =>
  keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(['uint256', 'uint256'], [base, quote])));
