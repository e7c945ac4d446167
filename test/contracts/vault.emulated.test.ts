/** The vault alone: how funds come in and leave, what owners take back and when it counts, who may do what. */

import { Interface } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostileTokenAbi } from '../../contracts/abi/hostile-token.ts';
import { hostileTokenBytecode } from '../../contracts/abi/hostile-token-bytecode.ts';
import {
  type ChainWorld,
  delaySeconds,
  marginSeconds,
  reverts,
  startChainWorld,
  User,
  vaultCalls,
} from './chain-world.ts';
import { nextBatch, settle } from './signed-trades.ts';

let world: ChainWorld;
let stop: () => Promise<void>;
let token: string;
let kept: string;
const hostile = new Interface(hostileTokenAbi);
const alice = new User('alice');
const bob = new User('bob');

beforeAll(async () => {
  ({ world, stop } = await startChainWorld());
  token = await world.token('USDC', 6);
  await world.fund(alice.address, token, 1_000n);
  await world.chain.rpc('anvil_setBalance', alice.address, '0x3635c9adc5dea00000');
  kept = await world.chain.rpc('evm_snapshot');
});
afterAll(() => stop?.());

/** Each story begins with alice's 1,000 atoms. */
beforeEach(async () => {
  await world.chain.rpc('evm_revert', kept);
  kept = await world.chain.rpc('evm_snapshot');
});

/** A batch without fills: all that was matched by now is settled. */
async function settleThroughNow(): Promise<void> {
  await world.chain.pass(1);
  await settle(
    world,
    await nextBatch(world, [], [], { matchedThroughMs: await world.chain.nowMs() }),
  );
}

const total = (asset: string | bigint) => world.read<bigint>('totalOf', [BigInt(asset)]);

describe('deposits', () => {
  it('credit the named account with what came in, of tokens and of the coin', async () => {
    await world.vault(alice.address, 'depositNative', [bob.address], 77n);
    expect(await world.balance(bob.address, 0n)).toBe(77n);
    expect(await world.balance(alice.address, token)).toBe(1_000n);
    expect(await total(token)).toBe(1_000n);
    expect(await world.tokensOf(token, world.places.vault)).toBe(1_000n);
  });

  it('of a token that takes a fee credit no more than what came in', async () => {
    const bad = await deployHostile();
    await world.chain.send({
      from: alice.address,
      to: bad,
      data: hostile.encodeFunctionData('setFee', [250, false]),
    });
    await depositHostile(bad, 1_000n);
    expect(await world.balance(alice.address, bad)).toBe(975n);
    expect(await world.tokensOf(bad, world.places.vault)).toBe(975n);
  });

  it('of a token that answers false are refused', async () => {
    const bad = await deployHostile();
    await world.chain.send({
      from: alice.address,
      to: bad,
      data: hostile.encodeFunctionData('setFalse', [true]),
    });
    await reverts(depositHostile(bad, 1_000n), 'SafeERC20FailedOperation');
  });

  it('cannot be made in the midst of a deposit: nothing is counted twice', async () => {
    const bad = await deployHostile();
    const again = vaultCalls.encodeFunctionData('deposit', [BigInt(bad), 500n, alice.address]);
    await world.chain.send({
      from: alice.address,
      to: bad,
      data: hostile.encodeFunctionData('mint', [bad, 5_000n]),
    });
    const approve = hostile.encodeFunctionData('approve', [world.places.vault, 5_000n]);
    const act = hostile.encodeFunctionData('act', [bad, approve]);
    await world.chain.send({ from: alice.address, to: bad, data: act });
    await world.chain.send({
      from: alice.address,
      to: bad,
      data: hostile.encodeFunctionData('setCall', [world.places.vault, again]),
    });
    await depositHostile(bad, 1_000n);
    expect(await world.balance(alice.address, bad)).toBe(1_000n);
    expect(await readHostile(bad, 'hasReentered')).toBe(false);
  });

  it('name their mistakes', async () => {
    const zero = `0x${'00'.repeat(20)}`;
    await reverts(
      world.vault(alice.address, 'deposit', [0n, 1n, alice.address]),
      'AssetNotAToken',
      0n,
    );
    await reverts(
      world.vault(alice.address, 'deposit', [1n << 160n, 1n, alice.address]),
      'AssetNotAToken',
    );
    await reverts(
      world.vault(alice.address, 'depositNative', [alice.address], 0n),
      'NothingReceived',
    );
    await reverts(world.vault(alice.address, 'depositNative', [zero], 1n), 'AddressMissing');
    const bad = await deployHostile();
    await depositHostile(bad, (1n << 128n) - 2n);
    await reverts(depositHostile(bad, 2n), 'TotalTooLarge', BigInt(bad), 2n, 1n);
  });
});

