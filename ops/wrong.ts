/** What somebody typed cannot be done: one sentence for him, and no stack. */
export class Wrong extends Error {
  override name = 'Wrong';
}
