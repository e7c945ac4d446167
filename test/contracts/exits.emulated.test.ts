/** How funds leave: after a delay by their owner's request, at once by two signatures. */
import { describe, expect, it } from 'vitest';
import { delaySeconds, reverts, vaultCalls } from './chain-world.ts';
import {
  alice,
  bob,
  deployHostile,
  depositHostile,
  hostile,
  readHostile,
  settleThroughNow,
  token,
  total,
  useVault,
  world,
} from './vault-floor.ts';

useVault();

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
