/** Colours are named by their meaning; dark mode and print only redefine them. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f7f6f3; --card: #ffffff; --line: #e3e0d9; --text: #1f1d1a; --muted: #66615a;
  --accent: #2b6a94; --soft: #e6eff5; --track: #efede8; --up: #1b7440; --down: #b3362b; --warn: #fdf1d8; --warn-line: #d9a441;
  --enriched: #2b6a94; --reused: #85b2cd; --empty: #b9b4aa; --failed: #c2493d; --rejected: #d8963a; --parked: #8d7bb5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1d2024; --line: #33373d; --text: #eceae6; --muted: #a5a29b;
    --accent: #6fb1dc; --soft: #24323d; --track: #2a2e33; --up: #66c88c; --down: #f08a7e; --warn: #3a2f17; --warn-line: #b98a34;
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
main { padding: 0 28px; }
header, footer { max-width: 1160px; margin: 0 auto; padding: 0 28px; }
main > * { max-width: 1104px; margin-left: auto; margin-right: auto; }
header { padding-top: 36px; padding-bottom: 8px; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.015em; }
header p { margin: 6px 0 0; color: var(--muted); }
header nav { margin-top: 18px; display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; }
h2 { margin: 0 0 6px; font-size: 21px; letter-spacing: -0.01em; }
h3 { margin: 26px 0 8px; font-size: 15px; }
h3 small { font-weight: 400; color: var(--muted); margin-left: 6px; }
section { margin: 28px auto; padding: 26px 28px 28px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
p { margin: 0 0 12px; }
h2.finding { font-size: 27px; line-height: 1.25; letter-spacing: -0.015em; }
h2 .who { color: inherit; }
.skip { position: absolute; left: 12px; top: -60px; z-index: 9; padding: 8px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.skip:focus { top: 12px; }
.lead { max-width: 84ch; margin-bottom: 18px; }
.muted, small, .fine { color: var(--muted); }
.fine { font-size: 13px; margin: 14px 0 0; }
.good::before { content: "✓ "; color: var(--up); font-weight: 700; }
.empty { color: var(--muted); margin: 0; }
main > .note { margin: 0 auto; }
.note { padding: 10px 14px; border-left: 4px solid var(--accent); background: var(--soft); border-radius: 4px; }
.warn { background: var(--warn); border-color: var(--warn-line); }
.simulated { background: var(--warn); border-bottom: 3px solid var(--warn-line); padding: 12px 28px; text-align: center; margin: 0; font-size: 16px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
code { font: 0.88em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: nowrap; }
.text code, .plain code, .who code { white-space: normal; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 20px; }
.tiles:last-child { margin-bottom: 0; }
.rankings h3 small { display: block; margin: 0; }
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
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
.plain { margin: 8px 0 0; padding: 0; list-style: none; columns: 2; font-size: 14px; }
.plain li { break-inside: avoid; padding: 2px 0; overflow-wrap: anywhere; }
footer { padding-bottom: 48px; color: var(--muted); font-size: 13px; }
`
