/** What a management client sets of a hook. */
export interface HookSettings {
  url: string;
  types: string[];
  headers: Record<string, string>;
  enabled: boolean;
  excludeClientIds: string[];
}

/** Absent keeps. In the headers of a merge patch, null removes. */
export type HookPatch = Partial<Omit<HookSettings, 'headers'>> & {
  headers?: Record<string, string | null> | null;
};

/** A hook as the statements answer it: headers and secrets are sealed. */
export interface SealedHook extends Omit<HookSettings, 'headers'> {
  id: string;
  /** Null: there are none. */
  headers: string | null;
  secrets: string;
  lastSequence: string;
  version: string;
  createdAt: Date;
  updatedAt: Date;
}

/** The same with its headers opened; its secrets stay sealed. */
export interface Hook extends Omit<SealedHook, 'headers'> {
  headers: Record<string, string>;
}
