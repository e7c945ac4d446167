// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVault} from "./IVault.sol";
import {ISettlementVault} from "./ISettlementVault.sol";
import {VaultFunds} from "./VaultFunds.sol";

/// @title Outcomes: two positions that together are always worth one atom of their collateral.
/// @notice They live in the vault only. Settlement mints and merges complete sets; a resolved condition's are redeemed.
abstract contract VaultOutcomes is VaultFunds {
    error ConditionKnown(uint256 outcome);
    error ConditionUnknown(uint256 outcome);
    error ConditionAlreadyResolved(uint256 outcome);
    error ConditionNotResolved(uint256 outcome);
    error PayoutTooLarge(uint256 outcome, uint16 have, uint16 need);
    /// @notice A match of before the resolution may still move the outcomes.
    error NotSettledThrough(uint256 outcome, uint64 haveMs, uint64 needMs);

    struct Condition {
        bool isRegistered;
        uint16 payoutBps;
        uint64 resolvedAtMs;
        uint160 collateral;
    }

    uint16 private constant WHOLE_BPS = 10_000;

    /// @dev By the even one of its outcomes.
    mapping(uint256 outcome => Condition) private _conditions;

    /// @notice Lets outcomes of a condition be minted.
    /// @param conditionId The resolver's name for it.
    /// @param collateral A token, or 0 for the coin.
    /// @return outcome The even one of both outcomes.
    function registerCondition(bytes32 conditionId, uint256 collateral) external returns (uint256 outcome) {
        _requireResolver();
        if (collateral > type(uint160).max) revert AssetNotAToken(collateral);
        outcome = outcomeOf(conditionId, collateral);
        Condition storage condition = _conditions[outcome];
        if (condition.isRegistered) revert ConditionKnown(outcome);
        condition.isRegistered = true;
        condition.collateral = uint160(collateral);
        emit ConditionRegistered(outcome, conditionId, collateral);
    }

    /// @notice Says what outcomes are worth, for good.
    /// @param outcome The even one of both.
    /// @param payoutBps Of a collateral atom, for an atom of `outcome`; the other one gets the rest.
    function resolve(uint256 outcome, uint16 payoutBps) external {
        _requireResolver();
        Condition storage condition = _conditions[outcome];
        if (!condition.isRegistered) revert ConditionUnknown(outcome);
        if (condition.resolvedAtMs != 0) revert ConditionAlreadyResolved(outcome);
        if (payoutBps > WHOLE_BPS) revert PayoutTooLarge(outcome, payoutBps, WHOLE_BPS);
        condition.payoutBps = payoutBps;
        condition.resolvedAtMs = _nowMs();
        emit ConditionResolved(outcome, payoutBps, _nowMs());
    }

    /// @inheritdoc IVault
    function redeem(address account, uint256 outcome) external override returns (uint256 paid) {
        Condition storage condition = _conditions[outcome & ~uint256(1)];
        uint64 resolvedAtMs = condition.resolvedAtMs;
        if (resolvedAtMs == 0) revert ConditionNotResolved(outcome);
        if (!isFrozen && matchedThroughMs < resolvedAtMs) {
            revert NotSettledThrough(outcome, matchedThroughMs, resolvedAtMs);
        }
        uint256 amount = _balances[outcome][account].atoms;
        if (amount == 0) revert BalanceTooLow(account, outcome, 0, 1);
        uint256 collateral = condition.collateral;
        uint256 payoutBps = outcome & 1 == 0 ? condition.payoutBps : WHOLE_BPS - condition.payoutBps;
        // What is rounded away stays in the vault: nobody's.
        paid = amount * payoutBps / WHOLE_BPS;
        _balances[outcome][account].atoms = 0;
        _totals[outcome] -= amount;
        _balances[collateral][account].atoms += paid;
        _totals[collateral] += paid;
        emit Redeemed(account, outcome, collateral, amount, paid);
    }

    /// @inheritdoc ISettlementVault
    function collateralOf(uint256 outcome) public view override returns (bool isRegistered, uint256 collateral) {
        Condition storage condition = _conditions[outcome & ~uint256(1)];
        return (condition.isRegistered, condition.collateral);
    }

    /// @notice The even outcome of a condition: at least 2^255, so never a token.
    /// @param conditionId The resolver's name for it.
    /// @param collateral A token, or 0 for the coin.
    function outcomeOf(bytes32 conditionId, uint256 collateral) public pure returns (uint256) {
        return (uint256(keccak256(abi.encode(conditionId, collateral))) | 1 << 255) & ~uint256(1);
    }

    function _requireResolver() private view {
        if (msg.sender != resolver) revert SenderNotAllowed(msg.sender, resolver);
    }
}
