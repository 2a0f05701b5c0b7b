import type { Row } from './part.js';

const HEAD = ['part', 'what is promised', 'cases', 'faults', 'note'];

/** The table of a run, and below it every fault in full. */
export function table(rows: [part: string, Row][]): string {
  const cells = rows.map(([part, { claim, cases, faults, note = '' }]) => [
    ...[part, claim, String(cases), String(faults.length), note],
  ]);
  const widths = HEAD.map((head, column) =>
    Math.max(...[head, ...cells.map((row) => row[column] ?? '')].map(({ length }) => length)),
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const told = rows.flatMap(([part, { claim, faults }]) =>
    faults.map((fault) => `\nFAULT ${part}: ${claim}\n${fault}`),
  );
  return [line(HEAD), rule, ...cells.map(line), ...told].join('\n');
}
