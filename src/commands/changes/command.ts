import { lazy, type Command } from '../command.js'

export const changesCommand: Command = {
  name: 'changes',
  description: 'show the creators whose followers or attributes changed since a time or a day',
  example: 'changes --since 7d',
  options: ['data', 'config', 'pipeline', 'json', 'since', 'limit', 'logLevel'],
  onlyReads: true,
  onlyPrints: true,
  run: lazy(async () => (await import('./flow.js')).changesFlow),
}
