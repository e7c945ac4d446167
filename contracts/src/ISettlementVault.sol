// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the vault offers its exchange, and nobody else: one look at all that a batch touches, and one change of it.
interface ISettlementVault {
    /// @notice Checks that the batch is the next one and its sender the operator, and reads what it touches.
    /// @param sender Who sent the batch to the exchange.
    /// @param batchId The batch after `lastBatch`.
    /// @param matchedThroughMs Not before the last batch's, and not in the future.
    /// @param rows What it touches, as `BatchRows` describes.
    /// @return found What the vault says of it, as `BatchRows` describes.
    function openBatch(address sender, uint64 batchId, uint64 matchedThroughMs, bytes calldata rows)
        external
        view
        returns (bytes memory found);

    /// @notice Makes a batch's changes. What it moves of an asset must sum up to nothing but conversions.
    /// @param batchId The batch after `lastBatch`.
    /// @param matchedThroughMs From now on, every match up to then is settled.
    /// @param rows What it touches, as `BatchRows` describes.
    /// @param changes By what, as `BatchRows` describes.
    function closeBatch(uint64 batchId, uint64 matchedThroughMs, bytes calldata rows, bytes calldata changes) external;

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
