// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the vault offers its exchange, and nobody else: one look at all that a batch touches, and one change of it.
/// @notice Rows name each other by position, so that each is sent and read once.
interface ISettlementVault {
    /// @notice What a batch touches.
    struct BatchKeys {
        uint64 batchId;
        uint64 matchedThroughMs;
        address[] accounts;
        uint256[] assets;
        /// @dev Position of the asset << 16 | position of the account.
        uint256[] holdings;
        address[] orderAccounts;
        bytes32[] orderDigests;
        address[] delegationAccounts;
        bytes32[] delegationDigests;
    }

    /// @notice What the vault says of it, row by row.
    struct BatchView {
        /// @dev The lowest epoch that may still be settled.
        uint256[] epochs;
        uint256[] balances;
        /// @dev `NO_LONGER_VALID` where a cancel is effective.
        uint256[] filled;
        /// @dev Spent on the block's day; `NO_LONGER_VALID` where a revocation is effective. The highest bit but one tells that
        /// the delegation was registered by its owner on the chain.
        uint256[] delegations;
    }

    /// @notice Complete sets of two complementary outcomes, minted or, if negative, merged.
    struct Conversion {
        uint256 outcomePosition;
        uint256 complementPosition;
        uint256 collateralPosition;
        int256 sets;
    }

    /// @notice What a batch changes. Rows are those of its keys.
    struct BatchChanges {
        uint64 batchId;
        uint64 matchedThroughMs;
        address[] accounts;
        uint256[] assets;
        uint256[] holdings;
        int256[] deltas;
        /// @dev By asset, to the fee account.
        uint256[] fees;
        address[] orderAccounts;
        bytes32[] orderDigests;
        uint256[] filledBefore;
        uint256[] filledAfter;
        address[] delegationAccounts;
        bytes32[] delegationDigests;
        uint256[] spentBefore;
        uint256[] spentAfter;
        Conversion[] conversions;
    }

    /// @notice Checks that the batch is the next one and its sender the operator, and reads what it touches.
    function openBatch(address sender, BatchKeys calldata keys) external view returns (BatchView memory);
    /// @notice Makes a batch's changes. What it moves of an asset must sum up to nothing but conversions.
    function closeBatch(BatchChanges calldata changes) external;
    /// @notice The collateral of the condition that an outcome belongs to.
    function collateralOf(uint256 outcome) external view returns (bool isRegistered, uint256 collateral);
    /// @notice EIP-712's domain separator: of the vault, so that a new exchange needs no new signatures.
    function domainSeparator() external view returns (bytes32);
    /// @notice The timelock that governs vault and exchange.
    function admin() external view returns (address);
    /// @notice Who settles batches.
    function operator() external view returns (address);
    /// @notice Who stands in for a side that would not settle.
    function insuranceAccount() external view returns (address);
}
