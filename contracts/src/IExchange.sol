// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The exchange: settles batches of fills of signed orders by moving balances inside the vault.
interface IExchange {
    event BatchSettled(uint64 indexed batchId, uint64 matchedThroughMs, uint256 fills, uint256 rejected);
    /// @notice One fill of a batch did not settle; the rest of the batch did.
    event FillRejected(uint64 indexed batchId, uint256 indexed index, uint8 reason);
    event HouseTransferred(uint64 indexed batchId, address indexed account, uint256 indexed asset, uint256 amount);
    event SettlementPaused(address indexed guardian);
    event SettlementResumed(address indexed by);
    event GuardianSet(address indexed guardian);

    /// @notice Settles the batch after the vault's last one. Only the operator.
    /// @param batchId Its number.
    /// @param matchedThroughMs Every match up to then is in this batch or an earlier one.
    /// @param packed Accounts, assets, orders and fills, as `BatchReader` describes. May be without fills.
    /// @return outcomes One byte a fill: the reason of `FillRejected` (0: settled), plus 128 where the taker's side is at fault.
    function settleBatch(uint64 batchId, uint64 matchedThroughMs, bytes calldata packed)
        external
        returns (bytes memory outcomes);

    /// @notice The vault's operator.
    function operator() external view returns (address);
    /// @notice Who may pause settlement, and nothing else.
    function guardian() external view returns (address);
    /// @notice Whether settlement is paused. Deposits, withdrawals and whatever takes back are not.
    function isPaused() external view returns (bool);
    /// @notice Pauses settlement. Only the guardian.
    function pauseSettlement() external;
    /// @notice Goes on with settlement. Only the guardian or the admin.
    function resumeSettlement() external;
    /// @notice Names another guardian. Only the admin.
    function setGuardian(address guardian_) external;
}
