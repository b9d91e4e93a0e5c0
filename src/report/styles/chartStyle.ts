/** Bars, lines, and the tables with them. */
export const chartStyle = `
.bars td, .bars th { border: 0; padding: 3px 12px 3px 0; vertical-align: middle; }
.bars th { width: 30%; font-weight: 400; overflow-wrap: anywhere; }
.bars .bar { width: 44%; }
.bars .n { width: 1%; }
.bars .n:last-child { padding-right: 0; }
.bars svg { display: block; width: 100%; height: 14px; background: var(--track); border-radius: 2px; }
.bars rect { fill: var(--accent); }
.bars .quiet rect { fill: var(--empty); }
.histogram { margin: 0; }
.histogram figcaption { font-weight: 650; }
.histogram svg { display: block; width: 100%; margin-top: 6px; }
.histogram rect { fill: var(--accent); }
.histogram text { fill: var(--text); font-size: 11px; text-anchor: middle; font-variant-numeric: tabular-nums; }
.histogram + .fine { margin-top: 2px; }
.histogram .axis { fill: var(--muted); }
.histogram line { stroke: var(--line); }
.movers td { vertical-align: middle; }
.movers td:not(:last-child) { padding-right: 10px; }
.movers .name { max-width: 0; width: 52%; }
.movers .name .who { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.courses { display: grid; gap: 24px 32px; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
.courses.single { grid-template-columns: minmax(0, 1fr); }
.course { margin: 0; min-width: 0; }
.course figcaption { overflow-wrap: anywhere; }
.course figcaption b { font-size: 17px; font-variant-numeric: tabular-nums; margin-right: 4px; }
.course small { display: block; font-size: 12.5px; }
.plot { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 8px; margin-top: 10px; font-size: 12px; color: var(--muted); font-variant-numeric: tabular-nums; }
.plot ul { list-style: none; margin: -9px 0; padding: 0; display: flex; flex-direction: column; justify-content: space-between; text-align: right; }
.plot svg { width: 100%; height: 120px; display: block; overflow: visible; }
.single .plot svg { height: 200px; }
.plot p { grid-column: 2; display: flex; justify-content: space-between; margin: 6px 0 0; }
.plot polyline { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.plot line { stroke: var(--line); vector-effect: non-scaling-stroke; }
.plot .zero { stroke: var(--muted); }
td.bar { width: 26%; vertical-align: middle; }
.change-bar { display: block; width: 100%; min-width: 60px; height: 12px; }
.change-bar .up { fill: var(--accent); } .change-bar .down { fill: var(--failed); }
.change-bar line { stroke: var(--muted); vector-effect: non-scaling-stroke; }
.spark { display: block; width: 96px; height: 26px; }
.spark polyline { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.spark circle { fill: var(--accent); }
.changes .name { width: 24%; }
.changes .text { max-width: 46ch; }
.old, del { color: var(--muted); }
ins { text-decoration: none; }
.bio bdi { white-space: pre-line; }
.arrow { color: var(--muted); }
`