describe('exits', () => {
  it('pay after the delay and a batch matched through the request, to the owner, once', async () => {
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 400n]);
    await reverts(world.vault(bob.address, 'finalizeWithdraw', [1n]), 'ExitNotEffective');
    await world.chain.pass(delaySeconds);
    await reverts(world.vault(bob.address, 'finalizeWithdraw', [1n]), 'ExitNotEffective');
    await settleThroughNow();
    await world.vault(bob.address, 'finalizeWithdraw', [1n]);
    expect(await world.tokensOf(token, alice.address)).toBe(400n);
    expect(await world.balance(alice.address, token)).toBe(600n);
    expect(await total(token)).toBe(600n);
    await reverts(world.vault(alice.address, 'finalizeWithdraw', [1n]), 'ExitOver', 1n);
  });

  it('pay no earlier where a batch comes before the delay is over', async () => {
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 400n]);
    await settleThroughNow();
    await reverts(world.vault(alice.address, 'finalizeWithdraw', [1n]), 'ExitNotEffective');
  });

  it('pay what is left where less than the request is', async () => {
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 5_000n]);
    await world.chain.pass(delaySeconds);
    await settleThroughNow();
    await world.vault(alice.address, 'finalizeWithdraw', [1n]);
    expect(await world.tokensOf(token, alice.address)).toBe(1_000n);
    expect(await world.balance(alice.address, token)).toBe(0n);
  });
});

describe('exit requests', () => {
  it('are given up by their owner alone', async () => {
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 400n]);
    await reverts(world.vault(bob.address, 'abandonWithdraw', [1n]), 'SenderNotAllowed');
    await world.vault(alice.address, 'abandonWithdraw', [1n]);
    await world.chain.pass(delaySeconds);
    await settleThroughNow();
    await reverts(world.vault(alice.address, 'finalizeWithdraw', [1n]), 'ExitOver');
    await reverts(world.vault(alice.address, 'finalizeWithdraw', [2n]), 'ExitUnknown', 2n);
  });

  it('are asked for tokens and the coin, of something', async () => {
    await reverts(
      world.vault(alice.address, 'requestWithdraw', [1n << 160n, 1n]),
      'AssetNotAToken',
    );
    await reverts(
      world.vault(alice.address, 'requestWithdraw', [BigInt(token), 0n]),
      'AmountMissing',
    );
  });

  it('pay coins to a wallet that calls back no more than once', async () => {
    const wallet = await deployHostile();
    await world.vault(alice.address, 'depositNative', [wallet], 100n);
    await world.vault(alice.address, 'depositNative', [bob.address], 900n);
    const act = (data: string) =>
      world.chain.send({
        from: alice.address,
        to: wallet,
        data: hostile.encodeFunctionData('act', [world.places.vault, data]),
      });
    await act(vaultCalls.encodeFunctionData('requestWithdraw', [0n, 100n]));
    await act(vaultCalls.encodeFunctionData('requestWithdraw', [0n, 100n]));
    await world.chain.pass(delaySeconds);
    await settleThroughNow();
    const second = vaultCalls.encodeFunctionData('finalizeWithdraw', [2n]);
    await world.chain.send({
      from: alice.address,
      to: wallet,
      data: hostile.encodeFunctionData('setCall', [world.places.vault, second]),
    });
    await world.vault(alice.address, 'finalizeWithdraw', [1n]);
    expect(await readHostile(wallet, 'hasReentered')).toBe(false);
    expect(
      BigInt(await world.chain.rpc<string>('eth_getBalance', world.places.vault, 'latest')),
    ).toBe(900n);
    expect(await total(0n)).toBe(900n);
  });

  it('of a token that would take more than was paid are refused: others keep theirs', async () => {
    const bad = await deployHostile();
    await depositHostile(bad, 1_000n);
    await world.vault(alice.address, 'requestWithdraw', [BigInt(bad), 100n]);
    await world.chain.pass(delaySeconds);
    await settleThroughNow();
    await world.chain.send({
      from: alice.address,
      to: bad,
      data: hostile.encodeFunctionData('setFee', [1_000, true]),
    });
    await reverts(
      world.vault(alice.address, 'finalizeWithdraw', [1n]),
      'TokenTookTooMuch',
      BigInt(bad),
      110n,
      100n,
    );
    await world.chain.send({
      from: alice.address,
      to: bad,
      data: hostile.encodeFunctionData('setFalse', [true]),
    });
    await reverts(world.vault(alice.address, 'finalizeWithdraw', [1n]), 'SafeERC20FailedOperation');
  });
});

