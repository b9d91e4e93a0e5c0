import { lazy, type Command } from '../command.js'

export const doctorCommand: Command = {
  name: 'doctor',
  description: 'check what a run needs, without a call; exit with the code of the first failure',
  example: 'doctor',
  options: ['data', 'config', 'pipeline', 'databaseUrl', 'api', 'allowPlainHttp', 'tokenFile', 'json', 'logLevel'],
  connects: true,
  checksConfig: true,
  run: lazy(async () => (await import('./flow.js')).doctorFlow),
}
