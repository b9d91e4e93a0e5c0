/** The table of creators with its search and filters. */
export const creatorStyle = `
.controls { display: flex; flex-wrap: wrap; gap: 10px 12px; align-items: end; margin-bottom: 12px; }
.controls[hidden], .pages[hidden] { display: none; }
.controls label { display: grid; gap: 3px; font-size: 13px; color: var(--muted); }
.controls .grow { flex: 1 1 190px; }
input, select, button { font: inherit; font-size: 14px; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 6px 9px; min-height: 36px; }
input, select { border-color: color-mix(in srgb, var(--muted) 55%, var(--line)); width: 100%; max-width: 100%; }
.controls input[type=number] { width: 11ch; }
.choice { position: relative; margin: 0; font-size: 14px; }
.choice summary { display: grid; gap: 3px; color: var(--text); list-style: none; width: auto; }
.choice summary::-webkit-details-marker { display: none; }
.choice summary span { font-size: 13px; color: var(--muted); }
.choice summary b { font-weight: 400; border: 1px solid color-mix(in srgb, var(--muted) 55%, var(--line)); border-radius: 6px; padding: 6px 26px 6px 9px; min-height: 36px; min-width: 9ch; max-width: 16ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; position: relative; }
.choice summary b::after { content: "▾"; position: absolute; right: 9px; color: var(--muted); }
.choice > div { position: absolute; z-index: 5; top: 100%; left: 0; margin-top: 4px; padding: 8px 0; min-width: 100%; width: max-content; max-width: min(320px, 88vw); max-height: 320px; overflow: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 6px 24px rgb(0 0 0 / 18%); }
.controls .choice label { display: flex; align-items: baseline; gap: 7px; padding: 4px 14px 4px 10px; font-size: 14px; color: var(--text); cursor: pointer; }
.choice label:hover { background: var(--soft); }
.choice small { margin-left: auto; padding-left: 10px; font-variant-numeric: tabular-nums; }
.choice input { width: auto; min-height: 0; margin: 0; align-self: center; }
button { cursor: pointer; } button:hover { background: var(--soft); } button:disabled { opacity: 0.45; cursor: default; }
.count { margin: 0 0 6px; color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums; }
#creators { max-width: 1800px; }
.table { max-height: 88vh; overflow: auto; }
.creators { font-size: 13.5px; }
.creators td, .creators tbody th { white-space: nowrap; padding: 6px 12px 6px 0; }
.creators thead th { position: sticky; top: 0; z-index: 2; background: var(--card); padding: 6px 12px 6px 0; box-shadow: inset 0 -1px var(--line); border: 0; }
.creators thead th:first-child { left: 0; z-index: 3; }
.creators tbody th { position: sticky; left: 0; z-index: 1; background: var(--card); max-width: 230px; overflow: hidden; text-overflow: ellipsis; }
.creators tbody th small { white-space: normal; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; font-weight: 400; }
.creators .long { white-space: normal; min-width: 14ch; max-width: 30ch; overflow-wrap: break-word; }
.creators tbody tr:hover > * { background: var(--soft); }
.creators thead button { all: unset; cursor: pointer; color: inherit; }
.creators thead button:hover { color: var(--text); }
.creators thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
.creators thead button::after { content: " ↕"; opacity: 0.35; }
.creators [aria-sort=descending], .creators [aria-sort=ascending] { color: var(--text); font-weight: 650; }
.creators [aria-sort=descending] button::after { content: " ↓"; opacity: 1; }
.creators [aria-sort=ascending] button::after { content: " ↑"; opacity: 1; }
.pages { display: flex; align-items: center; gap: 14px; margin-top: 14px; font-size: 14px; font-variant-numeric: tabular-nums; }
/* From this width on the table fits, and its head stays at the top of the window. Own columns may need more. */
@media (min-width: 1280px) {
  .table:not(.own) { max-height: none; overflow: visible; }
}
@media (min-width: 1600px) {
  .creators td, .creators tbody th, .creators thead th { padding-right: 24px; }
}
`