const draft = async (more = {}) => ({
  account: alice.address,
  asset: token,
  amount: 300n,
  recipient: bob.address,
  afterBatch: 0n,
  deadlineMs: (await world.chain.nowMs()) + 600_000,
  withdrawalId: 1n,
  ...more,
});
type Draft = Awaited<ReturnType<typeof draft>>;
const send = (
  withdrawal: Draft,
  { owner = alice, operator = world.places.operator, afterBatch = 0n, from = bob.address } = {},
) => {
  const digest = world.digests.withdraw(withdrawal);
  const approval = world.digests.approval({ withdrawalDigest: digest, afterBatch });
  const signed = [withdrawal, owner.sign(digest), afterBatch, operator.sign(approval)];
  return world.vault(from, 'withdraw', signed);
};

describe('a withdrawal by two signatures', () => {
  it('pays its recipient at once, and once', async () => {
    const withdrawal = await draft();
    const receipt = await send(withdrawal);
    expect(receipt.logs.map(({ address }) => address)).toContain(world.places.vault);
    expect(await world.tokensOf(token, bob.address)).toBe(300n);
    expect(await world.balance(alice.address, token)).toBe(700n);
    await reverts(send(withdrawal), 'AlreadyWithdrawn', world.digests.withdraw(withdrawal));
    expect(await world.read('isWithdrawn', [world.digests.withdraw(withdrawal)])).toBe(true);
  });

  it('needs the owner and the operator', async () => {
    const withdrawal = await draft();
    await reverts(send(withdrawal, { owner: bob }), 'NotSignedBy');
    await reverts(send(withdrawal, { operator: alice }), 'NotSignedBy');
    const digest = world.digests.withdraw(withdrawal);
    await reverts(
      world.vault(bob.address, 'withdraw', [withdrawal, '0x', 0n, '0x']),
      'NotSignedBy',
      digest,
      alice.address,
    );
  });

  it('needs no signature of an owner who sends it himself', async () => {
    const withdrawal = await draft();
    const digest = world.digests.withdraw(withdrawal);
    const approval = world.places.operator.sign(
      world.digests.approval({ withdrawalDigest: digest, afterBatch: 0n }),
    );
    await world.vault(alice.address, 'withdraw', [withdrawal, '0x', 0n, approval]);
    expect(await world.tokensOf(token, bob.address)).toBe(300n);
  });

  it('waits for the later of both batches', async () => {
    const withdrawal = await draft({ afterBatch: 1n });
    await reverts(
      send(withdrawal, { afterBatch: 2n }),
      'WithdrawalTooEarly',
      world.digests.withdraw(withdrawal),
      0n,
      2n,
    );
    await settleThroughNow();
    await reverts(send(withdrawal, { afterBatch: 2n }), 'WithdrawalTooEarly');
    await send(withdrawal, { afterBatch: 1n });
    const owners = await draft({ afterBatch: 9n, withdrawalId: 2n });
    await reverts(
      send(owners, { afterBatch: 1n }),
      'WithdrawalTooEarly',
      world.digests.withdraw(owners),
      1n,
      9n,
    );
  });

  it('names its other mistakes', async () => {
    const late = await draft({ deadlineMs: (await world.chain.nowMs()) - 10_000 });
    await reverts(send(late), 'WithdrawalTooLate');
    await reverts(
      send(await draft({ amount: 1_001n })),
      'BalanceTooLow',
      alice.address,
      BigInt(token),
      1_000n,
      1_001n,
    );
    await reverts(send(await draft({ amount: 0n })), 'AmountMissing');
    await reverts(send(await draft({ recipient: `0x${'00'.repeat(20)}` })), 'AddressMissing');
    await reverts(send(await draft({ asset: `0x${(1n << 160n).toString(16)}` })), 'BalanceTooLow');
  });
});

