// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The exchange: settles batches of fills of signed orders by moving balances inside the vault.
interface IExchange {
    event BatchSettled(uint64 indexed batchId, uint64 matchedThroughMs, uint256 fills, uint256 rejected);
    /// @notice One fill of a batch did not settle; the rest of the batch did.
    event FillRejected(uint64 indexed batchId, uint256 indexed index, uint8 reason);
    event HouseTransferred(uint64 indexed batchId, address indexed account, uint256 indexed asset, uint256 amount);

    function operator() external view returns (address);
    function isPaused() external view returns (bool);
    function pauseSettlement() external;
    function resumeSettlement() external;
}
