/** The vault alone: how funds come in, what owners take back and when it counts, freezing, who may do what. */
import { Interface } from 'ethers';
import { describe, expect, it } from 'vitest';
import { delaySeconds, marginSeconds, reverts, vaultCalls } from './chain-world.ts';
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
