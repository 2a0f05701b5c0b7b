/**
 * Tells nameplate who signed in, for the hook of an identity provider: each page beside this file has
 * one. It needs nothing but fetch, so it can also be pasted above the hook where files cannot be.
 *
 * @param {object} settings
 * @param {string} settings.nameplate its address, such as https://users.example.com
 * @param {string} settings.tokenUrl the token endpoint of the identity provider
 * @param {string} settings.clientId of the client with the scope users:write
 * @param {string} settings.clientSecret
 * @param {Record<string, string>} settings.ask what else the token endpoint wants: resource, audience or scope
 * @param {() => Promise<string>} [settings.token] answers a management token in place of all that
 * @returns a function that throws when nameplate does not take it, so that the provider tries again
 */
export function signInReporter({ nameplate, token, ...client }) {
  const managementToken = token ?? clientCredentials(client);
  const send = async (method, path, body) =>
    fetch(`${nameplate}/api/users${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await managementToken()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const expect = (response, ...allowed) => {
    if (response.ok || allowed.includes(response.status)) return response.status;
    throw new Error(`nameplate answered ${response.status}`);
  };

  const idOf = async (email) => {
    const exact = new URLSearchParams({
      'search.primaryEmail': email,
      'mode.primaryEmail': 'exact',
    });
    const response = await send('GET', `?${exact}`);
    expect(response);
    return (await response.json())[0]?.id;
  };

  /**
   * `id`: the `sub` of the user's tokens; `email` finds it where a hook is not told. `at`: milliseconds.
   * `user`: fields of a user that nameplate does not know yet; not set: none is made, as when
   * SELF_SERVICE_PROVISIONING makes them.
   */
  return async ({ email, id, at = Date.now(), applicationId, user }) => {
    id ??= await idOf(email);
    if (!id) return;
    const signIn = { lastSignInAt: at, ...(applicationId && { applicationId }) };
    const report = () => send('PATCH', `/${encodeURIComponent(id)}/sign-in`, signIn);
    if (expect(await report(), 404) !== 404 || !user) return;
    // 422: made meanwhile, or another user has the address; then there still is none, which the next line tells.
    expect(await send('POST', '', { ...user, id }), 422);
    expect(await report());
  };
}

/** A management token, until shortly before it expires. */
function clientCredentials({ tokenUrl, clientId, clientSecret, ask }) {
  let token = '';
  let until = 0;
  return async () => {
    if (Date.now() < until) return token;
    const basic = [clientId, clientSecret].map(encodeURIComponent).join(':');
    const response = await fetch(tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(basic)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...ask }),
    });
    if (!response.ok) throw new Error(`the token endpoint answered ${response.status}`);
    const { access_token: issued, expires_in: seconds = 60 } = await response.json();
    token = issued;
    until = Date.now() + (seconds - 30) * 1000;
    return token;
  };
}
