// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {BatchRows} from "./BatchRows.sol";
import {ISettlementVault} from "./ISettlementVault.sol";
import {VaultExits} from "./VaultExits.sol";
import {VaultOutcomes} from "./VaultOutcomes.sol";
import {VaultRestrictions} from "./VaultRestrictions.sol";
import {VaultRoles} from "./VaultRoles.sol";

/// @title The vault: who owns what, and how they leave. It outlives the exchange, which only moves balances inside it.
contract Vault is VaultRestrictions, VaultExits, VaultOutcomes {
    using BatchRows for bytes;

    error BatchOutOfTurn(uint64 have, uint64 need);
    error MatchedThroughGoesBack(uint64 have, uint64 need);
    error MatchedThroughInFuture(uint64 have, uint64 need);
    error RowsMalformed(uint256 have, uint256 need);
    error RowChangedTwice(bytes32 digest, uint256 have, uint256 need);
    error DeltaTooLarge(uint256 holding, int256 have);
    error AssetNotConserved(uint256 asset, int256 have, uint256 need);
    error NoSuchConversion(uint256 outcome, uint256 complement, uint256 collateral);

    /// @notice How much the operator's clock may be ahead of the block's.
    uint64 public constant CLOCK_SKEW_MS = 30_000;

    int256 private constant DELTA_BOUND = 1 << 128;

    /// @param terms Roles and delays.
    constructor(Terms memory terms) VaultRoles(terms) {}

    /// @inheritdoc ISettlementVault
    function openBatch(address sender, uint64 batchId, uint64 throughMs, bytes calldata rows)
        external
        view
        override
        nonReentrantView
        whileOpen
        returns (bytes memory found)
    {
        if (msg.sender != exchange) revert SenderNotAllowed(msg.sender, exchange);
        if (sender != operator) revert SenderNotAllowed(sender, operator);
        _requireNext(batchId, throughMs);
        BatchRows.Places memory places = _placesOf(rows);
        unchecked {
            found = BatchRows.allocate(places.accounts + places.holdings + places.orders + places.delegations);
            uint256 to;
            for (uint256 i = 0; i < places.accounts; ++i) {
                found.set(to++, effectiveEpochOf(rows.accountOf(i)));
            }
            to = _findBalances(rows, places, found, to);
            for (uint256 i = places.ordersAt; i < places.delegationsAt; i += 2) {
                uint256 order = _orders[rows.accountOf(rows.load(i))][bytes32(rows.load(i + 1))].word;
                found.set(to++, _isEffective(uint64(order >> 128)) ? BatchRows.NO_LONGER_VALID : uint128(order));
            }
            for (uint256 i = places.delegationsAt; i < places.end; i += 2) {
                found.set(to++, _delegationView(rows.accountOf(rows.load(i)), bytes32(rows.load(i + 1))));
            }
        }
    }

    /// @inheritdoc ISettlementVault
    function closeBatch(uint64 batchId, uint64 throughMs, bytes calldata rows, bytes calldata changes)
        external
        override
        nonReentrant
        whileOpen
    {
        if (msg.sender != exchange) revert SenderNotAllowed(msg.sender, exchange);
        _requireNext(batchId, throughMs);
        BatchRows.Places memory places = _placesOf(rows);
        lastBatch = batchId;
        matchedThroughMs = throughMs;
        unchecked {
            uint256 next = places.holdings + places.assets;
            uint256 conversionsAt = next + 2 * (places.orders + places.delegations);
            if (changes.length < conversionsAt << 5) revert RowsMalformed(changes.length, conversionsAt << 5);
            _moveBalances(rows, changes, places, _convert(rows, changes, places, conversionsAt));
            for (uint256 i = places.ordersAt; i < places.delegationsAt; i += 2) {
                _fill(rows, i, changes.load(next), changes.load(next + 1));
                next += 2;
            }
            for (uint256 i = places.delegationsAt; i < places.end; i += 2) {
                _spend(rows, i, changes.load(next), changes.load(next + 1));
                next += 2;
            }
        }
    }

    function _requireNext(uint64 batchId, uint64 throughMs) private view {
        if (batchId != lastBatch + 1) revert BatchOutOfTurn(batchId, lastBatch + 1);
        if (throughMs < matchedThroughMs) revert MatchedThroughGoesBack(throughMs, matchedThroughMs);
        uint64 latestMs = _nowMs() + CLOCK_SKEW_MS;
        if (throughMs > latestMs) revert MatchedThroughInFuture(throughMs, latestMs);
    }

    function _placesOf(bytes calldata rows) private pure returns (BatchRows.Places memory places) {
        places = BatchRows.placesOf(rows.load(0));
        if (rows.length != places.end << 5) revert RowsMalformed(rows.length, places.end << 5);
    }

    function _findBalances(bytes calldata rows, BatchRows.Places memory places, bytes memory found, uint256 to)
        private
        view
        returns (uint256)
    {
        unchecked {
            uint256 known = type(uint256).max;
            mapping(address => Balance) storage held = _balances[0];
            for (uint256 i = places.holdingsAt; i < places.ordersAt; ++i) {
                uint256 holding = rows.load(i);
                if (holding >> 16 != known) {
                    known = holding >> 16;
                    held = _balances[rows.load(places.assetsAt + known)];
                }
                found.set(to++, held[rows.accountOf(holding & 0xffff)].atoms);
            }
            return to;
        }
    }

    /// @dev Changes totals by what is minted and merged; answers by asset what its balances must change by.
    function _convert(bytes calldata rows, bytes calldata changes, BatchRows.Places memory places, uint256 from)
        private
        returns (int256[] memory due)
    {
        due = new int256[](places.assets);
        uint256 end = changes.length >> 5;
        for (uint256 i = from; i < end; i += BatchRows.CONVERSION_WORDS) {
            (uint256 outcomeAt, uint256 complementAt) = (changes.load(i), changes.load(i + 1));
            uint256 collateralAt = changes.load(i + 2);
            int256 sets = int256(changes.load(i + 3));
            due[outcomeAt] += sets;
            due[complementAt] += sets;
            due[collateralAt] -= sets;
            uint256 outcome = rows.load(places.assetsAt + outcomeAt);
            uint256 complement = rows.load(places.assetsAt + complementAt);
            uint256 collateral = rows.load(places.assetsAt + collateralAt);
            (bool isRegistered, uint256 need) = collateralOf(outcome);
            if (!isRegistered || outcome ^ complement != 1 || collateral != need) {
                revert NoSuchConversion(outcome, complement, collateral);
            }
            _totals[outcome] = _moved(_totals[outcome], sets);
            _totals[complement] = _moved(_totals[complement], sets);
            _totals[collateral] = _moved(_totals[collateral], -sets);
        }
    }

    /// @dev Whatever the exchange says, an asset's balances change in sum by what was converted, and none goes below 0.
    function _moveBalances(
        bytes calldata rows,
        bytes calldata changes,
        BatchRows.Places memory places,
        int256[] memory due
    ) private {
        // No sum of 2^16 such deltas overflows, nor does a balance: totals stay below 2^128.
        unchecked {
            uint256 known = type(uint256).max;
            int256 sum;
            mapping(address => Balance) storage held = _balances[0];
            for (uint256 i = 0; i < places.holdings; ++i) {
                int256 delta = int256(changes.load(i));
                if (delta == 0) continue;
                if (uint256(delta + DELTA_BOUND) > uint256(2 * DELTA_BOUND)) revert DeltaTooLarge(i, delta);
                uint256 holding = rows.load(places.holdingsAt + i);
                if (holding >> 16 != known) {
                    if (sum != 0) due[known] -= sum;
                    sum = 0;
                    known = holding >> 16;
                    held = _balances[rows.load(places.assetsAt + known)];
                }
                sum += delta;
                address account = rows.accountOf(holding & 0xffff);
                Balance storage owned = held[account];
                uint256 balance = owned.atoms;
                int256 left = int256(balance) + delta;
                if (left < 0) {
                    revert BalanceTooLow(account, rows.load(places.assetsAt + known), balance, uint256(-delta));
                }
                owned.atoms = uint256(left);
            }
            if (sum != 0) due[known] -= sum;
        }
        for (uint256 i = 0; i < due.length; ++i) {
            uint256 fee = changes.load(places.holdings + i);
            uint256 asset = rows.load(places.assetsAt + i);
            if (due[i] < 0 || uint256(due[i]) != fee) revert AssetNotConserved(asset, due[i], fee);
            if (fee != 0) _balances[asset][feeAccount].atoms += fee;
        }
    }

    /// @dev Checked: a result below 0 or above 2^256 reverts.
    function _moved(uint256 value, int256 delta) private pure returns (uint256) {
        return delta < 0 ? value - uint256(-delta) : value + uint256(delta);
    }

    function _fill(bytes calldata rows, uint256 row, uint256 before, uint256 filled) private {
        if (before == filled) return;
        bytes32 digest = bytes32(rows.load(row + 1));
        OrderState storage order = _orders[rows.accountOf(rows.load(row))][digest];
        uint256 word = order.word;
        // An order that is in the batch twice would be filled twice over.
        if (uint128(word) != before) revert RowChangedTwice(digest, uint128(word), before);
        order.word = word >> 128 << 128 | SafeCast.toUint128(filled);
    }

    function _spend(bytes calldata rows, uint256 row, uint256 before, uint256 spent) private {
        if (before == spent) return;
        bytes32 digest = bytes32(rows.load(row + 1));
        DelegationState storage state = _delegations[rows.accountOf(rows.load(row))][digest];
        uint256 have = state.day == _today() ? state.spent : 0;
        if (have != before) revert RowChangedTwice(digest, have, before);
        state.spent = SafeCast.toUint128(spent);
        state.day = uint32(_today());
    }

    function _delegationView(address account, bytes32 digest) private view returns (uint256) {
        DelegationState memory state = _delegations[account][digest];
        if (_isEffective(state.revokeRequestedAtMs)) return BatchRows.NO_LONGER_VALID;
        uint256 spent = state.day == _today() ? state.spent : 0;
        return state.isRegistered ? spent | BatchRows.REGISTERED : spent;
    }

    function _today() private view returns (uint256) {
        return block.timestamp / 1 days;
    }
}
