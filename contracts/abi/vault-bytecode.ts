/** What deploys the contract IVault. */
// Made by `npm run contracts`; do not edit.
export const vaultBytecode =
  '0x';
