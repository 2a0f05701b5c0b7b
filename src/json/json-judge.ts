/** Keys of objects and indexes of arrays, from the root to a value. */
export type JsonPath = (string | number)[];

/** What a document says that cannot be kept as it was sent. */
export type JsonFault =
  /** U+0000 in a text; PostgreSQL has none. */
  | 'nul'
  /** Half of a surrogate pair in a text; UTF-8 has none. */
  | 'half surrogate'
  /** Beyond what an IEEE 754 double can be. */
  | 'infinite'
  /** An integer beyond ±(2^53−1), which many readers would round. */
  | 'unsafe integer'
  /** Digits that a double does not hold, so that another value would come back. */
  | 'inexact'
  /** Nested deeper than `maxDepth`; what is in it was not looked at. */
  | 'too deep'
  | 'repeated key'
  /** The key `__proto__`. */
  | 'prototype';

export interface JsonJudge {
  maxDepth: number;
  /** Of all objects together. */
  maxKeys: number;
  /**
   * @param path it is the reader's own: copy what you keep
   * @param isKey whether the text is the last key of the path, not the value behind it
   */
  onFault(fault: JsonFault, path: Readonly<JsonPath>, isKey: boolean): void;
}

/** Not JSON (RFC 8259). */
export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError';

  /** @param position where, in UTF-16 units */
  constructor(readonly position: number) {
    super(`not JSON at character ${position}`);
  }
}

/** It has more keys than the judge allows. */
export class TooManyKeys extends Error {
  override name = 'TooManyKeys';
}
