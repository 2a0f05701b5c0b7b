import type { Command } from './commands.js';

/** A user as the reference has it. */
export interface State {
  version: number;
  exists: boolean;
  name: string | null;
  customData: Record<string, string>;
  nickname: string | undefined;
  identities: Record<string, string>;
  isSuspended: boolean;
  hasPassword: boolean;
}

const BLANK = {
  ...{ name: null, customData: {}, nickname: undefined, identities: {} },
  ...{ isSuspended: false, hasPassword: false },
};

export const NOBODY: State = { version: 0, exists: false, ...BLANK };

/** A command as it was sent. */
export interface Request {
  command: Command;
  /** What the client writes, which nobody else does. */
  value: string;
  /** In `If-Match`. */
  version: number | undefined;
}

/** What a command comes to in a state: the status, and the next state if it changes something. */
export function step(state: State, request: Request): { status: number; next?: State } {
  const { command, version } = request;
  const { kind } = command;
  if (kind === 'list') return { status: state.exists ? 200 : 404 };
  if (kind === 'create')
    return state.exists
      ? { status: 422 }
      : { status: 201, next: changed(state, { ...BLANK, exists: true, name: request.value }) };
  if (!state.exists) return { status: 404 };
  if (kind === 'read') return { status: 200 };
  if (kind === 'own' && state.isSuspended) return { status: 403 };
  if (version !== undefined && version !== state.version) return { status: 412 };
  if (kind === 'delete') return { status: 204, next: changed(state, { ...BLANK, exists: false }) };
  if (kind === 'unlink' && !(command.target in state.identities)) return { status: 404 };
  const fields = fieldsOf(state, request);
  const status = kind === 'link' && !(command.target in state.identities) ? 201 : 200;
  const isSame = Object.entries(fields).every(
    ([name, value]) => JSON.stringify(value) === JSON.stringify(state[name as keyof State]),
  );
  // Of a password nobody can say whether it is the same.
  return isSame && kind !== 'password' ? { status } : { status, next: changed(state, fields) };
}

const changed = (state: State, fields: Partial<State>): State => ({
  ...{ ...state, ...fields },
  version: state.version + 1,
});

function fieldsOf(state: State, { command, value }: Request): Partial<State> {
  switch (command.kind) {
    case 'patch':
    case 'own':
      return { name: value };
    case 'merge':
      return { customData: sorted({ ...state.customData, [command.key]: value }) };
    case 'drop':
      return { customData: without(state.customData, command.key) };
    case 'claim':
      return { nickname: value };
    case 'link':
      return { identities: sorted({ ...state.identities, [command.target]: value }) };
    case 'unlink':
      return { identities: without(state.identities, command.target) };
    case 'suspend':
      return { isSuspended: command.isSuspended };
    default:
      return { hasPassword: true };
  }
}

export const sorted = (object: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)));

const without = (object: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));

/** What a command shows of the state that it leaves; undefined: nothing. */
export function shown({ command: { kind } }: Request, state: State): unknown {
  if (kind === 'delete') return undefined;
  if (kind === 'merge' || kind === 'drop') return state.customData;
  if (kind === 'claim') return { nickname: state.nickname };
  if (kind === 'link') return state.identities;
  const { version: _version, exists: _exists, ...fields } = state;
  return fields;
}
