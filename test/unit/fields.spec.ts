import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../src/errors/app-error.js';
import { BodyPipe } from '../../src/http/body.pipe.js';
import { JsonBody } from '../../src/http/json-body.js';
import { BareBody } from '../../src/validation/bare-body.js';
import * as fields from '../../src/validation/fields.js';
import { ReadOnlyFields } from '../../src/validation/read-only.js';

class Every {
  @fields.NameField() name?: unknown;
  @fields.AvatarField() avatar?: unknown;
  @fields.UsernameField() username?: unknown;
  @fields.EmailField() email?: unknown;
  @fields.PhoneField() phone?: unknown;
  @fields.CustomDataField() customData?: unknown;
  @fields.ProfileField() profile?: unknown;
  @fields.IsSuspendedField() isSuspended?: unknown;
  @fields.LastSignInAtField() lastSignInAt?: unknown;
  @fields.ApplicationIdField() applicationId?: unknown;
  @fields.UserIdField() userId?: unknown;
  @fields.JsonObjectField('Details.') details?: unknown;
}

class Identity {
  @fields.IdentityIdField('Id.') id?: unknown;
  @fields.IssuerField() issuer?: unknown;
}

const clears = { clearedBy: [null, ''] } as const;
class Cleared {
  @fields.NameField(clears) name?: unknown;
  @fields.AvatarField(clears) avatar?: unknown;
  @fields.UsernameField(clears) username?: unknown;
  @fields.EmailField(clears) email?: unknown;
  @fields.PhoneField(clears) phone?: unknown;
  @fields.NameField({ clearedBy: [null] }) onlyByNull?: unknown;
  @fields.NameField({ clearedBy: [''] }) onlyByEmpty?: unknown;
}

@ReadOnlyFields(['createdAt'])
class WithReadOnly {
  @fields.NameField() name?: unknown;
}
class Extended extends WithReadOnly {}

@BareBody('profile', 'merge patch')
class BareWhenMerged {
  @fields.ProfileField() profile?: unknown;
}
@BareBody('profile', 'always')
class AlwaysBare {
  @fields.ProfileField() profile?: unknown;
}

const pipe = new BodyPipe({ CUSTOM_DATA_MAX_BYTES: 3 } as never);
const judged = (metatype: new () => object, body: object, isMergePatch = false) =>
  pipe.transform(new JsonBody({ ...body }, isMergePatch), { type: 'body', metatype });

/** Every fault of a body as `pointer code: detail`. */
function faults(...body: Parameters<typeof judged>): string[] {
  try {
    judged(...body);
    return [];
  } catch (error) {
    const { errors = [] } = (error as AppError).extra;
    return errors.map(({ pointer, code, detail }) => `${pointer} ${code}: ${detail}`);
  }
}

const TEXT = 'invalid_type: must be a string';

/** A value that only the rule of the field refuses in this way. */
const REFUSED: [field: keyof Every, value: unknown, fault: string][] = [
  ['name', 'a\tb', 'invalid_character: must have no control characters'],
  ['avatar', 'x', 'invalid_format: must be an http or https URL'],
  ['username', '1', 'invalid_format: must match ^[A-Z_a-z]\\w*$'],
  ['email', 'x', 'invalid_format: must match ^\\S+@\\S+\\.\\S+$'],
  ['phone', '1', 'user.invalid_phone: must be a possible international number, country code first'],
  ['customData', { a: 1 }, 'user.custom_data_too_large: must have at most 3 bytes as JSON'],
  ['profile', { nickname: 1 }, 'invalid_type: must be a string'],
  ['isSuspended', null, 'invalid_type: must be true or false'],
  ['lastSignInAt', '', 'invalid_type: must be a number of milliseconds'],
  ['applicationId', 'a'.repeat(129), 'too_long: must have at most 128 characters'],
  ['userId', '.', 'invalid_format: must be visible ASCII characters, and neither . nor ..'],
  ['details', null, 'invalid_type: must be an object'],
];

/** null and '' are values like others, where nothing is said of them. */
const UNCLEARED = ['name', 'avatar', 'username', 'email', 'phone'] as const;

describe('a field', () => {
  it.each(REFUSED)('%s has its rule', (field, value, fault) => {
    const at = field === 'profile' ? '/profile/nickname' : `/${field}`;
    expect(faults(Every, { [field]: value })).toEqual([`${at} ${fault}`]);
  });

  it.each(UNCLEARED)('%s is not cleared by null unless it says so', (field) => {
    expect(faults(Every, { [field]: null })).toEqual([`/${field} ${TEXT}`]);
  });

  it.each(['avatar', 'username', 'email', 'phone'])(
    '%s is not cleared by an empty text',
    (field) => {
      expect(faults(Every, { [field]: '' })).toHaveLength(1);
    },
  );

  it('of a sign-in is cleared by null', () => {
    const body = { lastSignInAt: null, applicationId: null };
    expect(judged(Every, body)).toEqual(body);
    expect(faults(Every, { applicationId: '' })).toHaveLength(1);
  });

  it('takes what is good, as it is', () => {
    const good = { name: 'Ada', email: 'Ada@b.c', customData: {}, isSuspended: true, userId: '1' };
    expect(judged(Every, good)).toEqual(good);
  });

  it('that is absent keeps what is stored', () => {
    expect(judged(Every, {})).toEqual({});
  });

  it('that is required is refused when it is absent', () => {
    expect(faults(Identity, {})).toEqual([`/id ${TEXT}`, `/issuer ${TEXT}`]);
    const long = 'a'.repeat(257);
    const TOO_LONG = 'too_long: must have at most 256 characters';
    expect(faults(Identity, { id: long, issuer: long })).toEqual([
      `/id ${TOO_LONG}`,
      `/issuer ${TOO_LONG}`,
    ]);
    expect(faults(Identity, { id: '1', issuer: 'i' })).toEqual([]);
  });

  it('is cleared by what is said to clear it, and by nothing else', () => {
    for (const value of [null, '']) {
      const body = { name: value, avatar: value, username: value, email: value, phone: value };
      expect(judged(Cleared, body)).toEqual(body);
    }
    expect(faults(Cleared, { onlyByNull: null, onlyByEmpty: '' })).toEqual([]);
    expect(faults(Cleared, { avatar: 5, onlyByEmpty: null })).toEqual([
      `/avatar ${TEXT}`,
      `/onlyByEmpty ${TEXT}`,
    ]);
  });

  it('that is read-only is told from one that is not there, by subclasses, too', () => {
    const READ_ONLY = '/createdAt read_only: is read-only here';
    for (const dto of [WithReadOnly, Extended])
      expect(faults(dto, { createdAt: 1, x: 1 })).toEqual([
        READ_ONLY,
        '/x unknown_field: is not a field of this resource',
      ]);
    expect(faults(Every, { createdAt: 1 })).toEqual([
      '/createdAt unknown_field: is not a field of this resource',
    ]);
  });
});

describe('a body that is the bare value of a field', () => {
  const WRONG = { nickname: 1 };
  it.each([
    [BareWhenMerged, true, ['/nickname invalid_type: must be a string']],
    [BareWhenMerged, false, ['/nickname unknown_field: is not a field of this resource']],
    [AlwaysBare, true, ['/nickname invalid_type: must be a string']],
    [AlwaysBare, false, ['/nickname invalid_type: must be a string']],
  ])('is one as %p says, merge patch: %s', (dto, isMergePatch, expected) => {
    expect(faults(dto, WRONG, isMergePatch)).toEqual(expected);
  });
});
