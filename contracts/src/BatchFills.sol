// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchOrders} from "./BatchOrders.sol";
import {BatchReader} from "./BatchReader.sol";
import {BatchRows} from "./BatchRows.sol";
import {IExchange} from "./IExchange.sol";
import {ISettlementVault} from "./ISettlementVault.sol";
import {Rejection} from "./Rejection.sol";

/// @title What a batch moves: the house's transfers, then its fills in turn, each in memory and by users' limits.
library BatchFills {
    using BatchRows for bytes;

    error AssetNotInsured(uint256 asset);
    error InsuranceTooLow(uint256 asset, int256 have, uint256 need);

    uint256 private constant TRADE = 0;
    uint256 private constant MINT = 1;
    uint256 private constant MERGE = 2;
    uint256 private constant MAKER_INSURED = 4;
    uint256 private constant TAKER_INSURED = 8;
    uint256 private constant REBATE = 1 << 127;
    uint256 private constant WHOLE_BPS = 10_000;

    /// @notice One fill, read.
    struct Fill {
        uint256 kind;
        uint256 base;
        uint256 makerQuote;
        uint256 takerQuote;
        uint256 makerFee;
        bool isRebate;
        uint256 takerFee;
        BatchOrders.Order maker;
        BatchOrders.Order taker;
        /// @dev What each side pays of the quote asset, fee and rebate included; a seller pays less than nothing.
        int256 makerCost;
        int256 takerCost;
        bool isMakerInsured;
        bool isTakerInsured;
    }

    /// @notice Makes room for changes: deltas and fees, how far orders and delegations come, and conversions.
    function open(BatchOrders.Batch memory batch) internal pure {
        unchecked {
            BatchRows.Places memory places = batch.places;
            uint256 words = places.holdings + places.assets + 2 * (places.orders + places.delegations)
                + batch.conversionsAtMost * BatchRows.CONVERSION_WORDS;
            bytes memory changes = BatchRows.allocate(words);
            bytes memory found = batch.found;
            (uint256 balancesAt, uint256 deltasAt) = (places.accounts << 5, 0);
            assembly ("memory-safe") {
                balancesAt := add(add(found, 32), balancesAt)
                deltasAt := add(changes, 32)
            }
            (batch.changes, batch.balancesAt, batch.deltasAt) = (changes, balancesAt, deltasAt);
        }
    }

    /// @notice Moves what operators adjusted from the insurance account to users; too little there stops the batch.
    /// @return next Where in calldata the fills begin.
    function transferHouse(BatchOrders.Batch memory batch, uint64 batchId, uint256 offset)
        internal
        returns (uint256 next)
    {
        (bytes memory rows, BatchRows.Places memory places) = (batch.rows, batch.places);
        for (uint256 i = 0; i < batch.transfers; ++i) {
            uint256 holding = BatchReader.u16(offset);
            uint256 amount = BatchReader.u128(offset + 2);
            offset += BatchReader.TRANSFER_BYTES;
            if (holding >= places.holdings) revert BatchOrders.BatchMalformed(holding, places.holdings);
            uint256 row = rows.get(places.holdingsAt + holding);
            uint256 asset = _assetAt(batch, row >> 16);
            uint256 insured = _insuredHolding(batch, row >> 16);
            int256 have = _available(batch, insured);
            if (have < int256(amount)) revert InsuranceTooLow(asset, have, amount);
            _addTo(batch, insured, -int256(amount));
            _addTo(batch, holding, int256(amount));
            address account = address(uint160(rows.get(BatchRows.ACCOUNTS_AT + (row & 0xffff))));
            emit IExchange.HouseTransferred(batchId, account, asset, amount);
        }
        return offset;
    }

    /// @notice Settles the fills in turn; a bad one is left out and named.
    /// @param offset Where in calldata the fills begin.
    function settle(BatchOrders.Batch memory batch, ISettlementVault vault, uint64 batchId, uint256 offset)
        internal
        returns (bytes memory outcomes, uint256 rejected)
    {
        uint256 count = batch.fills;
        outcomes = new bytes(count);
        Fill memory fill;
        for (uint256 i = 0; i < count;) {
            _read(batch, fill, offset);
            uint256 reason = _reject(batch, vault, fill);
            if (reason == Rejection.SETTLED) {
                _move(batch, fill);
            } else {
                outcomes[i] = bytes1(uint8(reason));
                ++rejected;
                emit IExchange.FillRejected(batchId, i, uint8(reason & ~Rejection.OF_TAKER));
            }
            unchecked {
                offset += BatchReader.FILL_BYTES;
                ++i;
            }
        }
    }

    function _read(BatchOrders.Batch memory batch, Fill memory fill, uint256 offset) private pure {
        uint256 flags = BatchReader.u8(offset);
        fill.kind = flags & 3;
        fill.isMakerInsured = flags & MAKER_INSURED != 0;
        fill.isTakerInsured = flags & TAKER_INSURED != 0;
        if (fill.kind > MERGE || (fill.isMakerInsured && fill.isTakerInsured)) revert BatchOrders.BatchMalformed(flags, MERGE);
        fill.base = BatchReader.u128(offset + 5);
        uint256 quote = BatchReader.u128(offset + 21);
        fill.takerQuote = quote;
        // A complete set is worth one collateral atom: what one side does not pay or get of it, the other does.
        if (fill.kind == TRADE) fill.makerQuote = quote;
        else fill.makerQuote = quote > fill.base ? type(uint128).max : fill.base - quote;
        uint256 makerFee = BatchReader.u128(offset + 37);
        fill.isRebate = makerFee & REBATE != 0;
        fill.makerFee = makerFee & ~REBATE;
        fill.takerFee = BatchReader.u128(offset + 53);
        (uint256 maker, uint256 taker) = (BatchReader.u16(offset + 1), BatchReader.u16(offset + 3));
        if (fill.isMakerInsured) {
            fill.taker = batch.orders[taker];
            fill.maker = _insuredSide(batch, fill, fill.taker, maker);
        } else {
            fill.maker = batch.orders[maker];
            fill.taker = fill.isTakerInsured ? _insuredSide(batch, fill, fill.maker, taker) : batch.orders[taker];
        }
        int256 signedFee = fill.isRebate ? -int256(fill.makerFee) : int256(fill.makerFee);
        fill.makerCost = _costOf(fill.maker, fill.makerQuote, signedFee);
        fill.takerCost = _costOf(fill.taker, quote, int256(fill.takerFee));
    }

    /// @dev The insurance account in the place of an order that would not settle: any amount and price that the other side signed.
    function _insuredSide(BatchOrders.Batch memory batch, Fill memory fill, BatchOrders.Order memory other, uint256 base)
        private
        pure
        returns (BatchOrders.Order memory side)
    {
        side.account = batch.insuranceAccount;
        side.baseAsset = base;
        side.quoteAsset = other.quoteAsset;
        side.baseHolding = _insuredHolding(batch, base);
        side.quoteHolding = _insuredHolding(batch, other.quoteAsset);
        side.isSell = fill.kind == TRADE ? !other.isSell : other.isSell;
        side.maxFeeBps = WHOLE_BPS;
    }

    /// @dev The first reason why a fill may not be settled.
    function _reject(BatchOrders.Batch memory batch, ISettlementVault vault, Fill memory fill)
        private
        view
        returns (uint256 reason)
    {
        (BatchOrders.Order memory maker, BatchOrders.Order memory taker) = (fill.maker, fill.taker);
        if (maker.rejection != 0) return maker.rejection;
        if (taker.rejection != 0) return taker.rejection | Rejection.OF_TAKER;
        if (maker.account == taker.account) return Rejection.SAME_ACCOUNT;
        if (maker.quoteAsset != taker.quoteAsset) return Rejection.ASSETS_DIFFER;
        if (fill.kind == TRADE) {
            if (maker.baseAsset != taker.baseAsset) return Rejection.ASSETS_DIFFER;
            if (maker.isSell == taker.isSell) return Rejection.SIDES_DO_NOT_MATCH;
        } else {
            uint256 outcome = _assetAt(batch, taker.baseAsset);
            if (outcome ^ _assetAt(batch, maker.baseAsset) != 1) return Rejection.ASSETS_DIFFER;
            bool isSell = fill.kind == MERGE;
            if (maker.isSell != isSell || taker.isSell != isSell) return Rejection.SIDES_DO_NOT_MATCH;
            (bool isRegistered, uint256 collateral) = vault.collateralOf(outcome);
            if (!isRegistered || collateral != _assetAt(batch, taker.quoteAsset)) return Rejection.UNKNOWN_OUTCOME;
            if (fill.takerQuote > fill.base) return Rejection.PRICE_OUTSIDE_LIMIT | Rejection.OF_TAKER;
        }
        if (fill.isRebate && fill.makerFee > fill.takerFee) return Rejection.FEE_TOO_HIGH;
        if (!fill.isMakerInsured) {
            reason = _rejectByTerms(batch, maker, fill.base, fill.makerQuote);
            if (reason != 0) return reason;
        }
        if (!fill.isTakerInsured) {
            reason = _rejectByTerms(batch, taker, fill.base, fill.takerQuote);
            if (reason != 0) return reason | Rejection.OF_TAKER;
        }
        if (!fill.isRebate && _isFeeTooHigh(batch, maker, fill.makerFee, fill.makerQuote)) return Rejection.FEE_TOO_HIGH;
        if (_isFeeTooHigh(batch, taker, fill.takerFee, fill.takerQuote)) {
            return Rejection.FEE_TOO_HIGH | Rejection.OF_TAKER;
        }
        if (_isBalanceTooLow(batch, maker, fill.base, fill.makerCost)) return Rejection.BALANCE_TOO_LOW;
        if (_isBalanceTooLow(batch, taker, fill.base, fill.takerCost)) {
            return Rejection.BALANCE_TOO_LOW | Rejection.OF_TAKER;
        }
    }

    /// @dev What the order's signer allows of size, price and money a day.
    function _rejectByTerms(BatchOrders.Batch memory batch, BatchOrders.Order memory order, uint256 base, uint256 quote)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 cap = order.isQuoteCap ? order.quoteAmount : order.baseAmount;
            uint256 filled = order.filled + (order.isQuoteCap ? quote : base);
            if (filled > cap) return Rejection.OVERFILLED;
            // Of numbers below 2^128: no product overflows. Nothing is rounded: a price is better, equal or worse.
            uint256 paid = quote * order.baseAmount;
            uint256 limit = base * order.quoteAmount;
            if (order.baseAmount == 0 || (order.isSell ? paid < limit : paid > limit)) return Rejection.PRICE_OUTSIDE_LIMIT;
            if (order.delegation != 0) {
                BatchOrders.Delegation memory delegation = batch.delegations[order.delegation - 1];
                uint256 spent = delegation.spent + _notionalOf(order, base, quote);
                // Twice: a day of blocks may hold what was matched on two days.
                if (spent > 2 * uint256(delegation.signed.maxNotionalPerDay) || spent > type(uint128).max) {
                    return Rejection.DELEGATION_LIMIT_REACHED;
                }
            }
            return Rejection.SETTLED;
        }
    }

    /// @dev What a fill counts against a delegation: at the order's own price, so that a better one never passes the limit.
    function _notionalOf(BatchOrders.Order memory order, uint256 base, uint256 quote) private pure returns (uint256) {
        unchecked {
            if (order.isQuoteCap) return quote;
            return (base * order.quoteAmount + order.baseAmount - 1) / order.baseAmount;
        }
    }

    function _isFeeTooHigh(BatchOrders.Batch memory batch, BatchOrders.Order memory order, uint256 fee, uint256 quote)
        private
        pure
        returns (bool)
    {
        unchecked {
            uint256 bps = order.maxFeeBps < batch.hardFeeCapBps ? order.maxFeeBps : batch.hardFeeCapBps;
            return fee * WHOLE_BPS > quote * bps;
        }
    }

    /// @dev What a side pays of the quote asset.
    function _costOf(BatchOrders.Order memory side, uint256 quote, int256 fee) private pure returns (int256) {
        unchecked {
            return (side.isSell ? -int256(quote) : int256(quote)) + fee;
        }
    }

    function _isBalanceTooLow(BatchOrders.Batch memory batch, BatchOrders.Order memory side, uint256 base, int256 cost)
        private
        pure
        returns (bool)
    {
        if (side.isSell && _available(batch, side.baseHolding) < int256(base)) return true;
        return cost > 0 && _available(batch, side.quoteHolding) < cost;
    }

    /// @dev Accepted: nothing below may fail.
    function _move(BatchOrders.Batch memory batch, Fill memory fill) private pure {
        _moveSide(batch, fill.maker, fill.base, fill.makerCost);
        _moveSide(batch, fill.taker, fill.base, fill.takerCost);
        if (!fill.isMakerInsured) _fillOrder(batch, fill.maker, fill.base, fill.makerQuote);
        if (!fill.isTakerInsured) _fillOrder(batch, fill.taker, fill.base, fill.takerQuote);
        unchecked {
            int256 fees = int256(fill.takerFee)
                + (fill.isRebate ? -int256(fill.makerFee) : int256(fill.makerFee));
            // Fees lie behind the deltas.
            _addTo(batch, batch.places.holdings + fill.taker.quoteAsset, fees);
        }
        if (fill.kind != TRADE) _convert(batch, fill);
    }

    function _moveSide(BatchOrders.Batch memory batch, BatchOrders.Order memory side, uint256 base, int256 cost)
        private
        pure
    {
        unchecked {
            _addTo(batch, side.baseHolding, side.isSell ? -int256(base) : int256(base));
            _addTo(batch, side.quoteHolding, -cost);
        }
    }

    function _fillOrder(BatchOrders.Batch memory batch, BatchOrders.Order memory order, uint256 base, uint256 quote)
        private
        pure
    {
        unchecked {
            order.filled += order.isQuoteCap ? quote : base;
            if (order.delegation != 0) {
                batch.delegations[order.delegation - 1].spent += _notionalOf(order, base, quote);
            }
        }
    }

    /// @dev A condition's conversions are one, behind the orders' and delegations' words.
    function _convert(BatchOrders.Batch memory batch, Fill memory fill) private pure {
        unchecked {
            int256 sets = fill.kind == MINT ? int256(fill.base) : -int256(fill.base);
            bytes memory changes = batch.changes;
            BatchRows.Places memory places = batch.places;
            uint256 to = places.holdings + places.assets + 2 * (places.orders + places.delegations);
            for (uint256 i = 0; i < batch.conversions; ++i) {
                if (changes.get(to) == fill.taker.baseAsset && changes.get(to + 1) == fill.maker.baseAsset) {
                    _add(changes, to + 3, sets);
                    return;
                }
                to += BatchRows.CONVERSION_WORDS;
            }
            if (batch.conversions == batch.conversionsAtMost) {
                revert BatchOrders.BatchMalformed(batch.conversions + 1, batch.conversionsAtMost);
            }
            changes.set(to, fill.taker.baseAsset);
            changes.set(to + 1, fill.maker.baseAsset);
            changes.set(to + 2, fill.taker.quoteAsset);
            changes.set(to + 3, uint256(sets));
            ++batch.conversions;
        }
    }

    function _add(bytes memory words, uint256 i, int256 delta) private pure {
        unchecked {
            words.set(i, uint256(int256(words.get(i)) + delta));
        }
    }

    /// @dev Below 0 only where a holding is in the batch twice, which the vault notices.
    function _available(BatchOrders.Batch memory batch, uint256 holding) private pure returns (int256 atoms) {
        (uint256 balancesAt, uint256 deltasAt) = (batch.balancesAt, batch.deltasAt);
        assembly ("memory-safe") {
            holding := shl(5, holding)
            atoms := add(mload(add(balancesAt, holding)), mload(add(deltasAt, holding)))
        }
    }

    /// @dev Adds to what a holding changes by.
    function _addTo(BatchOrders.Batch memory batch, uint256 holding, int256 delta) private pure {
        uint256 deltasAt = batch.deltasAt;
        assembly ("memory-safe") {
            let place := add(deltasAt, shl(5, holding))
            mstore(place, add(mload(place), delta))
        }
    }

    function _insuredHolding(BatchOrders.Batch memory batch, uint256 asset) private pure returns (uint256 holding) {
        if (asset >= batch.places.assets) revert BatchOrders.BatchMalformed(asset, batch.places.assets);
        uint256 insured = batch.insuredHoldings[asset];
        if (insured == 0) revert AssetNotInsured(_assetAt(batch, asset));
        holding = insured - 1;
        if (holding >= batch.places.holdings) revert BatchOrders.BatchMalformed(holding, batch.places.holdings);
        uint256 row = batch.rows.get(batch.places.holdingsAt + holding);
        address account = address(uint160(batch.rows.get(BatchRows.ACCOUNTS_AT + (row & 0xffff))));
        // Only the house's own money may be taken without a signature.
        if (account != batch.insuranceAccount || row >> 16 != asset) revert AssetNotInsured(_assetAt(batch, asset));
    }

    function _assetAt(BatchOrders.Batch memory batch, uint256 position) private pure returns (uint256) {
        return batch.rows.get(batch.places.assetsAt + position);
    }
}
