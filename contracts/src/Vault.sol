// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ISettlementVault} from "./ISettlementVault.sol";
import {VaultExits} from "./VaultExits.sol";
import {VaultOutcomes} from "./VaultOutcomes.sol";
import {VaultRestrictions} from "./VaultRestrictions.sol";
import {VaultRoles} from "./VaultRoles.sol";

/// @title The vault: who owns what, and how they leave. It outlives the exchange, which only moves balances inside it.
contract Vault is VaultRestrictions, VaultExits, VaultOutcomes {
    error BatchOutOfTurn(uint64 have, uint64 need);
    error MatchedThroughGoesBack(uint64 have, uint64 need);
    error MatchedThroughInFuture(uint64 have, uint64 need);
    error RowChangedTwice(bytes32 digest, uint256 have, uint256 need);
    error AssetNotConserved(uint256 asset, int256 have, uint256 need);
    error NoSuchConversion(uint256 outcome, uint256 complement, uint256 collateral);

    /// @dev How much the operator's clock may be ahead of the block's.
    uint64 private constant CLOCK_SKEW_MS = 30_000;
    /// @dev What a cancelled order and a revoked delegation show as.
    uint256 private constant NO_LONGER_VALID = type(uint256).max;
    uint256 private constant REGISTERED = 1 << 254;

    constructor(Terms memory terms) VaultRoles(terms) {}

    /// @inheritdoc ISettlementVault
    function openBatch(address sender, BatchKeys calldata keys)
        external
        view
        override
        nonReentrantView
        whileOpen
        returns (BatchView memory found)
    {
        if (msg.sender != exchange) revert SenderNotAllowed(msg.sender, exchange);
        if (sender != operator) revert SenderNotAllowed(sender, operator);
        _requireNext(keys.batchId, keys.matchedThroughMs);
        found.epochs = new uint256[](keys.accounts.length);
        for (uint256 i = 0; i < keys.accounts.length; ++i) {
            found.epochs[i] = effectiveEpochOf(keys.accounts[i]);
        }
        found.balances = new uint256[](keys.holdings.length);
        for (uint256 i = 0; i < keys.holdings.length; ++i) {
            uint256 holding = keys.holdings[i];
            found.balances[i] = _balances[keys.accounts[holding & 0xffff]][keys.assets[holding >> 16]];
        }
        found.filled = new uint256[](keys.orderDigests.length);
        for (uint256 i = 0; i < keys.orderDigests.length; ++i) {
            OrderState memory order = _orders[keys.orderAccounts[i]][keys.orderDigests[i]];
            found.filled[i] = _isEffective(order.cancelRequestedAtMs) ? NO_LONGER_VALID : order.filled;
        }
        found.delegations = new uint256[](keys.delegationDigests.length);
        for (uint256 i = 0; i < keys.delegationDigests.length; ++i) {
            found.delegations[i] = _delegationView(keys.delegationAccounts[i], keys.delegationDigests[i]);
        }
    }

    /// @inheritdoc ISettlementVault
    function closeBatch(BatchChanges calldata changes) external override nonReentrant whileOpen {
        if (msg.sender != exchange) revert SenderNotAllowed(msg.sender, exchange);
        _requireNext(changes.batchId, changes.matchedThroughMs);
        lastBatch = changes.batchId;
        matchedThroughMs = changes.matchedThroughMs;
        _moveBalances(changes, _convert(changes));
        for (uint256 i = 0; i < changes.orderDigests.length; ++i) {
            (uint256 before, uint256 filled) = (changes.filledBefore[i], changes.filledAfter[i]);
            if (before == filled) continue;
            bytes32 digest = changes.orderDigests[i];
            OrderState storage order = _orders[changes.orderAccounts[i]][digest];
            // An order that is in the batch twice would be filled twice over.
            if (order.filled != before) revert RowChangedTwice(digest, order.filled, before);
            order.filled = SafeCast.toUint128(filled);
        }
        for (uint256 i = 0; i < changes.delegationDigests.length; ++i) {
            _spend(changes, i);
        }
    }

    function _requireNext(uint64 batchId, uint64 throughMs) private view {
        if (batchId != lastBatch + 1) revert BatchOutOfTurn(batchId, lastBatch + 1);
        if (throughMs < matchedThroughMs) revert MatchedThroughGoesBack(throughMs, matchedThroughMs);
        uint64 latestMs = _nowMs() + CLOCK_SKEW_MS;
        if (throughMs > latestMs) revert MatchedThroughInFuture(throughMs, latestMs);
    }

    /// @dev Changes totals by what is minted and merged; answers by asset what its balances must change by.
    function _convert(BatchChanges calldata changes) private returns (int256[] memory due) {
        due = new int256[](changes.assets.length);
        for (uint256 i = 0; i < changes.conversions.length; ++i) {
            Conversion calldata conversion = changes.conversions[i];
            uint256 outcome = changes.assets[conversion.outcomePosition];
            uint256 complement = changes.assets[conversion.complementPosition];
            uint256 collateral = changes.assets[conversion.collateralPosition];
            (bool isRegistered, uint256 need) = collateralOf(outcome);
            if (!isRegistered || outcome ^ complement != 1 || collateral != need) {
                revert NoSuchConversion(outcome, complement, collateral);
            }
            int256 sets = conversion.sets;
            due[conversion.outcomePosition] += sets;
            due[conversion.complementPosition] += sets;
            due[conversion.collateralPosition] -= sets;
            _totals[outcome] = _moved(_totals[outcome], sets);
            _totals[complement] = _moved(_totals[complement], sets);
            _totals[collateral] = _moved(_totals[collateral], -sets);
        }
    }

    /// @dev Whatever the exchange says, an asset's balances change in sum by what was converted, and none goes below 0.
    function _moveBalances(BatchChanges calldata changes, int256[] memory due) private {
        for (uint256 i = 0; i < changes.holdings.length; ++i) {
            int256 delta = changes.deltas[i];
            if (delta == 0) continue;
            uint256 holding = changes.holdings[i];
            uint256 position = holding >> 16;
            address account = changes.accounts[holding & 0xffff];
            uint256 asset = changes.assets[position];
            uint256 balance = _balances[account][asset];
            if (delta < 0 && balance < uint256(-delta)) {
                revert BalanceTooLow(account, asset, balance, uint256(-delta));
            }
            due[position] -= delta;
            _balances[account][asset] = _moved(balance, delta);
        }
        for (uint256 i = 0; i < due.length; ++i) {
            uint256 fee = changes.fees[i];
            if (due[i] < 0 || uint256(due[i]) != fee) revert AssetNotConserved(changes.assets[i], due[i], fee);
            if (fee != 0) _balances[feeAccount][changes.assets[i]] += fee;
        }
    }

    /// @dev Checked: a result below 0 or above 2^256 reverts.
    function _moved(uint256 value, int256 delta) private pure returns (uint256) {
        return delta < 0 ? value - uint256(-delta) : value + uint256(delta);
    }

    function _delegationView(address account, bytes32 digest) private view returns (uint256) {
        DelegationState memory state = _delegations[account][digest];
        if (_isEffective(state.revokeRequestedAtMs)) return NO_LONGER_VALID;
        uint256 spent = state.day == _today() ? state.spent : 0;
        return state.isRegistered ? spent | REGISTERED : spent;
    }

    function _spend(BatchChanges calldata changes, uint256 i) private {
        (uint256 before, uint256 spent) = (changes.spentBefore[i], changes.spentAfter[i]);
        if (before == spent) return;
        bytes32 digest = changes.delegationDigests[i];
        DelegationState storage state = _delegations[changes.delegationAccounts[i]][digest];
        uint256 have = state.day == _today() ? state.spent : 0;
        if (have != before) revert RowChangedTwice(digest, have, before);
        state.spent = SafeCast.toUint128(spent);
        state.day = uint32(_today());
    }

    function _today() private view returns (uint256) {
        return block.timestamp / 1 days;
    }
}
