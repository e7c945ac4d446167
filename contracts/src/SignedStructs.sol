// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVault} from "./IVault.sol";

/// @title What users and the operator sign (EIP-712), and how a signature is checked.
/// @notice Final: a changed field is a new version of the domain.
library SignedStructs {
    /// @notice An order with its text by hash. Its type comes first: in memory the struct is what EIP-712 hashes.
    struct Order {
        bytes32 typeHash;
        address account;
        address signer;
        uint256 baseAsset;
        uint256 quoteAsset;
        uint8 side;
        uint8 cap;
        uint128 baseAmount;
        uint128 quoteAmount;
        uint16 maxFeeBps;
        uint64 createdAtMs;
        uint64 expiresAtMs;
        uint64 epoch;
        uint64 salt;
        bytes32 termsHash;
    }

    bytes32 internal constant ORDER_TYPE = keccak256(
        "Order(address account,address signer,uint256 baseAsset,uint256 quoteAsset,uint8 side,uint8 cap,uint128 baseAmount,uint128 quoteAmount,uint16 maxFeeBps,uint64 createdAtMs,uint64 expiresAtMs,uint64 epoch,uint64 salt,string terms)"
    );
    bytes32 internal constant DELEGATION_TYPE = keccak256(
        "Delegation(address account,address sessionKey,uint256 quoteAsset,uint128 maxNotionalPerDay,uint16 maxFeeBps,bytes32 marketsRoot,uint64 createdAtMs,uint64 expiresAtMs,uint64 epoch,uint64 salt)"
    );
    bytes32 internal constant WITHDRAW_TYPE = keccak256(
        "Withdraw(address account,uint256 asset,uint128 amount,address recipient,uint64 afterBatch,uint64 deadlineMs,uint256 withdrawalId)"
    );
    bytes32 internal constant APPROVAL_TYPE =
        keccak256("WithdrawalApproval(bytes32 withdrawalDigest,uint64 afterBatch)");

    /// @dev Half of secp256k1's order: of s and order - s, which sign the same, only the lower counts (EIP-2).
    uint256 private constant HIGHEST_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice EIP-712's hash of an order whose type is `ORDER_TYPE`: of its 15 words as they lie in memory, each clean.
    function hash(Order memory order) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := keccak256(order, 480)
        }
    }

    /// @notice EIP-712's hash of a delegation.
    function hash(IVault.Delegation memory delegation) internal pure returns (bytes32) {
        return keccak256(abi.encode(DELEGATION_TYPE, delegation));
    }

    /// @notice EIP-712's hash of a withdrawal.
    function hash(IVault.Withdrawal memory withdrawal) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAW_TYPE, withdrawal));
    }

    /// @notice EIP-712's hash of the operator's approval of a withdrawal.
    function hashApproval(bytes32 withdrawalDigest, uint64 afterBatch) internal pure returns (bytes32) {
        return keccak256(abi.encode(APPROVAL_TYPE, withdrawalDigest, afterBatch));
    }

    /// @notice Whether `signer` made the signature, in its one canonical form. No code of the signer is asked: what a wallet
    /// contract answers may change between a match and its settlement.
    function isSignedBy(address signer, bytes32 digest, bytes32 r, bytes32 s, uint8 v) internal pure returns (bool) {
        if (uint256(s) > HIGHEST_S) return false;
        // Answers 0 for what is no signature.
        address recovered = ecrecover(digest, v, r, s);
        return recovered != address(0) && recovered == signer;
    }
}
