// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {BatchOrders} from "./BatchOrders.sol";
import {BatchFills} from "./BatchFills.sol";
import {IExchange} from "./IExchange.sol";
import {ISettlementVault} from "./ISettlementVault.sol";
import {SignedStructs} from "./SignedStructs.sol";

/// @title The exchange: settles batches of fills of signed orders by moving balances inside the vault.
/// @notice It holds no funds and no state of users. Its operator can settle what users signed, within their limits, and
/// nothing else; the only balance it may take from without a signature is the insurance account's.
contract Exchange is IExchange {
    error SenderNotAllowed(address sender, address need);
    error AddressMissing();
    error SettlementIsPaused();
    error FeeCapTooHigh(uint16 have, uint16 need);

    /// @notice Whose balances are moved.
    ISettlementVault public immutable vault;
    /// @notice How long after their signed expiry orders and delegations are still settled, in seconds: they were matched before.
    uint64 public immutable expiryGrace;
    /// @notice No fee is higher, whatever was signed.
    uint16 public immutable hardFeeCapBps;
    address private immutable insuranceAccount;

    /// @inheritdoc IExchange
    address public override guardian;
    /// @inheritdoc IExchange
    bool public override isPaused;

    /// @param vault_ Whose balances are moved.
    /// @param guardian_ Who may pause settlement.
    /// @param expiryGrace_ In seconds.
    /// @param hardFeeCapBps_ At most 10,000.
    constructor(ISettlementVault vault_, address guardian_, uint64 expiryGrace_, uint16 hardFeeCapBps_) {
        if (guardian_ == address(0)) revert AddressMissing();
        if (hardFeeCapBps_ > 10_000) revert FeeCapTooHigh(hardFeeCapBps_, 10_000);
        vault = vault_;
        insuranceAccount = vault_.insuranceAccount();
        expiryGrace = expiryGrace_;
        hardFeeCapBps = hardFeeCapBps_;
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IExchange
    function settleBatch(uint64 batchId, uint64 matchedThroughMs, bytes calldata packed)
        external
        override
        returns (bytes memory outcomes)
    {
        if (isPaused) revert SettlementIsPaused();
        BatchOrders.Batch memory batch;
        batch.domain = vault.domainSeparator();
        batch.insuranceAccount = insuranceAccount;
        batch.hardFeeCapBps = hardFeeCapBps;
        uint256 offset = BatchOrders.read(batch, packed);
        batch.found = vault.openBatch(msg.sender, batchId, matchedThroughMs, batch.rows);
        BatchOrders.check(batch, (block.timestamp - expiryGrace) * 1000);
        BatchFills.open(batch);
        offset = BatchFills.transferHouse(batch, batchId, offset);
        uint256 rejected;
        (outcomes, rejected) = BatchFills.settle(batch, vault, batchId, offset);
        BatchOrders.finish(batch);
        vault.closeBatch(batchId, matchedThroughMs, batch.rows, batch.changes);
        emit BatchSettled(batchId, matchedThroughMs, outcomes.length, rejected);
    }

    /// @inheritdoc IExchange
    function pauseSettlement() external override {
        if (msg.sender != guardian) revert SenderNotAllowed(msg.sender, guardian);
        isPaused = true;
        emit SettlementPaused(msg.sender);
    }

    /// @inheritdoc IExchange
    function resumeSettlement() external override {
        if (msg.sender != guardian && msg.sender != vault.admin()) revert SenderNotAllowed(msg.sender, guardian);
        isPaused = false;
        emit SettlementResumed(msg.sender);
    }

    /// @inheritdoc IExchange
    function setGuardian(address guardian_) external override {
        if (msg.sender != vault.admin()) revert SenderNotAllowed(msg.sender, vault.admin());
        if (guardian_ == address(0)) revert AddressMissing();
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IExchange
    function operator() external view override returns (address) {
        return vault.operator();
    }

    /// @notice EIP-712 digest of an order, as settlement computes it.
    /// @param order What its signer signs; `typeHash` is filled in.
    function orderDigestOf(SignedStructs.Order memory order) external view returns (bytes32) {
        order.typeHash = SignedStructs.ORDER_TYPE;
        return MessageHashUtils.toTypedDataHash(vault.domainSeparator(), SignedStructs.hash(order));
    }
}
