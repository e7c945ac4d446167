// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {BatchReader} from "./BatchReader.sol";
import {ISettlementVault} from "./ISettlementVault.sol";
import {IVault} from "./IVault.sol";
import {Rejection} from "./Rejection.sol";
import {SignedStructs} from "./SignedStructs.sol";

/// @title A batch in memory: its accounts, assets and orders, each checked once however many fills it has.
library BatchOrders {
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
        uint256 epochFloorAt;
        uint256 spent;
        bool isSigned;
        bool isValid;
    }

    struct Batch {
        address insuranceAccount;
        uint256 hardFeeCapBps;
        address[] accounts;
        uint256[] assets;
        /// @dev By asset: position of the insurance account's holding + 1.
        uint256[] insuredHoldings;
        uint256[] holdings;
        uint256[] balances;
        int256[] deltas;
        uint256[] fees;
        Order[] orders;
        address[] orderAccounts;
        bytes32[] orderDigests;
        uint256[] filledBefore;
        uint256[] orderAccountAt;
        Delegation[] delegations;
        address[] delegationAccounts;
        bytes32[] delegationDigests;
        uint256[] spentBefore;
        ISettlementVault.Conversion[] conversions;
        uint256 conversionCount;
        uint256 transferCount;
        uint256 fillCount;
        /// @dev Where in calldata the transfers begin.
        uint256 transfersAt;
    }

    uint256 private constant NO_LONGER_VALID = type(uint256).max;
    uint256 private constant REGISTERED = 1 << 254;

    /// @notice Reads all rows before the transfers, and checks who signed.
    function read(bytes calldata packed, bytes32 domain) internal pure returns (Batch memory batch) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := packed.offset
        }
        uint256 counts = offset;
        offset += BatchReader.COUNTS_BYTES;
        offset = _readAccounts(batch, offset, BatchReader.u16(counts));
        offset = _readAssets(batch, offset, BatchReader.u16(counts + 2));
        offset = _readDelegations(batch, offset, BatchReader.u16(counts + 4), domain);
        offset = _readOrders(batch, offset, BatchReader.u16(counts + 6), domain);
        batch.transferCount = BatchReader.u16(counts + 8);
        batch.fillCount = BatchReader.u16(counts + 10);
        batch.transfersAt = offset;
        // Rows that would lie behind the end are read as zeros: no memory is spent on more of them than calldata has.
        requireWithin(offset, packed);
    }

    /// @notice EIP-712 digest of a struct's hash.
    function digestOf(bytes32 domain, bytes32 structHash) internal pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @notice What the vault must look up.
    function keysOf(Batch memory batch, uint64 batchId, uint64 matchedThroughMs)
        internal
        pure
        returns (ISettlementVault.BatchKeys memory keys)
    {
        keys.batchId = batchId;
        keys.matchedThroughMs = matchedThroughMs;
        keys.accounts = batch.accounts;
        keys.assets = batch.assets;
        keys.holdings = batch.holdings;
        keys.orderAccounts = batch.orderAccounts;
        keys.orderDigests = batch.orderDigests;
        keys.delegationAccounts = batch.delegationAccounts;
        keys.delegationDigests = batch.delegationDigests;
    }

    /// @notice Says of each order why its fills may not be settled, if so: what can be said before any fill is looked at.
    /// @param earliestExpiryMs What expired later may be settled.
    function check(Batch memory batch, ISettlementVault.BatchView memory found, uint256 earliestExpiryMs) internal pure {
        batch.balances = found.balances;
        batch.filledBefore = found.filled;
        batch.spentBefore = found.delegations;
        for (uint256 i = 0; i < batch.delegations.length; ++i) {
            Delegation memory delegation = batch.delegations[i];
            uint256 state = found.delegations[i];
            delegation.spent = state & ~REGISTERED;
            batch.spentBefore[i] = delegation.spent;
            delegation.isValid = state != NO_LONGER_VALID && (delegation.isSigned || state & REGISTERED != 0)
                && delegation.signed.expiresAtMs >= earliestExpiryMs
                && delegation.signed.epoch >= found.epochs[delegation.epochFloorAt];
        }
        for (uint256 i = 0; i < batch.orders.length; ++i) {
            Order memory order = batch.orders[i];
            uint256 filled = found.filled[i];
            order.filled = filled;
            if (order.rejection != 0) continue;
            if (order.delegation != 0 && !batch.delegations[order.delegation - 1].isValid) {
                order.rejection = Rejection.DELEGATION_INVALID;
            } else if (filled == NO_LONGER_VALID) {
                order.rejection = Rejection.ORDER_CANCELLED;
            } else if (order.epoch < found.epochs[batch.orderAccountAt[i]]) {
                order.rejection = Rejection.EPOCH_TOO_LOW;
            } else if (order.expiresAtMs < earliestExpiryMs) {
                order.rejection = Rejection.ORDER_EXPIRED;
            }
        }
    }

    /// @notice What the vault must change.
    function changesOf(Batch memory batch, uint64 batchId, uint64 matchedThroughMs)
        internal
        pure
        returns (ISettlementVault.BatchChanges memory changes)
    {
        changes.batchId = batchId;
        changes.matchedThroughMs = matchedThroughMs;
        changes.accounts = batch.accounts;
        changes.assets = batch.assets;
        changes.holdings = batch.holdings;
        changes.deltas = batch.deltas;
        changes.fees = batch.fees;
        changes.orderAccounts = batch.orderAccounts;
        changes.orderDigests = batch.orderDigests;
        changes.filledBefore = batch.filledBefore;
        changes.filledAfter = new uint256[](batch.orders.length);
        for (uint256 i = 0; i < batch.orders.length; ++i) {
            changes.filledAfter[i] = batch.orders[i].filled;
        }
        changes.delegationAccounts = batch.delegationAccounts;
        changes.delegationDigests = batch.delegationDigests;
        changes.spentBefore = batch.spentBefore;
        changes.spentAfter = new uint256[](batch.delegations.length);
        for (uint256 i = 0; i < batch.delegations.length; ++i) {
            changes.spentAfter[i] = batch.delegations[i].spent;
        }
        ISettlementVault.Conversion[] memory conversions = batch.conversions;
        uint256 count = batch.conversionCount;
        // Fewer than there was room for.
        assembly ("memory-safe") {
            mstore(conversions, count)
        }
        changes.conversions = conversions;
    }

    /// @notice The bytes must end where the last row does.
    function requireEnd(uint256 offset, bytes calldata packed) internal pure {
        if (offset != _endOf(packed)) revert BatchMalformed(offset, _endOf(packed));
    }

    /// @notice No row may begin behind the end.
    function requireWithin(uint256 offset, bytes calldata packed) internal pure {
        if (offset > _endOf(packed)) revert BatchMalformed(offset, _endOf(packed));
    }

    function _endOf(bytes calldata packed) private pure returns (uint256 end) {
        assembly ("memory-safe") {
            end := add(packed.offset, packed.length)
        }
    }

    function _readAccounts(Batch memory batch, uint256 offset, uint256 count) private pure returns (uint256) {
        batch.accounts = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch.accounts[i] = BatchReader.addr(offset);
            offset += BatchReader.ACCOUNT_BYTES;
        }
        return offset;
    }

    function _readAssets(Batch memory batch, uint256 offset, uint256 count) private pure returns (uint256) {
        batch.assets = new uint256[](count);
        batch.insuredHoldings = new uint256[](count);
        batch.fees = new uint256[](count);
        uint256 from = offset;
        uint256 total;
        for (uint256 i = 0; i < count; ++i) {
            uint256 holders = BatchReader.u16(offset + 33);
            total += holders;
            offset += BatchReader.ASSET_BYTES + 2 * holders;
        }
        batch.holdings = new uint256[](total);
        batch.deltas = new int256[](total);
        offset = from;
        uint256 holding;
        for (uint256 i = 0; i < count; ++i) {
            batch.assets[i] = uint256(BatchReader.word(offset));
            if (BatchReader.u8(offset + 32) != 0) batch.insuredHoldings[i] = holding + 1;
            uint256 end = holding + BatchReader.u16(offset + 33);
            offset += BatchReader.ASSET_BYTES;
            for (; holding < end; ++holding) {
                batch.holdings[holding] = i << 16 | BatchReader.u16(offset);
                offset += 2;
            }
        }
        return offset;
    }

    function _readDelegations(Batch memory batch, uint256 offset, uint256 count, bytes32 domain)
        private
        pure
        returns (uint256)
    {
        batch.delegations = new Delegation[](count);
        batch.delegationAccounts = new address[](count);
        batch.delegationDigests = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            Delegation memory delegation = batch.delegations[i];
            uint256 accountAt = BatchReader.u16(offset);
            delegation.epochFloorAt = accountAt;
            IVault.Delegation memory signed = delegation.signed;
            signed.account = batch.accounts[accountAt];
            signed.sessionKey = BatchReader.addr(offset + 2);
            signed.quoteAsset = batch.assets[BatchReader.u16(offset + 22)];
            signed.maxNotionalPerDay = BatchReader.u128(offset + 24);
            signed.maxFeeBps = BatchReader.u16(offset + 40);
            signed.marketsRoot = BatchReader.word(offset + 42);
            signed.createdAtMs = BatchReader.u64(offset + 74);
            signed.expiresAtMs = BatchReader.u64(offset + 82);
            signed.epoch = BatchReader.u64(offset + 90);
            signed.salt = BatchReader.u64(offset + 98);
            bytes32 digest = digestOf(domain, SignedStructs.hash(signed));
            batch.delegationAccounts[i] = signed.account;
            batch.delegationDigests[i] = digest;
            bool hasSignature = BatchReader.u8(offset + 106) != 0;
            offset += BatchReader.DELEGATION_BYTES;
            if (hasSignature) {
                delegation.isSigned = _isSigned(signed.account, digest, offset);
                offset += BatchReader.SIGNATURE_BYTES;
            }
        }
        return offset;
    }

    function _readOrders(Batch memory batch, uint256 offset, uint256 count, bytes32 domain) private pure returns (uint256) {
        batch.orders = new Order[](count);
        batch.orderAccounts = new address[](count);
        batch.orderDigests = new bytes32[](count);
        batch.orderAccountAt = new uint256[](count);
        // One for all orders: hashed and forgotten.
        SignedStructs.Order memory signed;
        for (uint256 i = 0; i < count; ++i) {
            offset = _readOrder(batch, i, offset, domain, signed);
        }
        return offset;
    }

    function _readOrder(Batch memory batch, uint256 i, uint256 offset, bytes32 domain, SignedStructs.Order memory signed)
        private
        pure
        returns (uint256)
    {
        Order memory order = batch.orders[i];
        uint256 accountAt = _readPlace(batch, order, offset);
        batch.orderAccountAt[i] = accountAt;
        uint256 flags = BatchReader.u8(offset + 4);
        order.isSell = flags & 1 != 0;
        order.isQuoteCap = flags & 2 != 0;
        signed.account = order.account;
        signed.signer = order.account;
        signed.baseAsset = batch.assets[order.baseAsset];
        signed.quoteAsset = batch.assets[order.quoteAsset];
        signed.side = order.isSell ? 1 : 0;
        signed.cap = order.isQuoteCap ? 1 : 0;
        order.baseAmount = signed.baseAmount = BatchReader.u128(offset + 5);
        order.quoteAmount = signed.quoteAmount = BatchReader.u128(offset + 21);
        order.maxFeeBps = signed.maxFeeBps = BatchReader.u16(offset + 37);
        signed.createdAtMs = BatchReader.u64(offset + 39);
        order.expiresAtMs = signed.expiresAtMs = BatchReader.u64(offset + 47);
        order.epoch = signed.epoch = BatchReader.u64(offset + 55);
        signed.salt = BatchReader.u64(offset + 63);
        signed.termsHash = BatchReader.word(offset + 71);
        uint256 next = offset + BatchReader.ORDER_BYTES;
        if (flags & 4 != 0) {
            uint256 position = BatchReader.u16(next);
            uint256 proofLength = BatchReader.u8(next + 2);
            order.delegation = position + 1;
            IVault.Delegation memory allowed = batch.delegations[position].signed;
            signed.signer = allowed.sessionKey;
            if (!_allows(allowed, signed, next + 3, proofLength)) order.rejection = Rejection.DELEGATION_INVALID;
            if (allowed.maxFeeBps < order.maxFeeBps) order.maxFeeBps = allowed.maxFeeBps;
            next += 3 + 32 * proofLength;
        }
        bytes32 digest = digestOf(domain, SignedStructs.hash(signed));
        batch.orderAccounts[i] = order.account;
        batch.orderDigests[i] = digest;
        if (!_isSigned(signed.signer, digest, offset + 103)) order.rejection = Rejection.BAD_SIGNATURE;
        return next;
    }

    /// @dev Whose order it is and which assets it trades, by its two holdings.
    function _readPlace(Batch memory batch, Order memory order, uint256 offset) private pure returns (uint256 accountAt) {
        order.baseHolding = BatchReader.u16(offset);
        order.quoteHolding = BatchReader.u16(offset + 2);
        uint256 base = batch.holdings[order.baseHolding];
        uint256 quote = batch.holdings[order.quoteHolding];
        accountAt = base & 0xffff;
        if (accountAt != quote & 0xffff) revert BatchMalformed(accountAt, quote & 0xffff);
        order.account = batch.accounts[accountAt];
        order.baseAsset = base >> 16;
        order.quoteAsset = quote >> 16;
    }

    /// @dev Whether a delegation covers an order's account and market. Its limits in money come with the fills.
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

    function _isSigned(address signer, bytes32 digest, uint256 offset) private pure returns (bool) {
        return SignedStructs.isSignedBy(
            signer, digest, BatchReader.word(offset), BatchReader.word(offset + 32), BatchReader.u8(offset + 64)
        );
    }
}
