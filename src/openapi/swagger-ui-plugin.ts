/** As much of Swagger UI as the plugin touches. */
interface System {
  React: {
    Fragment: unknown;
    createElement: (type: unknown, props: object | null, ...children: unknown[]) => unknown;
    useEffect: (effect: () => unknown) => void;
    useState: <T>(first: T) => [T, (next: T) => void];
  };
  getConfigs: () => { tokensUrl?: string };
  specSelectors: { specJson: () => { getIn: (path: string[]) => unknown } };
  authActions: { authorizeWithPersistOption: (schemes: object) => void };
}
type Component = (original: unknown, system: System) => (props: never) => unknown;
interface Responses {
  filter: (keep: (response: unknown, status: string) => boolean) => Responses;
  keySeq: () => { join: (separator: string) => string };
  size: number;
}
interface Row {
  rawParam: { get: (key: string) => string; getIn: (path: string[]) => unknown };
  param?: { get: (key: string) => unknown };
  pathMethod: [path: string, method: string];
  onChange: (parameter: unknown, value: string, isXml: boolean) => void;
}
interface Answer {
  status: number;
  body?: { id?: string } | { id?: string }[];
}

/**
 * What Swagger UI lacks. The browser is sent the text of this function, so nothing outside of it may be used:
 * - the errors of an operation are folded into one line;
 * - an id in a path that has no example is that of what was made last; where nothing is deleted, also that of
 *   the first of a list; until there is one, it is said what gives one;
 * - in development, a button fills in tokens.
 */
export function swaggerUiPlugin() {
  const lastIds = new Map<string, string>();
  const filledIn = new Set<unknown>();
  const redraws = new Set<() => void>();

  const responses: Component =
    (original, { React }) =>
    (props: { responses: Responses }) => {
      const [isOpen, setOpen] = React.useState(false);
      const h = React.createElement;
      const errors = props.responses.filter((_, status) => !(status < '400'));
      if (errors.size === 0) return h(original, props);
      const shown = isOpen
        ? props.responses
        : props.responses.filter((_, status) => status < '400');
      const text = `${isOpen ? 'Hide' : 'Show'} errors: ${errors.keySeq().join(', ')}`;
      return h(
        'div',
        null,
        h(original, { ...props, responses: shown }),
        h('button', { className: 'btn errors', onClick: () => setOpen(!isOpen) }, text),
      );
    };

  const parameterRow: Component =
    (original, { React, specSelectors }) =>
    (props: Row) => {
      const { rawParam, param, pathMethod, onChange } = props;
      const [path, method] = pathMethod;
      const [draws, setDraws] = React.useState(0);
      const collection = path.split(`/{${rawParam.get('name')}}`)[0] ?? '';
      const hasExample = rawParam.getIn(['schema', 'example']) !== undefined;
      const takesId = rawParam.get('in') === 'path' && !hasExample;
      const value = param?.get('value');
      React.useEffect(() => {
        // Those of webhooks, which nobody can try.
        if (!param) return undefined;
        const redraw = () => setDraws(draws + 1);
        redraws.add(redraw);
        const id = lastIds.get(`made ${collection}`) ?? lastIds.get(`${method} ${collection}`);
        const isFree = value === undefined || value === '' || filledIn.has(value);
        if (takesId && id && isFree && id !== value) {
          filledIn.add(id);
          onChange(rawParam, id, false);
        }
        return () => redraws.delete(redraw);
      });
      const givers = (method === 'delete' ? ['post'] : ['get', 'post'])
        .filter((giver) => specSelectors.specJson().getIn(['paths', collection, giver]))
        .map((giver) => `${giver.toUpperCase()} ${collection}`);
      const text = `Filled in by ${givers.join(' or ')}: execute that first.`;
      const h = React.createElement;
      const hint = h('tr', null, h('td', null), h('td', null, h('em', null, text)));
      const isMissing = param && takesId && !value;
      // In one place with and without a hint, or React makes the field anew.
      return h(React.Fragment, null, h(original, props), isMissing ? hint : null);
    };

  const setResponse =
    (original: (...args: unknown[]) => unknown) =>
    (path: string, method: string, answer: Answer) => {
      const { status, body } = answer;
      const id = Array.isArray(body) ? body[0]?.id : body?.id;
      if (id && status === 201) lastIds.set(`made ${path}`, id);
      if (Array.isArray(body))
        for (const other of ['get', 'put', 'patch', 'post'])
          lastIds.set(`${other} ${path}`, id ?? '');
      const result = original(path, method, answer);
      for (const redraw of [...redraws]) redraw();
      return result;
    };

  const authorizeBtn: Component = (original, system) => (props: object) => {
    const { React, getConfigs, specSelectors, authActions } = system;
    const [text, setText] = React.useState('Fill in development tokens');
    const h = React.createElement;
    const { tokensUrl } = getConfigs();
    if (!tokensUrl) return h(original, props);
    const fillIn = async () => {
      const answer = await fetch(tokensUrl);
      if (!answer.ok) {
        setText(`No tokens: ${answer.status}`);
        return;
      }
      const tokens = (await answer.json()) as Record<string, string>;
      for (const [name, value] of Object.entries(tokens)) {
        const schema = specSelectors.specJson().getIn(['components', 'securitySchemes', name]);
        authActions.authorizeWithPersistOption({ [name]: { name, schema, value } });
      }
      setText('Tokens are filled in, for a day');
    };
    const button = h('button', { className: 'btn authorize tokens', onClick: fillIn }, text);
    return h('div', { className: 'auth-buttons' }, button, h(original, props));
  };

  return {
    wrapComponents: { responses, parameterRow, authorizeBtn },
    statePlugins: { spec: { wrapActions: { setResponse } } },
  };
}
