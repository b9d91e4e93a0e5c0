import { lazy, type Command } from '../command.js'

export const selectCommand: Command = {
  name: 'select',
  description: 'choose creators by a condition: as a table, CSV, Excel, Parquet or JSON',
  example: `select --where "fans > 10000 AND tier = 'mid'" --out mid.xlsx`,
  options: [
    'data',
    'config',
    'pipeline',
    'noBom',
    'lang',
    'limit',
    'where',
    'fromLists',
    'sort',
    'columns',
    'format',
    'out',
    'save',
    'mentioned',
    'memory',
    'threads',
    'logLevel',
  ],
  onlyReads: true,
  onlyPrints: true,
  run: lazy(async () => (await import('./flow.js')).selectFlow),
}
