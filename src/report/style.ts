/** The stylesheet of the page. Colours are named by their meaning; dark mode and print only redefine them. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f7f6f3; --card: #ffffff; --line: #e3e0d9; --text: #1f1d1a; --muted: #66615a;
  --accent: #2b6a94; --soft: #e6eff5; --up: #1b7440; --down: #b3362b; --warn: #fdf1d8; --warn-line: #d9a441;
  --enriched: #2b6a94; --reused: #85b2cd; --empty: #b9b4aa; --failed: #c2493d; --rejected: #d8963a; --parked: #8d7bb5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1d2024; --line: #33373d; --text: #eceae6; --muted: #a5a29b;
    --accent: #6fb1dc; --soft: #24323d; --up: #66c88c; --down: #f08a7e; --warn: #3a2f17; --warn-line: #b98a34;
    --enriched: #4d93c1; --reused: #2f5a75; --empty: #6d6a64; --failed: #d9685c; --rejected: #c98f3d; --parked: #9a89c4;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--text); font-size: 15px; line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif;
}
main, header, footer { max-width: 1160px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 36px; padding-bottom: 8px; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; }
header p { margin: 6px 0 0; color: var(--muted); }
header nav { margin-top: 18px; display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; }
h2 { margin: 0 0 6px; font-size: 21px; letter-spacing: -0.01em; }
h3 { margin: 26px 0 8px; font-size: 15px; }
h3 small { font-weight: 400; color: var(--muted); margin-left: 6px; }
section { margin: 28px 0; padding: 26px 28px 28px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
p { margin: 0 0 12px; }
.lead { max-width: 84ch; margin-bottom: 18px; }
.muted, small, .fine { color: var(--muted); }
.fine { font-size: 13px; margin: 14px 0 0; }
.good::before { content: "✓ "; color: var(--up); font-weight: 700; }
.empty { color: var(--muted); margin: 0; }
.note { padding: 10px 14px; border-left: 4px solid var(--accent); background: var(--soft); border-radius: 4px; }
.warn { background: var(--warn); border-color: var(--warn-line); }
.simulated { background: var(--warn); border-bottom: 3px solid var(--warn-line); padding: 12px 28px; text-align: center; margin: 0; font-size: 16px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
code { font: 0.88em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: nowrap; }
.text code, .plain code, .who code { white-space: normal; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 20px; }
.tiles div { border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; min-width: 0; }
.tiles dt { color: var(--muted); font-size: 13px; }
.tiles dd { margin: 0; }
.tiles b { display: block; font-size: 25px; line-height: 1.25; letter-spacing: -0.02em; font-weight: 650; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tiles small { font-size: 13px; }
.shares { margin: 0; }
.shares svg { display: block; width: 100%; height: 14px; border-radius: 4px; }
.shares ul { list-style: none; margin: 8px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 14px; }
.status { white-space: nowrap; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.part-enriched { fill: var(--enriched); background: var(--enriched); } .part-reused { fill: var(--reused); background: var(--reused); }
.part-empty { fill: var(--empty); background: var(--empty); } .part-failed { fill: var(--failed); background: var(--failed); }
.part-rejected { fill: var(--rejected); background: var(--rejected); } .part-parked { fill: var(--parked); background: var(--parked); }
.columns, .cards { display: grid; gap: 0 36px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
.cards { gap: 26px 36px; }
.card > * + * { margin-top: 22px; }
.rankings { display: grid; gap: 8px 32px; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.rankings h3 { margin-top: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; font-weight: 650; font-size: 15px; padding: 0 0 6px; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--muted); font-weight: 500; font-size: 13px; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 500; }
td small, th small { display: block; font-size: 12.5px; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.up { color: var(--up); } .down { color: var(--down); }
.quiet th, .quiet td { color: var(--muted); }
.text { overflow-wrap: anywhere; min-width: 12ch; }
.tag { font-size: 12px; color: var(--muted); border: 1px solid var(--line); border-radius: 9px; padding: 0 7px; white-space: nowrap; }
.bars td, .bars th { border: 0; padding: 3px 12px 3px 0; vertical-align: middle; }
.bars th { width: 30%; font-weight: 400; overflow-wrap: anywhere; }
.bars .bar { width: 44%; }
.bars .n { width: 1%; }
.bars .n:last-child { padding-right: 0; }
.bars svg { display: block; width: 100%; height: 14px; }
.bars rect { fill: var(--accent); }
.bars .quiet rect { fill: var(--empty); }
.histogram { margin: 0; }
.histogram figcaption { font-weight: 650; }
.histogram svg { display: block; width: 100%; margin-top: 6px; }
.histogram rect { fill: var(--accent); }
.histogram text { fill: var(--text); font-size: 11px; text-anchor: middle; font-variant-numeric: tabular-nums; }
.histogram .axis { fill: var(--muted); }
.histogram line { stroke: var(--line); }
.movers td { vertical-align: middle; }
.movers td:not(:last-child) { padding-right: 10px; }
.movers .name { max-width: 0; width: 52%; }
.movers .name .who { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.spark { display: block; width: 96px; height: 26px; }
.spark polyline { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.spark circle { fill: var(--accent); }
.changes .name { width: 24%; }
.changes .text { max-width: 46ch; }
.old, del { color: var(--muted); }
ins { text-decoration: none; }
.bio bdi { white-space: pre-line; }
.arrow { color: var(--muted); }
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
.plain { margin: 8px 0 0; padding: 0; list-style: none; columns: 2; font-size: 14px; }
.plain li { break-inside: avoid; padding: 2px 0; overflow-wrap: anywhere; }
.controls { display: flex; flex-wrap: wrap; gap: 10px 12px; align-items: end; margin-bottom: 12px; }
.controls[hidden], .pages[hidden] { display: none; }
.controls label { display: grid; gap: 3px; font-size: 13px; color: var(--muted); }
.controls .grow { flex: 1 1 190px; }
input, select, button { font: inherit; font-size: 14px; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 6px 9px; min-height: 36px; }
input, select { border-color: color-mix(in srgb, var(--muted) 55%, var(--line)); width: 100%; max-width: 100%; }
.controls input[type=number] { width: 11ch; }
.controls select { max-width: 17ch; }
button { cursor: pointer; } button:hover { background: var(--soft); } button:disabled { opacity: 0.45; cursor: default; }
.count { margin: 0 0 6px; color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; }
.creators td, .creators tbody th { white-space: nowrap; }
.creators tbody th { position: sticky; left: 0; background: var(--card); max-width: 240px; overflow: hidden; text-overflow: ellipsis; }
.creators tbody tr:hover > * { background: var(--soft); }
.creators thead button { all: unset; cursor: pointer; color: inherit; }
.creators thead button:hover { color: var(--text); }
.creators thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
.creators thead button::after { content: " ↕"; opacity: 0.35; }
.creators [aria-sort=descending], .creators [aria-sort=ascending] { color: var(--text); font-weight: 650; }
.creators [aria-sort=descending] button::after { content: " ↓"; opacity: 1; }
.creators [aria-sort=ascending] button::after { content: " ↑"; opacity: 1; }
.pages { display: flex; align-items: center; gap: 14px; margin-top: 14px; font-size: 14px; font-variant-numeric: tabular-nums; }
footer { padding-bottom: 48px; color: var(--muted); font-size: 13px; }
@media (max-width: 900px) {
  .columns, .cards { grid-template-columns: minmax(0, 1fr); }
  .rankings { grid-template-columns: minmax(0, 1fr); gap: 20px; }
}
@media (max-width: 600px) {
  main, header, footer { padding-left: 14px; padding-right: 14px; }
  header { padding-top: 24px; }
  h1 { font-size: 25px; }
  section { padding: 18px 16px 20px; margin: 16px 0; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tiles b { font-size: 21px; }
  .tiles div:last-child:nth-child(odd) { grid-column: 1 / -1; }
  .plain { columns: 1; }
  .changes tr { display: flex; flex-wrap: wrap; gap: 2px 10px; padding: 8px 0; border-bottom: 1px solid var(--line); }
  .changes td { border: 0; padding: 0; width: auto; max-width: none; }
  .changes .name { width: 100%; }
  /* A long text in the last column stands below the others, which then have no head. */
  table:has(td.text:last-child) thead { clip-path: inset(50%); position: absolute; }
  tr:has(> td.text:last-child) { display: flex; flex-wrap: wrap; gap: 2px 10px; padding: 8px 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child:has(> td.text:last-child) { border-bottom: 0; }
  tr:has(> td.text:last-child) > td { border: 0; padding: 0; }
  tr:has(> td.text:last-child) > .n::before { content: "× "; color: var(--muted); }
  tr:has(> td.text:last-child) > .text { width: 100%; }
  .histogram text { font-size: 15px; }
  .creators tbody th { max-width: 150px; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --line: #d5d2cc; --text: #000; --muted: #55514b; --accent: #2b6a94; --soft: #eef3f7;
    --up: #1b7440; --down: #b3362b; --warn: #fdf1d8; --warn-line: #d9a441; --reused: #85b2cd; --empty: #b9b4aa;
  }
  @page { margin: 14mm 12mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11px; }
  main, header, footer { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin: 22px 0; }
  h2 { border-bottom: 1px solid var(--line); padding-bottom: 4px; break-after: avoid; }
  h3, caption { break-after: avoid; }
  h1 { font-size: 24px; margin-top: 12px; } h2 { font-size: 17px; } h3, caption { font-size: 12px; }
  .tiles b { font-size: 18px; } table, .shares ul { font-size: 10.5px; }
  thead th, .tiles dt, .tiles small, small, td small, .fine, .plain { font-size: 9.5px; }
  .columns, .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .rankings { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 20px; } .spark { width: 54px; }
  tr, .card, .tiles, .shares, .histogram { break-inside: avoid; }
  header nav, .controls, .pages, .creators thead button::after { display: none; }
  .scroll { overflow: visible; }
  .tiles { grid-template-columns: repeat(5, 1fr); }
  .creators td, .creators tbody th { white-space: normal; position: static; }
  .creators td:last-child { white-space: nowrap; }
  a { color: inherit; }
}
`
