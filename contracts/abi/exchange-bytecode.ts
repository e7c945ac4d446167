/** What deploys the contract IExchange. */
// Made by `npm run contracts`; do not edit.
export const exchangeBytecode =
  '0x';
