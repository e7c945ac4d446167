/** What the files beside this one were made from. */
// Made by `npm run contracts`; do not edit.
export const madeFrom =
  'ef3fc3107319d76a4b1e928050724f818e24ba22dde3a3a59616c0cab40b69c3';
