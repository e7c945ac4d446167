// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Why a fill did not settle: the numbers of `FillRejected`. None is renumbered.
library Rejection {
    uint256 internal constant SETTLED = 0;
    uint256 internal constant BAD_SIGNATURE = 1;
    uint256 internal constant DELEGATION_INVALID = 2;
    uint256 internal constant DELEGATION_LIMIT_REACHED = 3;
    uint256 internal constant ORDER_CANCELLED = 4;
    uint256 internal constant EPOCH_TOO_LOW = 5;
    uint256 internal constant ORDER_EXPIRED = 6;
    uint256 internal constant SAME_ACCOUNT = 7;
    uint256 internal constant ASSETS_DIFFER = 8;
    uint256 internal constant SIDES_DO_NOT_MATCH = 9;
    uint256 internal constant OVERFILLED = 10;
    uint256 internal constant PRICE_OUTSIDE_LIMIT = 11;
    uint256 internal constant FEE_TOO_HIGH = 12;
    uint256 internal constant BALANCE_TOO_LOW = 13;
    uint256 internal constant UNKNOWN_OUTCOME = 14;
    /// @notice Added where the taker's order is at fault, not the maker's or none in particular.
    uint256 internal constant OF_TAKER = 128;
}