describe('what owners take back', () => {
  it('is asked for once, and epochs count on', async () => {
    const digest = `0x${'ab'.repeat(32)}`;
    await world.vault(alice.address, 'cancel', [digest]);
    await reverts(world.vault(alice.address, 'cancel', [digest]), 'AlreadyRequested');
    // Somebody else's row is another one.
    await world.vault(bob.address, 'cancel', [digest]);
    await world.vault(alice.address, 'revoke', [digest]);
    await reverts(world.vault(alice.address, 'revoke', [digest]), 'AlreadyRequested');
    await world.vault(alice.address, 'bumpEpoch');
    expect(await world.read('epochOf', [alice.address])).toBe(1n);
    expect(await world.read('effectiveEpochOf', [alice.address])).toBe(0n);
    await world.chain.pass(delaySeconds);
    expect(await world.read('effectiveEpochOf', [alice.address])).toBe(0n);
    await settleThroughNow();
    expect(await world.read('effectiveEpochOf', [alice.address])).toBe(1n);
    await world.vault(alice.address, 'bumpEpoch');
    expect(await world.read('epochOf', [alice.address])).toBe(2n);
    expect(await world.read('effectiveEpochOf', [alice.address])).toBe(1n);
    // A bump in the meantime takes the other's place.
    await world.chain.pass(delaySeconds - 100);
    await world.vault(alice.address, 'bumpEpoch');
    await world.chain.pass(200);
    await settleThroughNow();
    expect(await world.read('effectiveEpochOf', [alice.address])).toBe(1n);
  });

  it('a delegation is registered by its account alone, once', async () => {
    const delegation = {
      account: alice.address,
      sessionKey: bob.address,
      quoteAsset: token,
      maxNotionalPerDay: 1n,
      maxFeeBps: 1,
      marketsRoot: `0x${'00'.repeat(32)}`,
      createdAtMs: 1,
      expiresAtMs: 2,
      epoch: 0n,
      salt: 3n,
    };
    await reverts(
      world.vault(bob.address, 'registerDelegation', [delegation]),
      'SenderNotAllowed',
      bob.address,
      alice.address,
    );
    await world.vault(alice.address, 'registerDelegation', [delegation]);
    const digest = world.digests.delegation(delegation);
    await reverts(
      world.vault(alice.address, 'registerDelegation', [delegation]),
      'AlreadyRegistered',
      digest,
    );
  });
});

