/** What a run of `npm run prove` goes by. */
export interface Settings {
  /** Everything random comes from it; the same seed tries the same again. */
  seed: number;
  /** As in `npm test`: a fixed, small number of cases. */
  isShort: boolean;
  /** Of load for `soak`. */
  minutes: number;
}

/** A line of the table. */
export interface Row {
  /** What was proved. */
  claim: string;
  /** How often it was tried. */
  cases: number;
  /** What was not as promised, each with how to see it again. */
  faults: string[];
  /** What was measured, or why it could not be tried here. */
  note?: string;
}

/** A file of this folder that exports `name` and `run`, and stands in `PARTS` of prove.ts. */
export interface Part {
  name: string;
  run(settings: Settings): Promise<Row[]>;
}
