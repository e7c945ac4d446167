/** ABI of the contract IExchange. */
// Made by `npm run contracts`; do not edit.
export const exchangeAbi = [
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"uint64","name":"batchId","type":"uint64"},{"indexed":false,"internalType":"uint64","name":"matchedThroughMs","type":"uint64"},{"indexed":false,"internalType":"uint256","name":"fills","type":"uint256"},{"indexed":false,"internalType":"uint256","name":"rejected","type":"uint256"}],"name":"BatchSettled","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"uint64","name":"batchId","type":"uint64"},{"indexed":true,"internalType":"uint256","name":"index","type":"uint256"},{"indexed":false,"internalType":"uint8","name":"reason","type":"uint8"}],"name":"FillRejected","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"uint64","name":"batchId","type":"uint64"},{"indexed":true,"internalType":"address","name":"account","type":"address"},{"indexed":true,"internalType":"uint256","name":"asset","type":"uint256"},{"indexed":false,"internalType":"uint256","name":"amount","type":"uint256"}],"name":"HouseTransferred","type":"event"},
  {"inputs":[],"name":"isPaused","outputs":[{"internalType":"bool","name":"","type":"bool"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"operator","outputs":[{"internalType":"address","name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"pauseSettlement","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[],"name":"resumeSettlement","outputs":[],"stateMutability":"nonpayable","type":"function"},
] as const;
