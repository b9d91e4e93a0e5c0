import { lazy, type Command } from '../command.js'

export const costsCommand: Command = {
  name: 'costs',
  description: 'show what a month has cost, by list; as CSV or JSON each billed call, to hold against the vendor',
  example: 'costs --month 2026-11 --format csv',
  options: ['data', 'config', 'pipeline', 'month', 'format', 'out', 'noBom', 'json', 'memory', 'threads', 'logLevel'],
  onlyReads: true,
  onlyPrints: true,
  run: lazy(async () => (await import('./flow.js')).costsFlow),
}
