// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IVault} from "./IVault.sol";
import {VaultRoles} from "./VaultRoles.sol";

/// @title Balances, how they come in and how they are paid out.
/// @notice The sum of an asset's balances never passes what the vault holds of it. Tokens whose balances change by
/// themselves (rebasing) may break that for their own holders; other assets are not touched by it.
abstract contract VaultFunds is VaultRoles {
    using SafeERC20 for IERC20;

    error AssetNotAToken(uint256 asset);
    error NothingReceived(address account, uint256 asset);
    error TotalTooLarge(uint256 asset, uint256 have, uint256 need);
    error BalanceTooLow(address account, uint256 asset, uint256 have, uint256 need);
    error TokenTookTooMuch(uint256 asset, uint256 have, uint256 need);

    /// @dev A struct, so that its place is worked out once for reading and writing.
    struct Balance {
        uint256 atoms;
    }

    mapping(uint256 asset => mapping(address account => Balance)) internal _balances;
    mapping(uint256 asset => uint256) internal _totals;

    /// @inheritdoc IVault
    function deposit(uint256 asset, uint256 amount, address account)
        external
        override
        nonReentrant
        whileOpen
        returns (uint256 received)
    {
        IERC20 token = _tokenOf(asset);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        // What a token that takes a fee did not bring is nobody's; one that brings less than nothing is no token.
        received = token.balanceOf(address(this)) - before;
        _credit(account, asset, received);
    }

    /// @inheritdoc IVault
    function depositNative(address account) external payable override nonReentrant whileOpen {
        _credit(account, 0, msg.value);
    }

    /// @inheritdoc IVault
    function balanceOf(address account, uint256 asset) external view override returns (uint256) {
        return _balances[asset][account].atoms;
    }

    /// @inheritdoc IVault
    function totalOf(uint256 asset) external view override returns (uint256) {
        return _totals[asset];
    }

    /// @dev Takes from the books first, then pays. Only callers that hold the reentrancy lock come here.
    function _payOut(address account, uint256 asset, uint256 amount, address recipient) internal {
        uint256 balance = _balances[asset][account].atoms;
        if (balance < amount) revert BalanceTooLow(account, asset, balance, amount);
        _balances[asset][account].atoms = balance - amount;
        _totals[asset] -= amount;
        if (amount == 0) return;
        if (asset == 0) {
            Address.sendValue(payable(recipient), amount);
            return;
        }
        IERC20 token = _tokenOf(asset);
        uint256 before = token.balanceOf(address(this));
        token.safeTransfer(recipient, amount);
        uint256 left = token.balanceOf(address(this));
        // A token that takes its fee from the sender, on top, would take other users' atoms.
        if (left + amount < before) revert TokenTookTooMuch(asset, before - left, amount);
    }

    /// @dev The token that an asset is; the coin and outcomes are none.
    function _tokenOf(uint256 asset) internal pure returns (IERC20) {
        if (asset == 0 || asset > type(uint160).max) revert AssetNotAToken(asset);
        return IERC20(address(uint160(asset)));
    }

    /// @dev Totals stay below 2^128, so that no sum of a batch can overflow.
    function _credit(address account, uint256 asset, uint256 received) private {
        if (account == address(0)) revert AddressMissing();
        if (received == 0) revert NothingReceived(account, asset);
        uint256 total = _totals[asset];
        if (received > type(uint128).max - total) revert TotalTooLarge(asset, received, type(uint128).max - total);
        _totals[asset] = total + received;
        _balances[asset][account].atoms += received;
        emit Deposited(account, asset, received, msg.sender);
    }
}
