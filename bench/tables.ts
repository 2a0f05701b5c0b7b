import type { Measured, Started } from './measure.js';

/** Of one operation, the medians of all rounds; `ratio` is its rate to the one of the bare server. */
export interface Row extends Measured {
  name: string;
  ratio: number;
}

export const operationsTable = (rows: Row[]) =>
  table(
    [
      'operation',
      'req/s',
      'to bare',
      'p50 ms',
      'p99 ms',
      'CPU µs',
      'PostgreSQL µs',
      'MiB',
      'live p99 ms',
    ],
    rows.map((row) => [
      row.name,
      whole(row.rate),
      times(row.ratio),
      whole(row.p50),
      whole(row.p99),
      whole(row.cpu),
      whole(row.postgresCpu),
      whole(row.mebibytes),
      whole(row.live99),
    ]),
  );

export const startLine = ({ readyAfter, idleMebibytes }: Started) =>
  `Start to ready: ${(readyAfter / 1000).toFixed(2)} s. Memory six seconds later: ${idleMebibytes} MiB.`;

/** Of one number of users. */
export interface Size {
  users: number;
  operation: string;
  measured: Measured;
  /** The bare server's, of the same. */
  bare: Measured;
}

export const sizesTable = (sizes: Size[]) =>
  table(
    ['operation', 'users', 'CPU µs', 'PostgreSQL µs', 'p50 ms', 'p99 ms', 'req/s', 'to bare'],
    sizes.map(({ operation, users, measured, bare }) => [
      operation,
      users.toLocaleString('en'),
      whole(measured.cpu),
      whole(measured.postgresCpu),
      whole(measured.p50),
      whole(measured.p99),
      whole(measured.rate),
      times(measured.rate / bare.rate),
    ]),
  );

/** One operation of this build and of another one, in pairs of neighbours. */
export interface Beside {
  operation: string;
  pairs: [Measured, Measured][];
}

/** Medians of the ratios within pairs, and the quartiles around them. */
export const besideTable = (list: Beside[]) =>
  table(
    ['operation, to the other build', 'req/s', 'CPU', 'PostgreSQL CPU', 'p99'],
    list.map(({ operation, pairs }) => [
      operation,
      ...(['rate', 'cpu', 'postgresCpu', 'p99'] as const).map((figure) =>
        quartiles(pairs.map(([one, other]) => one[figure] / other[figure])),
      ),
    ]),
  );

function quartiles(list: number[]): string {
  const sorted = list.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return `×${at(0.5).toFixed(3)} (${at(0.25).toFixed(2)}–${at(0.75).toFixed(2)})`;
}

/** A Markdown table whose columns but the first are numbers. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (at ? '---:' : '---'))), ...rows.map(line)].join(
    '\n',
  );
}

export const whole = (figure: number) =>
  Number.isFinite(figure) ? Math.round(figure).toLocaleString('en') : '–';
export const times = (ratio: number) => (Number.isFinite(ratio) ? `×${ratio.toFixed(2)}` : '');
