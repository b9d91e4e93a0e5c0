/** On paper, in landscape. */
export const printStyle = `
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --line: #d5d2cc; --text: #000; --muted: #55514b; --accent: #2b6a94; --soft: #eef3f7; --track: #efede8;
    --up: #1b7440; --down: #b3362b; --warn: #fdf1d8; --warn-line: #d9a441; --reused: #85b2cd; --empty: #b9b4aa;
  }
  @page { size: A4 landscape; margin: 12mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11px; }
  main, header, footer { max-width: none; padding: 0; }
  main > * { max-width: none; }
  section { border: 0; padding: 0; margin: 22px 0; }
  h2 { border-bottom: 1px solid var(--line); padding-bottom: 4px; break-after: avoid; }
  h3, caption { break-after: avoid; }
  h1 { font-size: 24px; margin-top: 12px; } h2 { font-size: 17px; } h3, caption { font-size: 12px; }
  .tiles b { font-size: 18px; } table, .shares ul { font-size: 10.5px; }
  thead th, .tiles dt, .tiles small, small, td small, .fine, .plain, .count, .course small, .plot { font-size: 9.5px; }
  .columns, .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .rankings { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px 20px; } .spark { width: 54px; }
  tr, .card, .tiles, .shares, .histogram, .course { break-inside: avoid; }
  header nav, .skip, .controls, .pages, .creators thead button::after { display: none; }
  .scroll, .table { overflow: visible; max-height: none; }
  .tiles { grid-template-columns: repeat(5, 1fr); }
  .courses { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .courses.single { grid-template-columns: minmax(0, 1fr); } .plot svg, .single .plot svg { height: 90px; }
  #creators, #operator { break-before: page; }
  .lead { break-after: avoid; }
  #summary, #growth, #lists, #people, #movers { break-inside: avoid; }
  /* Chromium repeats the head of a table on each page, but not a button in it. */
  .creators thead button { display: contents; }
  .creators { font-size: 9px; }
  .creators thead th { position: static; font-size: 8.5px; padding: 3px 8px 3px 0; box-shadow: none; border-bottom: 1px solid var(--line); }
  .creators td, .creators tbody th { padding: 3px 8px 3px 0; }
  .creators tbody th { position: static; white-space: normal; min-width: 24mm; max-width: 40mm; }
  .creators .long { min-width: 16mm; }
  a { color: inherit; }
}
`
