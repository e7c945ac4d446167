// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IVault} from "./IVault.sol";
import {ISettlementVault} from "./ISettlementVault.sol";

/// @title Who may do what, and from when on what users demanded counts.
abstract contract VaultRoles is IVault, ISettlementVault, EIP712, ReentrancyGuardTransient {
    /// @notice How a vault is set up.
    struct Terms {
        /// @dev A TimelockController that delays for at least `restrictionDelay + freezeMargin`.
        address admin;
        address exchange;
        address operator;
        address resolver;
        address feeAccount;
        address insuranceAccount;
        /// @dev Seconds that restrictive acts take at least.
        uint64 restrictionDelay;
        /// @dev Seconds after which, on top, an exit that is not honoured lets anyone freeze the vault.
        uint64 freezeMargin;
    }

    event ExchangeSet(address indexed exchange);
    event OperatorSet(address indexed operator);
    event ResolverSet(address indexed resolver);

    error SenderNotAllowed(address sender, address need);
    error AdminDelayTooShort(address admin, uint256 have, uint256 need);
    error AddressMissing();
    error HouseAccountsEqual(address account);
    error VaultFrozen();

    /// @notice The timelock: all that it does is seen for longer than an exit takes.
    address public immutable override admin;
    /// @notice Who gets the fees. A user like any other.
    address public immutable override feeAccount;
    /// @notice Who stands in for a side that would not settle. A user like any other, but that batches may take from it.
    address public immutable override(IVault, ISettlementVault) insuranceAccount;
    /// @notice How long restrictive acts take at least, in seconds.
    uint64 public immutable override restrictionDelay;
    /// @notice How much longer an exit may stay open before anyone may freeze the vault, in seconds.
    uint64 public immutable freezeMargin;

    /// @notice The one contract that may move balances by users' signatures.
    address public exchange;
    /// @notice Who settles batches and approves withdrawals.
    address public override(IVault, ISettlementVault) operator;
    /// @notice Who registers and resolves conditions.
    address public resolver;

    /// @notice The batch that was settled last.
    uint64 public override lastBatch;
    /// @notice Every match up to then has been settled.
    uint64 public override matchedThroughMs;
    /// @notice Whether settlement has ended for good.
    bool public override isFrozen;

    modifier onlyAdmin() {
        if (msg.sender != admin) revert SenderNotAllowed(msg.sender, admin);
        _requireLongDelay();
        _;
    }

    modifier whileOpen() {
        if (isFrozen) revert VaultFrozen();
        _;
    }

    constructor(Terms memory terms) EIP712("Crossbook", "1") {
        if (terms.feeAccount == terms.insuranceAccount) revert HouseAccountsEqual(terms.feeAccount);
        if (terms.feeAccount == address(0) || terms.insuranceAccount == address(0)) revert AddressMissing();
        admin = terms.admin;
        feeAccount = terms.feeAccount;
        insuranceAccount = terms.insuranceAccount;
        restrictionDelay = terms.restrictionDelay;
        freezeMargin = terms.freezeMargin;
        _setExchange(terms.exchange);
        _setOperator(terms.operator);
        _setResolver(terms.resolver);
        // Immutables cannot be read by functions yet.
        _requireDelay(terms.admin, uint256(terms.restrictionDelay) + terms.freezeMargin);
    }

    /// @notice Puts another exchange in the place of this one. Signatures stay valid: their domain is the vault's.
    /// @param exchange_ The new one.
    function setExchange(address exchange_) external onlyAdmin {
        _setExchange(exchange_);
    }

    /// @notice Names another operator.
    /// @param operator_ The new one.
    function setOperator(address operator_) external onlyAdmin {
        _setOperator(operator_);
    }

    /// @notice Names another resolver.
    /// @param resolver_ The new one.
    function setResolver(address resolver_) external onlyAdmin {
        _setResolver(resolver_);
    }

    /// @inheritdoc ISettlementVault
    function domainSeparator() external view override returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @dev The block's time.
    function _nowMs() internal view returns (uint64) {
        return uint64(block.timestamp * 1000);
    }

    /// @dev Whether a restrictive act counts by now: its delay is over and all that was matched before it is settled.
    /// 0 is an act that was never asked for.
    function _isEffective(uint64 requestedAtMs) internal view returns (bool) {
        if (requestedAtMs == 0) return false;
        if (isFrozen) return true;
        return _nowMs() >= requestedAtMs + restrictionDelay * 1000 && matchedThroughMs >= requestedAtMs;
    }

    function _setExchange(address exchange_) private {
        if (exchange_ == address(0)) revert AddressMissing();
        exchange = exchange_;
        emit ExchangeSet(exchange_);
    }

    function _setOperator(address operator_) private {
        if (operator_ == address(0)) revert AddressMissing();
        operator = operator_;
        emit OperatorSet(operator_);
    }

    function _setResolver(address resolver_) private {
        if (resolver_ == address(0)) revert AddressMissing();
        resolver = resolver_;
        emit ResolverSet(resolver_);
    }

    /// @dev A timelock may shorten its delay; then it has no power here any more until it lengthens it again.
    function _requireLongDelay() private view {
        _requireDelay(admin, uint256(restrictionDelay) + freezeMargin);
    }

    function _requireDelay(address timelock, uint256 need) private view {
        uint256 have = TimelockController(payable(timelock)).getMinDelay();
        if (have < need) revert AdminDelayTooShort(timelock, have, need);
    }
}
