/** The user object, with values that a real one could have. */
export const USER_EXAMPLE = {
  id: 'x81f0c2m5a7b',
  username: 'ada_lovelace',
  primaryEmail: 'ada@example.com',
  primaryPhone: '61412345678',
  name: 'Ada Lovelace',
  avatar: 'https://cdn.example.com/ada.png',
  customData: { plan: 'pro' },
  identities: { github: { userId: '583231', details: { login: 'ada' } } },
  lastSignInAt: 1_767_225_600_000,
  createdAt: 1_764_547_200_000,
  updatedAt: 1_767_225_600_000,
  profile: {
    familyName: 'Lovelace',
    givenName: 'Ada',
    middleName: 'King',
    nickname: 'Ada',
    preferredUsername: 'ada',
    profile: 'https://example.com/ada',
    website: 'https://ada.example.com',
    gender: 'female',
    birthdate: '1815-12-10',
    zoneinfo: 'Europe/London',
    locale: 'en-GB',
    address: {
      formatted: '12 St James’s Square, London SW1Y 4JH, United Kingdom',
      streetAddress: '12 St James’s Square',
      locality: 'London',
      region: 'England',
      postalCode: 'SW1Y 4JH',
      country: 'United Kingdom',
    },
  },
  applicationId: 'shop-web',
  isSuspended: false,
  hasPassword: true,
  ssoIdentities: [
    {
      tenantId: 'default',
      id: 'k2v7x0q9m4zt',
      userId: 'x81f0c2m5a7b',
      issuer: 'https://sso.example.com',
      identityId: '00u1a2b3',
      detail: {},
      createdAt: 1_764_547_200_000,
      ssoConnectorId: 'okta-workforce',
    },
  ],
};

const { username, primaryEmail, primaryPhone, name, avatar, customData, profile } = USER_EXAMPLE;

/** The user as shown to that user with the scope `profile` alone. */
export const OWN_USER_EXAMPLE = {
  id: USER_EXAMPLE.id,
  username,
  name,
  avatar,
  profile: { familyName: profile.familyName, givenName: profile.givenName },
  isSuspended: false,
  hasPassword: true,
};

/** Every field of `PATCH /api/users/{userId}`. */
export const UPDATE_USER_EXAMPLE = {
  username,
  primaryEmail,
  primaryPhone,
  name,
  avatar,
  customData,
  profile: OWN_USER_EXAMPLE.profile,
};

/** Every field of `PATCH /api/profile`. */
export const UPDATE_PROFILE_EXAMPLE = { name, avatar, username };
