import fc from 'fast-check';

/** JSON text that stands where a value should; also such that is no JSON. */
export class Raw {
  constructor(readonly text: string) {}
}

const nested = (levels: number, open = '{"a":', close = '}') =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;

/** Values that have been read as others, or by nobody, somewhere. */
const VALUES = [
  ...['null', 'true', 'false', '0', '-0', '[]', '{}', '""', '" "', '[null]', '"null"', '1', '-1'],
  ...['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u202e"'],
  ...['"\\uffff"', '"\\ufeff"', '"\\u2028"', '"\\u007f"', '"\\u0085"', '"e\\u0301"', '"\\u200b"'],
  ...['1e400', '-1e400', '1e-400', '5e-324', '9007199254740993', '-9007199254740993', '1e21'],
  ...['12345678901234567890', '0.1234567890123456789', '1.0', '1E2', '1e+2', '0.30000000000000004'],
  ...['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}', '{"toString":1}'],
  ...[
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"":1}',
    '{"\\u0000":1}',
    '{"\\ud800":1}',
    '{"a/b~c":1}',
  ],
  ...['"\\u0130"', '"ß"', '"ﬁ"', '"Ω"', '"ǅ"', '"a@b.c"', '"a@[::1].c"', '"@.@"', '"http://"'],
  ...[
    '"http://a:b@c"',
    '"javascript:alert(1)"',
    '"http://\\u0000"',
    '"http://xn--a"',
    '"2026-13-45"',
  ],
  ...[31, 32, 33, 34, 200].flatMap((levels) => [nested(levels), nested(levels, '[', ']')]),
  ...[nested(20_000, '[', ']'), nested(20_000), '['.repeat(50_000), '{"a":'.repeat(50_000)],
  ...[`"${'x'.repeat(200_000)}"`, `"${'😀'.repeat(128)}"`, `"${'😀'.repeat(129)}"`],
  `{${Array.from({ length: 3_000 }, (_, n) => `"k${n}":${n}`).join()}}`,
  ...['01', '+1', '.5', '1.', 'NaN', 'Infinity', '0x10', "'a'", '"a', '"\\x"', '"\\u12"', '"\t"'],
  ...['undefined', '//', '/**/1', '[1,]', '{"a":1,}', '{a:1}', '', '1 2', '\ufeff1', '\u00a01'],
];

export const oddValue = fc.constantFrom(...VALUES).map((text) => new Raw(text));

/** Of members that nobody asked for. */
export const oddKey = fc.oneof(
  fc.constantFrom(
    ...[
      '__proto__',
      'constructor',
      'prototype',
      'hasOwnProperty',
      'toJSON',
      '',
      ' ',
      'id',
      'tenantId',
    ],
    ...[
      'version',
      'isSuspended',
      'hasPassword',
      'passwordDigest',
      'createdAt',
      'a.b',
      'a/b',
      '~',
      '$',
    ],
    ...['\u0000', '\ud800', '\u202e', 'İ', 'x'.repeat(100_000)],
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** As JSON.stringify, but for what is odd. */
export function toText(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(toText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, one]) => `${JSON.stringify(key)}:${toText(one)}`,
  );
  return `{${members.join()}}`;
}

/** Whole bodies that are no JSON object in UTF-8. */
export const oddBody = fc.oneof(
  oddValue.map(({ text }) => Buffer.from(text)),
  fc.constantFrom(
    ...['{"name":"\xff"}', '{"name":"\xc0\x80"}', '{"name":"\xed\xa0\x80"}', '\xff\xfe{\0}\0'].map(
      (text) => Buffer.from(text, 'latin1'),
    ),
    Buffer.from('\ufeff{}'),
    Buffer.from('{}', 'utf16le'),
    Buffer.alloc(1_048_577, ' '),
    Buffer.from(`{"name":"x"}${' '.repeat(100_000)}`),
  ),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
);
