// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that does what a vault must bear: it takes fees, answers false, or calls back in the midst of a transfer.
contract HostileToken is ERC20 {
    /// @notice Taken of what is sent, in parts of 10,000: out of the amount, or on top of it.
    uint256 public feeBps;
    bool public isFeeOnTop;
    /// @notice Whether transfers answer false and do nothing.
    bool public isFalse;
    /// @notice Who is called in the midst of a transfer, with what.
    address public target;
    bytes public call;
    /// @notice Whether the call back went through.
    bool public hasReentered;

    constructor() ERC20("Hostile", "BAD") {}

    /// @notice Makes tokens for anybody.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice Sets fees.
    function setFee(uint256 bps, bool isOnTop) external {
        (feeBps, isFeeOnTop) = (bps, isOnTop);
    }

    /// @notice Sets whether transfers answer false.
    function setFalse(bool value) external {
        isFalse = value;
    }

    /// @notice Sets what is called in the midst of the next transfers.
    function setCall(address target_, bytes calldata call_) external {
        (target, call, hasReentered) = (target_, call_, false);
    }

    /// @notice A wallet that may do anything: the token itself acts as a user.
    function act(address to, bytes calldata data) external payable {
        (bool isDone, bytes memory answer) = to.call{value: msg.value}(data);
        if (!isDone) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @notice Takes coins, and calls back with them in hand.
    receive() external payable {
        _callBack();
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 amount) public override returns (bool) {
        if (isFalse) return false;
        return super.transfer(to, amount);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (isFalse) return false;
        return super.transferFrom(from, to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0)) {
            super._update(from, to, amount);
            return;
        }
        _callBack();
        uint256 fee = amount * feeBps / 10_000;
        super._update(from, to, isFeeOnTop ? amount : amount - fee);
        if (fee != 0) super._update(from, address(this), fee);
    }

    function _callBack() private {
        if (target == address(0)) return;
        address to = target;
        target = address(0);
        (hasReentered,) = to.call(call);
    }
}
