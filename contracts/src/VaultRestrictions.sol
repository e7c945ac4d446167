// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVault} from "./IVault.sol";
import {SignedStructs} from "./SignedStructs.sol";
import {VaultRoles} from "./VaultRoles.sol";

/// @title What owners take back: orders, epochs, delegations. And what they allow without a signature.
/// @notice Taking back has an effect only after the delay and once all that was matched before is settled, so that a match
/// is a trade whatever its owners do next.
abstract contract VaultRestrictions is VaultRoles {
    error AlreadyRequested(bytes32 digest, uint64 requestedAtMs);
    error AlreadyRegistered(bytes32 delegationDigest);

    /// @dev One slot. `epoch` counts unless a bump to `nextEpoch` is effective.
    struct EpochState {
        uint64 epoch;
        uint64 nextEpoch;
        uint64 requestedAtMs;
    }

    /// @dev One slot. `spent` is of `day`: days of block time since 1970.
    struct DelegationState {
        uint128 spent;
        uint32 day;
        uint64 revokeRequestedAtMs;
        bool isRegistered;
    }

    /// @dev One slot, written whole: `filled` in the lower half, in the upper one when the order's cancel was requested.
    struct OrderState {
        uint256 word;
    }

    /// @dev By account and digest, so that nobody can touch another one's: an order has one account.
    mapping(address account => mapping(bytes32 digest => OrderState)) internal _orders;
    mapping(address account => EpochState) internal _epochs;
    mapping(address account => mapping(bytes32 digest => DelegationState)) internal _delegations;

    /// @inheritdoc IVault
    function cancel(bytes32 orderDigest) external override {
        OrderState storage order = _orders[msg.sender][orderDigest];
        uint256 word = order.word;
        if (word >> 128 != 0) revert AlreadyRequested(orderDigest, uint64(word >> 128));
        order.word = word | uint256(_nowMs()) << 128;
        emit OrderCancelled(msg.sender, orderDigest, _nowMs());
    }

    /// @inheritdoc IVault
    function bumpEpoch() external override returns (uint64 epoch) {
        EpochState storage state = _epochs[msg.sender];
        uint64 next = state.nextEpoch;
        if (_isEffective(state.requestedAtMs)) state.epoch = next;
        epoch = next + 1;
        state.nextEpoch = epoch;
        state.requestedAtMs = _nowMs();
        emit EpochBumped(msg.sender, epoch, _nowMs());
    }

    /// @inheritdoc IVault
    function revoke(bytes32 delegationDigest) external override {
        DelegationState storage state = _delegations[msg.sender][delegationDigest];
        if (state.revokeRequestedAtMs != 0) revert AlreadyRequested(delegationDigest, state.revokeRequestedAtMs);
        state.revokeRequestedAtMs = _nowMs();
        emit DelegationRevoked(msg.sender, delegationDigest, _nowMs());
    }

    /// @inheritdoc IVault
    function registerDelegation(Delegation calldata delegation)
        external
        override
        whileOpen
        returns (bytes32 delegationDigest)
    {
        if (delegation.account != msg.sender) revert SenderNotAllowed(msg.sender, delegation.account);
        delegationDigest = _hashTypedDataV4(SignedStructs.hash(delegation));
        DelegationState storage state = _delegations[msg.sender][delegationDigest];
        if (state.isRegistered) revert AlreadyRegistered(delegationDigest);
        state.isRegistered = true;
        emit DelegationRegistered(msg.sender, delegationDigest);
    }

    /// @inheritdoc IVault
    function filledOf(address account, bytes32 orderDigest) external view override returns (uint256) {
        return uint128(_orders[account][orderDigest].word);
    }

    /// @inheritdoc IVault
    function epochOf(address account) external view override returns (uint64) {
        return _epochs[account].nextEpoch;
    }

    /// @notice The lowest epoch whose orders are still settled.
    /// @param account Whose orders.
    function effectiveEpochOf(address account) public view returns (uint64) {
        EpochState storage state = _epochs[account];
        return _isEffective(state.requestedAtMs) ? state.nextEpoch : state.epoch;
    }

    /// @notice EIP-712 digest of a delegation.
    /// @param delegation What its owner signs.
    function delegationDigestOf(Delegation calldata delegation) external view returns (bytes32) {
        return _hashTypedDataV4(SignedStructs.hash(delegation));
    }
}
