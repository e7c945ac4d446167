// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVault} from "./IVault.sol";
import {SignedStructs} from "./SignedStructs.sol";
import {VaultFunds} from "./VaultFunds.sol";

/// @title How funds leave: at once by two signatures, after the delay by one, and by none once the vault is frozen.
/// @notice Nothing here can be paused.
abstract contract VaultExits is VaultFunds {
    error AmountMissing();
    error ExitUnknown(uint256 exitId);
    error ExitOver(uint256 exitId);
    /// @notice `needMs` is when its delay is over; before that comes, or with it, a batch matched through its time.
    error ExitNotEffective(uint256 exitId, uint64 haveMs, uint64 needMs);
    error ExitNotOverdue(uint256 exitId, uint64 haveMs, uint64 needMs);
    /// @notice All that was matched before the request is settled: it can be finalized, and is no reason to freeze.
    error ExitHonoured(uint256 exitId, uint64 matchedThroughMs, uint64 requestedAtMs);
    error VaultNotFrozen();
    error WithdrawalTooLate(bytes32 withdrawalDigest, uint64 haveMs, uint64 needMs);
    error WithdrawalTooEarly(bytes32 withdrawalDigest, uint64 haveBatch, uint64 needBatch);
    error AlreadyWithdrawn(bytes32 withdrawalDigest);
    error NotSignedBy(bytes32 digest, address signer);

    /// @notice How many exits were requested; ids start at 1.
    uint256 public exitCount;
    /// @notice Signed withdrawals that were paid.
    mapping(bytes32 withdrawalDigest => bool) public isWithdrawn;
    mapping(uint256 exitId => ExitRequest) private _exits;

    /// @inheritdoc IVault
    function requestWithdraw(uint256 asset, uint128 amount) external override returns (uint256 exitId) {
        if (asset > type(uint160).max) revert AssetNotAToken(asset);
        if (amount == 0) revert AmountMissing();
        exitId = ++exitCount;
        _exits[exitId] = ExitRequest(msg.sender, asset, amount, _nowMs(), false);
        emit ExitRequested(exitId, msg.sender, asset, amount, _nowMs());
    }

    /// @inheritdoc IVault
    function finalizeWithdraw(uint256 exitId) external override nonReentrant returns (uint256 paid) {
        ExitRequest storage request = _openExit(exitId);
        if (!_isEffective(request.requestedAtMs)) {
            revert ExitNotEffective(exitId, _nowMs(), request.requestedAtMs + restrictionDelay * 1000);
        }
        request.isOver = true;
        (address account, uint256 asset) = (request.account, request.asset);
        uint256 balance = _balances[asset][account].atoms;
        paid = request.amount < balance ? request.amount : balance;
        _payOut(account, asset, paid, account);
        emit ExitFinalized(exitId, account, asset, paid);
    }

    /// @inheritdoc IVault
    function abandonWithdraw(uint256 exitId) external override {
        ExitRequest storage request = _openExit(exitId);
        if (request.account != msg.sender) revert SenderNotAllowed(msg.sender, request.account);
        request.isOver = true;
        emit ExitAbandoned(exitId, msg.sender);
    }

    /// @inheritdoc IVault
    function withdraw(
        Withdrawal calldata withdrawal,
        bytes calldata ownerSignature,
        uint64 afterBatch,
        bytes calldata operatorSignature
    ) external override nonReentrant {
        bytes32 digest = withdrawalDigestOf(withdrawal);
        if (isWithdrawn[digest]) revert AlreadyWithdrawn(digest);
        if (_nowMs() > withdrawal.deadlineMs) revert WithdrawalTooLate(digest, _nowMs(), withdrawal.deadlineMs);
        uint64 needBatch = afterBatch > withdrawal.afterBatch ? afterBatch : withdrawal.afterBatch;
        if (lastBatch < needBatch) revert WithdrawalTooEarly(digest, lastBatch, needBatch);
        if (withdrawal.recipient == address(0)) revert AddressMissing();
        if (withdrawal.amount == 0) revert AmountMissing();
        if (msg.sender != withdrawal.account) _requireSignature(withdrawal.account, digest, ownerSignature);
        _requireSignature(operator, approvalDigestOf(digest, afterBatch), operatorSignature);

        isWithdrawn[digest] = true;
        _payOut(withdrawal.account, withdrawal.asset, withdrawal.amount, withdrawal.recipient);
        emit Withdrawn(digest, withdrawal.account, withdrawal.asset, withdrawal.amount, withdrawal.recipient);
    }

    /// @inheritdoc IVault
    function freeze(uint256 exitId) external override whileOpen {
        ExitRequest storage request = _openExit(exitId);
        uint64 requestedAtMs = request.requestedAtMs;
        if (matchedThroughMs >= requestedAtMs) revert ExitHonoured(exitId, matchedThroughMs, requestedAtMs);
        uint64 overdueAtMs = requestedAtMs + (restrictionDelay + freezeMargin) * 1000;
        if (_nowMs() < overdueAtMs) revert ExitNotOverdue(exitId, _nowMs(), overdueAtMs);
        isFrozen = true;
        emit Frozen(exitId);
    }

    /// @inheritdoc IVault
    function exitFrozen(address account, uint256 asset) external override nonReentrant returns (uint256 paid) {
        if (!isFrozen) revert VaultNotFrozen();
        if (asset > type(uint160).max) revert AssetNotAToken(asset);
        paid = _balances[asset][account].atoms;
        if (paid == 0) revert AmountMissing();
        _payOut(account, asset, paid, account);
        emit FrozenExit(account, asset, paid);
    }

    /// @inheritdoc IVault
    function exitRequest(uint256 exitId) external view override returns (ExitRequest memory) {
        return _exits[exitId];
    }

    /// @notice EIP-712 digest of a withdrawal.
    /// @param withdrawal What its owner signs.
    function withdrawalDigestOf(Withdrawal calldata withdrawal) public view returns (bytes32) {
        return _hashTypedDataV4(SignedStructs.hash(withdrawal));
    }

    /// @notice EIP-712 digest of the operator's approval of a withdrawal.
    /// @param withdrawalDigest Which withdrawal.
    /// @param afterBatch The batch that must be settled first.
    function approvalDigestOf(bytes32 withdrawalDigest, uint64 afterBatch) public view returns (bytes32) {
        return _hashTypedDataV4(SignedStructs.hashApproval(withdrawalDigest, afterBatch));
    }

    function _openExit(uint256 exitId) private view returns (ExitRequest storage request) {
        request = _exits[exitId];
        if (request.requestedAtMs == 0) revert ExitUnknown(exitId);
        if (request.isOver) revert ExitOver(exitId);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private pure {
        if (signature.length == 65) {
            bytes32 r = bytes32(signature[0:32]);
            bytes32 s = bytes32(signature[32:64]);
            if (SignedStructs.isSignedBy(signer, digest, r, s, uint8(signature[64]))) return;
        }
        revert NotSignedBy(digest, signer);
    }
}
