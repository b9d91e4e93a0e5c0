/** Narrow screens. */
export const screenStyle = `
@media (max-width: 900px) {
  .columns, .cards { grid-template-columns: minmax(0, 1fr); }
  .rankings { grid-template-columns: minmax(0, 1fr); gap: 20px; }
}
@media (max-width: 600px) {
  main, header, footer { padding-left: 14px; padding-right: 14px; }
  header { padding-top: 24px; }
  h1 { font-size: 25px; }
  section { padding: 18px 16px 20px; margin-top: 16px; margin-bottom: 16px; }
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
  .bars th { width: 37%; }
  .histogram text { font-size: 15px; }
  .creators tbody th { max-width: 150px; }
  .creators .long { min-width: 24ch; }
  .controls { position: relative; }
  .choice { position: static; }
  .choice > div { right: 0; width: auto; max-width: none; }
  .courses { grid-template-columns: minmax(0, 1fr); }
}
`
