/** Small codecs that join into the codec of a record: one description both writes and reads. */
import { assert } from '#domain/assertion.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { memberAt, placeIn } from './closed-list.ts';

export type Codec<T> = { write(to: ByteWriter, value: T): void; read(from: ByteReader): T };

/** Of an object; its fields can be read into one that has others already, so that nothing is copied. */
export type RecordCodec<T> = Codec<T> & {
  readInto(from: ByteReader, value: Record<string, unknown>): void;
};

export const uint: Codec<number> = {
  write: (to, value) => to.uint(value),
  read: (from) => from.uint(),
};
export const int: Codec<number> = {
  write: (to, value) => to.int(value),
  read: (from) => from.int(),
};
export const bigUint: Codec<bigint> = {
  write: (to, value) => to.bigUint(value),
  read: (from) => from.bigUint(),
};
export const text: Codec<string> = {
  write: (to, value) => to.text(value),
  read: (from) => from.text(),
};

/** A time in ms, relative to the record's own: two bytes for anything within a minute of it. */
export const timeMs: Codec<number> = {
  write: (to, value) => to.timeMs(value),
  read: (from) => from.int() + from.baseMs,
};

export const bool: Codec<boolean> = {
  write: (to, value) => to.byte(value ? 1 : 0),
  read: (from) => from.byte() === 1,
};

/** 0x-prefixed hex of a fixed byte length. */
export function hex(byteLength: number): Codec<string> {
  return {
    write: (to, value) => to.hex(value, byteLength),
    read: (from) => from.hex(byteLength),
  };
}

/** The same of what nothing mentions again in its record: no index is kept for it. */
export function bareHex(byteLength: number): Codec<string> {
  return {
    write: (to, value) => to.bareHex(value, byteLength),
    read: (from) => from.bareHex(byteLength),
  };
}

/** One of a closed list. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Codec<T> {
  return {
    write(to, value) {
      to.byte(placeIn(values, value));
    },
    read: (from) => memberAt(values, from.byte()),
  };
}

type Fields<T> = {
  [K in keyof T]-?: undefined extends T[K] ? Optional<Exclude<T[K], undefined>> : Codec<T[K]>;
};
type Optional<T> = { optional: Codec<T> };

/** A field that may be absent: one byte says whether it is there. */
export function optional<T>(codec: Codec<T>): Optional<T> {
  return { optional: codec };
}

/** An object whose fields are written in the order given. */
export function record<T extends object>(fields: Fields<T>): RecordCodec<T> {
  const given = Object.entries(fields) as [keyof T & string, Codec<unknown> | Optional<unknown>][];
  const entries = given.map(([name, field]) =>
    'optional' in field
      ? { name, codec: field.optional, isOptional: true }
      : { name, codec: field, isOptional: false },
  );
  const readInto = (from: ByteReader, value: Record<string, unknown>) => {
    for (const { name, codec, isOptional } of entries)
      if (!isOptional || from.byte() === 1) value[name] = codec.read(from);
  };
  return {
    write(to, value) {
      for (const { name, codec, isOptional } of entries) {
        const field: unknown = value[name];
        if (isOptional) to.byte(field === undefined ? 0 : 1);
        if (!isOptional || field !== undefined) codec.write(to, field);
      }
    },
    read(from) {
      const value: Record<string, unknown> = {};
      readInto(from, value);
      return value as T;
    },
    readInto,
  };
}

/**
 * One type of a union. `extended`: what came later than its tag's records, a field that is seldom there; where it is, the value has
 * a tag of its own, so that records of before are read as they were written.
 */
type Member<T> = {
  tag: number;
  codec: RecordCodec<T>;
  extended?: { tag: number; by: keyof T & string; codec: RecordCodec<T> };
};

/** A closed union by `type`. Tags are on disk: a tag is never reused for another type. */
export function union<T extends { type: string }>(
  members: { [K in T['type']]: Member<Omit<Extract<T, { type: K }>, 'type'>> },
): Codec<T> {
  const byType = members as unknown as Record<string, Member<Record<string, unknown>>>;
  const byTag = new Map(
    Object.entries(byType).flatMap(([type, { tag, codec, extended }]) => [
      [tag, { type, codec }],
      ...(extended ? [[extended.tag, { type, codec: extended.codec }] as const] : []),
    ]),
  );
  return {
    write(to, value) {
      const member = byType[value.type];
      if (!member) assert(false, `no codec for ${value.type}`);
      const { extended } = member;
      const fields: Record<string, unknown> = value;
      const form = extended && fields[extended.by] !== undefined ? extended : member;
      to.byte(form.tag);
      form.codec.write(to, fields);
    },
    read(from) {
      const member = byTag.get(from.byte());
      if (!member) throw new RangeError('an unknown type');
      const value: Record<string, unknown> = { type: member.type };
      member.codec.readInto(from, value);
      return value as T;
    },
  };
}
