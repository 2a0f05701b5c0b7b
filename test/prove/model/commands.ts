import fc from 'fast-check';

const KEYS = ['a', 'b', 'c'] as const;
const TARGETS = ['github', 'google'] as const;

const user = fc.nat(2);
const key = fc.constantFrom(...KEYS);
const target = fc.constantFrom(...TARGETS);
/** The version that a write is for: any, that which the client has seen last, or one that is past. */
const ifMatch = fc.constantFrom('any', 'any', 'seen', 'past');

/** What a client of the model does next; values are its own, so that everybody knows whose they are. */
export const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('create' as const), user }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('patch' as const), user, ifMatch }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('merge' as const), user, key, ifMatch }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), user, key, ifMatch }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const), user, ifMatch }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('link' as const), user, target, ifMatch }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('unlink' as const), user, target, ifMatch }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constant('suspend' as const), user, isSuspended: fc.boolean(), ifMatch },
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('password' as const), user, ifMatch }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), user, ifMatch }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('own' as const), user }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list' as const), user }) },
);

export type Command = typeof command extends fc.Arbitrary<infer One> ? One : never;

/** What several clients do at the same time, each one thing after the other. */
export const scripts = fc.array(fc.array(command, { minLength: 1, maxLength: 14 }), {
  ...{ minLength: 2, maxLength: 6 },
});
