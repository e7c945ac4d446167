// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The words that exchange and vault exchange about a batch: side by side, so that hundreds of them cost little.
/// @notice Layouts, in words of 32 bytes:
///
///     rows     counts (accounts | assets << 16 | holdings << 32 | orders << 48 | delegations << 64), accounts, assets,
///              holdings (position of the asset << 16 | position of the account; those of an asset side by side),
///              orders (position of the account, digest), delegations (position of the account, digest)
///     found    by account: the lowest epoch that may still be settled; by holding: its balance; by order: how much of it is
///              filled; by delegation: what was spent of it on the block's day, plus `REGISTERED` where its owner registered it.
///              `NO_LONGER_VALID` where a cancel or revocation is effective
///     changes  by holding: its delta; by asset: fees; by order: filled before and after; by delegation: spent before and after;
///              then conversions: positions of outcome, complement and collateral, and how many complete sets were minted
///              (merged, if negative)
library BatchRows {
    /// @notice What a cancelled order and a revoked delegation show as.
    uint256 internal constant NO_LONGER_VALID = type(uint256).max;
    /// @notice Marks a delegation that its owner registered on the chain.
    uint256 internal constant REGISTERED = 1 << 254;
    /// @notice Words of a conversion.
    uint256 internal constant CONVERSION_WORDS = 4;

    /// @notice How many there are of a kind, and at which word of `rows` they begin.
    struct Places {
        uint256 accounts;
        uint256 assets;
        uint256 holdings;
        uint256 orders;
        uint256 delegations;
        uint256 assetsAt;
        uint256 holdingsAt;
        uint256 ordersAt;
        uint256 delegationsAt;
        uint256 end;
    }

    /// @notice The word of accounts: right behind the counts.
    uint256 internal constant ACCOUNTS_AT = 1;

    /// @notice The first word of `rows`.
    function pack(uint256 accounts, uint256 assets, uint256 holdings, uint256 orders, uint256 delegations)
        internal
        pure
        returns (uint256)
    {
        return accounts | assets << 16 | holdings << 32 | orders << 48 | delegations << 64;
    }

    /// @notice Where everything is, by the first word.
    function placesOf(uint256 counts) internal pure returns (Places memory places) {
        unchecked {
            places.accounts = counts & 0xffff;
            places.assets = counts >> 16 & 0xffff;
            places.holdings = counts >> 32 & 0xffff;
            places.orders = counts >> 48 & 0xffff;
            places.delegations = counts >> 64 & 0xffff;
            places.assetsAt = ACCOUNTS_AT + places.accounts;
            places.holdingsAt = places.assetsAt + places.assets;
            places.ordersAt = places.holdingsAt + places.holdings;
            places.delegationsAt = places.ordersAt + 2 * places.orders;
            places.end = places.delegationsAt + 2 * places.delegations;
        }
    }

    /// @notice So many words, all 0.
    function allocate(uint256 count) internal pure returns (bytes memory) {
        return new bytes(count << 5);
    }

    /// @notice Word `i`. The caller keeps within the bounds.
    function get(bytes memory words, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(words, 32), shl(5, i)))
        }
    }

    /// @notice Writes word `i`. The caller keeps within the bounds.
    function set(bytes memory words, uint256 i, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(words, 32), shl(5, i)), value)
        }
    }

    /// @notice Word `i` of calldata. The caller keeps within the bounds.
    function load(bytes calldata words, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(words.offset, shl(5, i)))
        }
    }

    /// @notice The account at a position.
    function accountOf(bytes calldata words, uint256 position) internal pure returns (address) {
        return address(uint160(load(words, ACCOUNTS_AT + position)));
    }
}
