import { lazy, type Command } from '../command.js'

export const collectCommand: Command = {
  name: 'collect',
  description:
    'take the answers that a fleet has landed into the data folder, as often as wanted, and publish (experimental)',
  example: 'collect --database-url postgres://host/name',
  options: [
    'databaseUrl',
    'data',
    'config',
    'pipeline',
    'price',
    'maxFailed',
    'noBom',
    'excel',
    'noReport',
    'keepReports',
    'lang',
    'json',
    'notify',
    'notifyOn',
    'quiet',
    'new',
    'memory',
    'threads',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  headings: { databaseUrl: 'Fleet', data: 'Data folder', noBom: 'Files', json: 'How it ends' },
  quietLevel: 'error',
  run: lazy(async () => (await import('./flow.js')).collectFlow),
}
