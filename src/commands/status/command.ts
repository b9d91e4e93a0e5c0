import { lazy, type Command } from '../command.js'

export const statusCommand: Command = {
  name: 'status',
  description: 'show the current run, the last runs, the parked ids and the age of the profiles',
  example: 'status',
  options: ['data', 'config', 'pipeline', 'databaseUrl', 'keepPeople', 'json', 'logLevel'],
  onlyReads: true,
  onlyPrints: true,
  run: lazy(async () => (await import('./flow.js')).statusFlow),
}
