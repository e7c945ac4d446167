/** Typed arrays that grow: the same values with room for more. Pools double, so that growing costs nothing on average. And copies of them. */

export function grownInts(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(values);
  return grown;
}

export function grownFloats(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(values);
  return grown;
}

/** The first values in an array that is kept for copies: into memory that was written before, a copy takes a third of the time. */
export function copiedInts(
  values: Int32Array,
  kept: Int32Array<ArrayBuffer>,
  count: number,
): Int32Array<ArrayBuffer> {
  const copy = kept.length < count ? new Int32Array(values.length) : kept;
  copy.set(values.subarray(0, count));
  return copy;
}

export function copiedFloats(
  values: Float64Array,
  kept: Float64Array<ArrayBuffer>,
  count: number,
): Float64Array<ArrayBuffer> {
  const copy = kept.length < count ? new Float64Array(values.length) : kept;
  copy.set(values.subarray(0, count));
  return copy;
}
