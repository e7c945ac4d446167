// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Reads a batch's packed bytes: big-endian numbers side by side, rows that name each other by position.
/// @notice The whole places, in turn:
///
///     counts       accounts u16, assets u16, delegations u16, orders u16, transfers u16, fills u16,
///                  conditions whose sets are minted or merged u16
///     accounts     address (20)
///     assets       id u256, insured u8, holders u16, then for each holder: position of the account u16
///                  (where `insured` is 1, the first holder is the insurance account)
///     delegations  account u16, sessionKey (20), quoteAsset u16, maxNotionalPerDay u128, maxFeeBps u16, marketsRoot (32),
///                  createdAtMs u64, expiresAtMs u64, epoch u64, salt u64, isSigned u8, then if 1: r (32), s (32), v u8
///     orders       baseHolding u16, quoteHolding u16, flags u8 (1 sell, 2 quote is the cap, 4 delegated, 8 v is 28), baseAmount u128,
///                  quoteAmount u128, maxFeeBps u16, createdAtMs u64, expiresAtMs u64, epoch u64, salt u64, termsHash (32),
///                  r (32), s (32), then if delegated: delegation u16, proof u8, proof × hash (32)
///     transfers    holding u16, amount u128
///     fills        flags u8 (kind 0 trade, 1 mint, 2 merge; plus 4: maker insured; plus 8: taker insured), maker u16, taker u16
///                  (position of the order, of the base asset where insured), base u128, quote u128,
///                  makerFee u128, takerFee u128, the highest bit of makerFee: a rebate
///
/// Holdings are numbered through the assets: an asset's holders follow those of the asset before it.
library BatchReader {
    /// @notice Bytes of rows of fixed size, and of the fixed parts of others.
    uint256 internal constant COUNTS_BYTES = 14;
    uint256 internal constant ACCOUNT_BYTES = 20;
    uint256 internal constant ASSET_BYTES = 35;
    uint256 internal constant DELEGATION_BYTES = 107;
    uint256 internal constant SIGNATURE_BYTES = 65;
    uint256 internal constant ORDER_BYTES = 167;
    uint256 internal constant TRANSFER_BYTES = 18;
    uint256 internal constant FILL_BYTES = 69;

    /// @notice The 32 bytes of calldata from `offset`; zeros behind its end, which the reader notices by where it ends.
    function word(uint256 offset) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(offset)
        }
    }

    function u8(uint256 offset) internal pure returns (uint8) {
        return uint8(uint256(word(offset)) >> 248);
    }

    function u16(uint256 offset) internal pure returns (uint16) {
        return uint16(uint256(word(offset)) >> 240);
    }

    function u64(uint256 offset) internal pure returns (uint64) {
        return uint64(uint256(word(offset)) >> 192);
    }

    function u128(uint256 offset) internal pure returns (uint128) {
        return uint128(uint256(word(offset)) >> 128);
    }

    function addr(uint256 offset) internal pure returns (address) {
        return address(uint160(uint256(word(offset)) >> 96));
    }
}