describe('freezing', () => {
  it('takes an exit that is overdue; then everybody leaves with the balance', async () => {
    await world.fund(bob.address, token, 50n);
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 400n]);
    await reverts(world.vault(bob.address, 'freeze', [1n]), 'ExitNotOverdue');
    await world.chain.pass(delaySeconds + marginSeconds - 10);
    await reverts(world.vault(bob.address, 'freeze', [1n]), 'ExitNotOverdue');
    await reverts(
      world.vault(bob.address, 'exitFrozen', [alice.address, BigInt(token)]),
      'VaultNotFrozen',
    );
    await world.chain.pass(20);
    await world.vault(bob.address, 'freeze', [1n]);
    expect(await world.read('isFrozen')).toBe(true);
    await reverts(settleThroughNow(), 'VaultFrozen');
    await reverts(world.vault(alice.address, 'depositNative', [alice.address], 1n), 'VaultFrozen');
    await reverts(world.vault(bob.address, 'freeze', [1n]), 'VaultFrozen');
    await world.vault(bob.address, 'finalizeWithdraw', [1n]);
    await world.vault(bob.address, 'exitFrozen', [alice.address, BigInt(token)]);
    await world.vault(alice.address, 'exitFrozen', [bob.address, BigInt(token)]);
    expect(await world.tokensOf(token, alice.address)).toBe(1_000n);
    expect(await world.tokensOf(token, bob.address)).toBe(50n);
    expect(await total(token)).toBe(0n);
    await reverts(
      world.vault(bob.address, 'exitFrozen', [bob.address, BigInt(token)]),
      'AmountMissing',
    );
    await reverts(
      world.vault(bob.address, 'exitFrozen', [bob.address, 1n << 255n]),
      'AssetNotAToken',
    );
  });

  it('is refused in a quiet market whose operator settles empty batches, and without a request', async () => {
    await reverts(world.vault(bob.address, 'freeze', [1n]), 'ExitUnknown');
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 400n]);
    await settleThroughNow();
    await world.chain.pass(delaySeconds + marginSeconds);
    await reverts(world.vault(bob.address, 'freeze', [1n]), 'ExitHonoured');
  });

  it('makes what owners took back count at once', async () => {
    await world.vault(alice.address, 'requestWithdraw', [BigInt(token), 400n]);
    await world.chain.pass(delaySeconds + marginSeconds);
    await world.vault(bob.address, 'freeze', [1n]);
    await world.vault(alice.address, 'bumpEpoch');
    expect(await world.read('effectiveEpochOf', [alice.address])).toBe(1n);
  });
});

describe('roles', () => {
  it('are changed by the timelock alone, and only while its delay is long enough', async () => {
    for (const method of ['setExchange', 'setOperator', 'setResolver']) {
      await reverts(
        world.vault(world.places.operator.address, method, [bob.address]),
        'SenderNotAllowed',
      );
      await world.govern(world.places.vault, vaultCalls.encodeFunctionData(method, [bob.address]));
    }
    for (const method of ['exchange', 'operator', 'resolver']) {
      expect(String(await world.read(method)).toLowerCase()).toBe(bob.address);
    }
    const timelock = new Interface(['function updateDelay(uint256)']);
    await world.govern(world.places.timelock, timelock.encodeFunctionData('updateDelay', [10n]));
    const set = vaultCalls.encodeFunctionData('setOperator', [alice.address]);
    await reverts(world.govern(world.places.vault, set), 'AdminDelayTooShort');
  });

  it('need addresses, and a vault two house accounts and a slow timelock', async () => {
    const zero = `0x${'00'.repeat(20)}`;
    await reverts(
      world.govern(world.places.vault, vaultCalls.encodeFunctionData('setOperator', [zero])),
      'AddressMissing',
    );
    const { terms } = world.places;
    await reverts(
      world.deployVault({ ...terms, feeAccount: terms['insuranceAccount'] }),
      'HouseAccountsEqual',
    );
    await reverts(world.deployVault({ ...terms, feeAccount: zero }), 'AddressMissing');
    await reverts(
      world.deployVault({ ...terms, freezeMargin: marginSeconds + 1 }),
      'AdminDelayTooShort',
    );
  });

  it('let nobody but the exchange settle', async () => {
    const open = [world.places.operator.address, 1, 0, '0x'];
    await reverts(
      world.vault(world.places.operator.address, 'openBatch', open),
      'SenderNotAllowed',
    );
    await reverts(
      world.vault(world.places.operator.address, 'closeBatch', [1, 0, '0x', '0x']),
      'SenderNotAllowed',
    );
  });
});

async function deployHostile(): Promise<string> {
  return world.chain.deploy(world.places.deployer, hostileTokenBytecode, hostile, []);
}

async function depositHostile(bad: string, atoms: bigint): Promise<void> {
  const from = alice.address;
  const calls: [string, unknown[]][] = [
    ['mint', [from, atoms]],
    ['approve', [world.places.vault, atoms]],
  ];
  for (const [method, args] of calls) {
    await world.chain.send({ from, to: bad, data: hostile.encodeFunctionData(method, args) });
  }
  await world.vault(from, 'deposit', [BigInt(bad), atoms, from]);
}

async function readHostile(bad: string, method: string): Promise<unknown> {
  const data = hostile.encodeFunctionData(method);
  const answer = await world.chain.call({ from: alice.address, to: bad, data });
  return hostile.decodeFunctionResult(method, answer)[0];
}
