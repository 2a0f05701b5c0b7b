import type { Row } from './tables.js';

const WIDTH = 760;
const LABELS = 210;
const BAR = 16;
const STEP = 24;
const TOP = 52;
/** What is left of the width for the figures behind the longest bar. */
const FIGURES = 150;

/** Bars of the rates as ratios to the bare server, whose own is the line at 1. */
export function chart(rows: Row[]): string {
  const compared = rows.filter(({ ratio }) => Number.isFinite(ratio));
  const most = Math.max(1, ...compared.map(({ ratio }) => ratio));
  const scale = (WIDTH - LABELS - FIGURES) / most;
  const height = TOP + compared.length * STEP + 16;
  const one = LABELS + scale;
  const bars = compared.map(({ name, ratio, rate }, index) => {
    const y = TOP + index * STEP;
    const text = y + BAR - 4;
    const end = LABELS + ratio * scale;
    const figures = `×${ratio.toFixed(2)} · ${Math.round(rate).toLocaleString('en')}/s`;
    const crosses = ratio < 1 && end + 8 + FIGURES > one;
    return [
      `<text x="${LABELS - 10}" y="${text}" text-anchor="end">${name}</text>`,
      `<rect class="${ratio >= 1 ? 'faster' : 'slower'}" x="${LABELS}" y="${y}" ` +
        `width="${(ratio * scale).toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<text x="${(crosses ? one + 8 : end + 8).toFixed(1)}" y="${text}">${figures}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Requests a second of nameplate as a ratio to a bare Fastify and pg server</title>
<style>
  svg { background: #fff }
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .faster { fill: #1a7f64 }
  .slower { fill: #7d8fa3 }
  .bare { stroke: #cf222e; stroke-dasharray: 4 3 }
  .note { fill: #cf222e }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    text { fill: #e6edf3 }
    .faster { fill: #3fb68b }
    .slower { fill: #64748b }
    .bare { stroke: #ff7b72 }
    .note { fill: #ff7b72 }
  }
</style>
<text class="title" x="10" y="20">Requests a second, as a ratio to a bare server</text>
<text class="note" x="${one.toFixed(1)}" y="40" text-anchor="middle">bare Fastify + pg = 1</text>
<line class="bare" x1="${one.toFixed(1)}" x2="${one.toFixed(1)}" y1="${TOP - 6}" y2="${height - 10}"/>
${bars.join('\n')}
</svg>
`;
}
