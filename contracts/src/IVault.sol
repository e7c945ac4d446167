// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The vault: who owns what, and how they leave.
/// @notice Balances by account and asset. An asset is a token's address as a number, 0 for the chain's own coin,
/// or a number of at least 2^160 for an outcome position. Amounts are atoms: the token's smallest parts.
interface IVault {
    /// @notice What an owner allows a session key, once (EIP-712).
    struct Delegation {
        address account;
        address sessionKey;
        uint256 quoteAsset;
        uint128 maxNotionalPerDay;
        uint16 maxFeeBps;
        bytes32 marketsRoot;
        uint64 createdAtMs;
        uint64 expiresAtMs;
        uint64 epoch;
        uint64 salt;
    }

    /// @notice A withdrawal that its owner signed and the operator co-signs (EIP-712).
    struct Withdrawal {
        address account;
        uint256 asset;
        uint128 amount;
        address recipient;
        uint64 afterBatch;
        uint64 deadlineMs;
        uint256 withdrawalId;
    }

    /// @notice A request to leave without the operator's help.
    struct ExitRequest {
        address account;
        uint256 asset;
        uint128 amount;
        uint64 requestedAtMs;
        bool isOver;
    }

    event Deposited(address indexed account, uint256 indexed asset, uint256 amount, address payer);
    event ExitRequested(
        uint256 indexed exitId, address indexed account, uint256 indexed asset, uint256 amount, uint64 requestedAtMs
    );
    /// @notice `amount` is what was paid: the request, or the balance if that was less.
    event ExitFinalized(uint256 indexed exitId, address indexed account, uint256 indexed asset, uint256 amount);
    event ExitAbandoned(uint256 indexed exitId, address indexed account);
    event Withdrawn(
        bytes32 indexed withdrawalDigest,
        address indexed account,
        uint256 indexed asset,
        uint256 amount,
        address recipient
    );
    event OrderCancelled(address indexed account, bytes32 indexed orderDigest, uint64 requestedAtMs);
    event EpochBumped(address indexed account, uint64 epoch, uint64 requestedAtMs);
    event DelegationRegistered(address indexed account, bytes32 indexed delegationDigest);
    event DelegationRevoked(address indexed account, bytes32 indexed delegationDigest, uint64 requestedAtMs);
    event Frozen(uint256 indexed exitId);
    event FrozenExit(address indexed account, uint256 indexed asset, uint256 amount);

    /// @notice Two outcomes may be minted from now on: `outcome`, which is even, and `outcome` + 1.
    event ConditionRegistered(uint256 indexed outcome, bytes32 indexed conditionId, uint256 indexed collateral);
    /// @notice `payoutBps` of a collateral atom for an atom of `outcome`, the rest for one of `outcome` + 1.
    event ConditionResolved(uint256 indexed outcome, uint16 payoutBps, uint64 resolvedAtMs);
    event Redeemed(
        address indexed account, uint256 indexed outcome, uint256 indexed collateral, uint256 amount, uint256 paid
    );

    /// @notice Credits `account` with what the vault received of the token, which may be less than `amount`.
    function deposit(uint256 asset, uint256 amount, address account) external returns (uint256 received);
    /// @notice Credits `account` with the coin sent along (asset 0).
    function depositNative(address account) external payable;

    /// @notice Asks for funds without the operator; they stay where settlement may move them until the exit is finalized.
    function requestWithdraw(uint256 asset, uint128 amount) external returns (uint256 exitId);
    /// @notice Pays min(requested, balance) once the request is effective. Anyone may call it; the owner is paid.
    function finalizeWithdraw(uint256 exitId) external returns (uint256 paid);
    /// @notice Gives a request up.
    function abandonWithdraw(uint256 exitId) external;
    /// @notice Pays at once what its owner signed and the operator approved, after `afterBatch` (the larger of both signed ones).
    /// @dev An owner who sends it himself, such as a contract wallet, needs no signature of his own.
    function withdraw(
        Withdrawal calldata withdrawal,
        bytes calldata ownerSignature,
        uint64 afterBatch,
        bytes calldata operatorSignature
    ) external;

    /// @notice The sender's order may no longer be settled, once effective.
    function cancel(bytes32 orderDigest) external;
    /// @notice Orders and delegations of the sender below the new epoch may no longer be settled, once effective.
    /// @dev A bump while another one is not effective yet takes its place: the delay of both starts again.
    function bumpEpoch() external returns (uint64 epoch);
    /// @notice The sender's delegation may no longer be used, once effective.
    function revoke(bytes32 delegationDigest) external;
    /// @notice Registers a delegation of the sender: how contract wallets trade, who cannot sign.
    function registerDelegation(Delegation calldata delegation) external returns (bytes32 delegationDigest);

    /// @notice Stops settlement for good, if `exitId` is overdue: requested, its delay and a margin over, and no batch has
    /// been settled that was matched through its time.
    function freeze(uint256 exitId) external;
    /// @notice Pays an account's whole balance out once the vault is frozen. Anyone may call it; the owner is paid.
    function exitFrozen(address account, uint256 asset) external returns (uint256 paid);
    /// @notice Turns an account's outcomes into collateral, once their condition is resolved and all that was matched before is settled.
    function redeem(address account, uint256 outcome) external returns (uint256 paid);

    function balanceOf(address account, uint256 asset) external view returns (uint256);
    /// @notice The sum of all balances of an asset.
    function totalOf(uint256 asset) external view returns (uint256);
    /// @notice How much of its capped asset an order was filled, in atoms.
    function filledOf(address account, bytes32 orderDigest) external view returns (uint256);
    /// @notice The epoch that the account's next orders should be signed with; older ones are settled until a bump is effective.
    function epochOf(address account) external view returns (uint64);
    function exitRequest(uint256 exitId) external view returns (ExitRequest memory);
    function isFrozen() external view returns (bool);
    function lastBatch() external view returns (uint64);
    function matchedThroughMs() external view returns (uint64);
    /// @notice How long restrictive acts (exit, cancel, bumpEpoch, revoke) take at least, in seconds.
    function restrictionDelay() external view returns (uint64);
    function insuranceAccount() external view returns (address);
    function feeAccount() external view returns (address);
    /// @notice Who settles batches and approves withdrawals.
    function operator() external view returns (address);
}
