// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {BatchReader} from "./BatchReader.sol";
import {BatchRows} from "./BatchRows.sol";
import {IVault} from "./IVault.sol";
import {Rejection} from "./Rejection.sol";
import {SignedStructs} from "./SignedStructs.sol";

/// @title A batch in memory: its accounts, assets and orders, each checked once however many fills it has.
/// @notice Positions in calldata are checked when they are read; then arithmetic is of numbers below 2^128, at most 2^16 of
/// them, and cannot overflow.
library BatchOrders {
    using BatchRows for bytes;

    /// @notice A row names another one that is not there, or the bytes end too early or too late.
    error BatchMalformed(uint256 have, uint256 need);

    /// @notice An order and how far it has come.
    struct Order {
        address account;
        uint256 baseHolding;
        uint256 quoteHolding;
        uint256 baseAsset;
        uint256 quoteAsset;
        bool isSell;
        bool isQuoteCap;
        uint256 baseAmount;
        uint256 quoteAmount;
        uint256 maxFeeBps;
        uint256 expiresAtMs;
        uint256 epoch;
        uint256 filled;
        /// @dev Position + 1; 0 where its account signed it.
        uint256 delegation;
        uint256 rejection;
    }

    /// @notice A delegation and what was spent of it today.
    struct Delegation {
        IVault.Delegation signed;
        uint256 accountAt;
        uint256 spent;
        bool isSigned;
        bool isValid;
    }

    /// @notice A whole batch.
    struct Batch {
        bytes32 domain;
        address insuranceAccount;
        uint256 hardFeeCapBps;
        BatchRows.Places places;
        bytes rows;
        bytes found;
        bytes changes;
        /// @dev Where in memory the balances are, as the vault found them, and what is added to them.
        uint256 balancesAt;
        uint256 deltasAt;
        /// @dev By asset: the insurance account's holding + 1; 0 where the batch has none.
        uint256[] insuredHoldings;
        Order[] orders;
        Delegation[] delegations;
        uint256 conversions;
        uint256 conversionsAtMost;
        uint256 transfers;
        uint256 fills;
    }

    /// @notice Reads all rows before the transfers, and checks who signed.
    /// @return offset Where in calldata the transfers begin.
    function read(Batch memory batch, bytes calldata packed) internal pure returns (uint256 offset) {
        assembly ("memory-safe") {
            offset := packed.offset
        }
        unchecked {
            uint256 accounts = BatchReader.u16(offset);
            uint256 assets = BatchReader.u16(offset + 2);
            uint256 delegations = BatchReader.u16(offset + 4);
            uint256 orders = BatchReader.u16(offset + 6);
            batch.transfers = BatchReader.u16(offset + 8);
            batch.fills = BatchReader.u16(offset + 10);
            batch.conversionsAtMost = BatchReader.u16(offset + 12);
            offset += BatchReader.COUNTS_BYTES;
            uint256 holdings = _countHoldings(offset + accounts * BatchReader.ACCOUNT_BYTES, assets);
            uint256 counts = BatchRows.pack(accounts, assets, holdings, orders, delegations);
            batch.places = BatchRows.placesOf(counts);
            batch.rows = BatchRows.allocate(batch.places.end);
            batch.rows.set(0, counts);
            for (uint256 i = 0; i < accounts; ++i) {
                batch.rows.set(BatchRows.ACCOUNTS_AT + i, uint256(uint160(BatchReader.addr(offset))));
                offset += BatchReader.ACCOUNT_BYTES;
            }
            offset = _readAssets(batch, offset);
            offset = _readDelegations(batch, offset);
            offset = _readOrders(batch, offset);
            uint256 end;
            assembly ("memory-safe") {
                end := add(packed.offset, packed.length)
            }
            uint256 fillsEnd =
                offset + batch.transfers * BatchReader.TRANSFER_BYTES + batch.fills * BatchReader.FILL_BYTES;
            if (fillsEnd != end) revert BatchMalformed(fillsEnd, end);
        }
    }

    /// @notice Says of each order why its fills may not be settled, if so: what can be said before any fill is looked at.
    /// @param earliestExpiryMs What expired later may be settled.
    function check(Batch memory batch, uint256 earliestExpiryMs) internal pure {
        unchecked {
            bytes memory found = batch.found;
            uint256 next = batch.places.accounts + batch.places.holdings;
            uint256 delegationsAt = next + batch.places.orders;
            for (uint256 i = 0; i < batch.delegations.length; ++i) {
                Delegation memory delegation = batch.delegations[i];
                uint256 state = found.get(delegationsAt + i);
                delegation.spent = state & ~BatchRows.REGISTERED;
                delegation.isValid = state != BatchRows.NO_LONGER_VALID
                    && (delegation.isSigned || state & BatchRows.REGISTERED != 0)
                    && delegation.signed.expiresAtMs >= earliestExpiryMs
                    && delegation.signed.epoch >= found.get(delegation.accountAt);
            }
            for (uint256 i = 0; i < batch.orders.length; ++i) {
                Order memory order = batch.orders[i];
                uint256 filled = found.get(next + i);
                order.filled = filled;
                if (order.rejection != 0) continue;
                if (order.delegation != 0 && !batch.delegations[order.delegation - 1].isValid) {
                    order.rejection = Rejection.DELEGATION_INVALID;
                } else if (filled == BatchRows.NO_LONGER_VALID) {
                    order.rejection = Rejection.ORDER_CANCELLED;
                } else if (order.epoch < found.get(batch.rows.get(batch.places.ordersAt + 2 * i))) {
                    order.rejection = Rejection.EPOCH_TOO_LOW;
                } else if (order.expiresAtMs < earliestExpiryMs) {
                    order.rejection = Rejection.ORDER_EXPIRED;
                }
            }
        }
    }

    /// @notice Writes down how far orders and delegations have come; deltas, fees and conversions are there already.
    function finish(Batch memory batch) internal pure {
        unchecked {
            bytes memory changes = batch.changes;
            BatchRows.Places memory places = batch.places;
            uint256 to = places.holdings + places.assets;
            uint256 from = places.accounts + places.holdings;
            for (uint256 i = 0; i < places.orders; ++i) {
                changes.set(to++, batch.found.get(from++));
                changes.set(to++, batch.orders[i].filled);
            }
            for (uint256 i = 0; i < places.delegations; ++i) {
                changes.set(to++, batch.found.get(from++) & ~BatchRows.REGISTERED);
                changes.set(to++, batch.delegations[i].spent);
            }
            uint256 length = (to + batch.conversions * BatchRows.CONVERSION_WORDS) << 5;
            // Shorter than what was allocated, where fills share a condition.
            assembly ("memory-safe") {
                mstore(changes, length)
            }
        }
    }

    function _countHoldings(uint256 offset, uint256 assets) private pure returns (uint256 total) {
        unchecked {
            for (uint256 i = 0; i < assets; ++i) {
                uint256 holders = BatchReader.u16(offset + 33);
                total += holders;
                offset += BatchReader.ASSET_BYTES + 2 * holders;
            }
            if (total > type(uint16).max) revert BatchMalformed(total, type(uint16).max);
        }
    }

    function _readAssets(Batch memory batch, uint256 offset) private pure returns (uint256) {
        unchecked {
            (bytes memory rows, BatchRows.Places memory places) = (batch.rows, batch.places);
            batch.insuredHoldings = new uint256[](places.assets);
            uint256 to = places.holdingsAt;
            for (uint256 i = 0; i < places.assets; ++i) {
                rows.set(places.assetsAt + i, uint256(BatchReader.word(offset)));
                if (BatchReader.u8(offset + 32) != 0) batch.insuredHoldings[i] = to - places.holdingsAt + 1;
                uint256 end = to + BatchReader.u16(offset + 33);
                offset += BatchReader.ASSET_BYTES;
                for (; to < end; ++to) {
                    uint256 account = _within(BatchReader.u16(offset), places.accounts);
                    rows.set(to, i << 16 | account);
                    offset += 2;
                }
            }
            return offset;
        }
    }

    function _readDelegations(Batch memory batch, uint256 offset) private pure returns (uint256) {
        unchecked {
            (bytes memory rows, BatchRows.Places memory places) = (batch.rows, batch.places);
            batch.delegations = new Delegation[](places.delegations);
            uint256 to = places.delegationsAt;
            for (uint256 i = 0; i < places.delegations; ++i) {
                Delegation memory delegation = batch.delegations[i];
                delegation.accountAt = _within(BatchReader.u16(offset), places.accounts);
                IVault.Delegation memory signed = delegation.signed;
                signed.account = _accountAt(rows, delegation.accountAt);
                signed.sessionKey = BatchReader.addr(offset + 2);
                signed.quoteAsset = rows.get(places.assetsAt + _within(BatchReader.u16(offset + 22), places.assets));
                signed.maxNotionalPerDay = BatchReader.u128(offset + 24);
                signed.maxFeeBps = BatchReader.u16(offset + 40);
                signed.marketsRoot = BatchReader.word(offset + 42);
                signed.createdAtMs = BatchReader.u64(offset + 74);
                signed.expiresAtMs = BatchReader.u64(offset + 82);
                signed.epoch = BatchReader.u64(offset + 90);
                signed.salt = BatchReader.u64(offset + 98);
                bytes32 digest = MessageHashUtils.toTypedDataHash(batch.domain, SignedStructs.hash(signed));
                rows.set(to++, delegation.accountAt);
                rows.set(to++, uint256(digest));
                bool hasSignature = BatchReader.u8(offset + 106) != 0;
                offset += BatchReader.DELEGATION_BYTES;
                if (hasSignature) {
                    uint8 v = BatchReader.u8(offset + 64);
                    delegation.isSigned = _isSigned(signed.account, digest, offset, v);
                    offset += BatchReader.SIGNATURE_BYTES;
                }
            }
            return offset;
        }
    }

    function _readOrders(Batch memory batch, uint256 offset) private pure returns (uint256) {
        unchecked {
            uint256 count = batch.places.orders;
            batch.orders = _room(count);
            // One for all orders: hashed and forgotten.
            SignedStructs.Order memory signed;
            signed.typeHash = SignedStructs.ORDER_TYPE;
            uint256 to = batch.places.ordersAt;
            for (uint256 i = 0; i < count; ++i) {
                offset = _readOrder(batch, i, signed, offset, to);
                to += 2;
            }
            return offset;
        }
    }

    /// @dev An array whose places are filled before they are read: `new` would clear an order for each of them.
    function _room(uint256 count) private pure returns (Order[] memory orders) {
        assembly ("memory-safe") {
            orders := mload(0x40)
            mstore(0x40, add(orders, shl(5, add(count, 1))))
            mstore(orders, count)
        }
    }

    function _readOrder(
        Batch memory batch,
        uint256 i,
        SignedStructs.Order memory signed,
        uint256 offset,
        uint256 to
    ) private pure returns (uint256 next) {
        unchecked {
            (uint256 base, uint256 quote) = _readPlace(batch, signed, offset);
            uint256 flags = BatchReader.u8(offset + 4);
            (signed.side, signed.cap) = (uint8(flags & 1), uint8(flags >> 1 & 1));
            signed.createdAtMs = BatchReader.u64(offset + 39);
            signed.salt = BatchReader.u64(offset + 63);
            signed.termsHash = BatchReader.word(offset + 71);
            Order memory order = Order({
                account: signed.account,
                baseHolding: BatchReader.u16(offset),
                quoteHolding: BatchReader.u16(offset + 2),
                baseAsset: base >> 16,
                quoteAsset: quote >> 16,
                isSell: flags & 1 != 0,
                isQuoteCap: flags & 2 != 0,
                baseAmount: signed.baseAmount = BatchReader.u128(offset + 5),
                quoteAmount: signed.quoteAmount = BatchReader.u128(offset + 21),
                maxFeeBps: signed.maxFeeBps = BatchReader.u16(offset + 37),
                expiresAtMs: signed.expiresAtMs = BatchReader.u64(offset + 47),
                epoch: signed.epoch = BatchReader.u64(offset + 55),
                filled: 0,
                delegation: 0,
                rejection: 0
            });
            batch.orders[i] = order;
            next = offset + BatchReader.ORDER_BYTES;
            if (flags & 4 != 0) next = _readDelegated(batch, order, signed, next);
            bytes32 digest = MessageHashUtils.toTypedDataHash(batch.domain, SignedStructs.hash(signed));
            batch.rows.set(to, base & 0xffff);
            batch.rows.set(to + 1, uint256(digest));
            uint8 v = flags & 8 == 0 ? 27 : 28;
            if (!_isSigned(signed.signer, digest, offset + 103, v)) order.rejection = Rejection.BAD_SIGNATURE;
        }
    }

    /// @dev Whose order it is and which assets it trades, by its two holdings, whose rows it answers.
    function _readPlace(Batch memory batch, SignedStructs.Order memory signed, uint256 offset)
        private
        pure
        returns (uint256 base, uint256 quote)
    {
        unchecked {
            (bytes memory rows, BatchRows.Places memory places) = (batch.rows, batch.places);
            base = rows.get(places.holdingsAt + _within(BatchReader.u16(offset), places.holdings));
            quote = rows.get(places.holdingsAt + _within(BatchReader.u16(offset + 2), places.holdings));
            if (base & 0xffff != quote & 0xffff) revert BatchMalformed(quote & 0xffff, base & 0xffff);
            signed.account = signed.signer = _accountAt(rows, base & 0xffff);
            signed.baseAsset = rows.get(places.assetsAt + (base >> 16));
            signed.quoteAsset = rows.get(places.assetsAt + (quote >> 16));
        }
    }

    /// @dev What a delegation says of an order, but for its limit in money, which comes with the fills.
    function _readDelegated(Batch memory batch, Order memory order, SignedStructs.Order memory signed, uint256 offset)
        private
        pure
        returns (uint256)
    {
        unchecked {
            uint256 position = _within(BatchReader.u16(offset), batch.places.delegations);
            uint256 proofLength = BatchReader.u8(offset + 2);
            IVault.Delegation memory allowed = batch.delegations[position].signed;
            order.delegation = position + 1;
            signed.signer = allowed.sessionKey;
            if (!_allows(allowed, signed, offset + 3, proofLength)) order.rejection = Rejection.DELEGATION_INVALID;
            if (allowed.maxFeeBps < order.maxFeeBps) order.maxFeeBps = allowed.maxFeeBps;
            return offset + 3 + 32 * proofLength;
        }
    }

    /// @dev Whether a delegation covers an order's account and market.
    function _allows(
        IVault.Delegation memory allowed,
        SignedStructs.Order memory order,
        uint256 proofAt,
        uint256 proofLength
    ) private pure returns (bool) {
        if (allowed.account != order.account || allowed.quoteAsset != order.quoteAsset) return false;
        if (allowed.marketsRoot == bytes32(0)) return true;
        bytes32[] memory proof = new bytes32[](proofLength);
        for (uint256 i = 0; i < proofLength; ++i) {
            proof[i] = BatchReader.word(proofAt + 32 * i);
        }
        // Hashed twice: no leaf can be taken for an inner node.
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(order.baseAsset, order.quoteAsset))));
        return MerkleProof.verify(proof, allowed.marketsRoot, leaf);
    }

    function _isSigned(address signer, bytes32 digest, uint256 offset, uint8 v) private pure returns (bool) {
        return SignedStructs.isSignedBy(signer, digest, BatchReader.word(offset), BatchReader.word(offset + 32), v);
    }

    function _accountAt(bytes memory rows, uint256 position) private pure returns (address) {
        return address(uint160(rows.get(BatchRows.ACCOUNTS_AT + position)));
    }

    function _within(uint256 position, uint256 count) private pure returns (uint256) {
        if (position >= count) revert BatchMalformed(position, count);
        return position;
    }
}
