import { lazy, type Command } from '../command.js'

const stopCommand: Command = {
  name: 'stop',
  description: 'stop every worker of the fleet within its calls in flight, until `worker resume`',
  example: 'worker stop',
  options: ['databaseUrl', 'json', 'logLevel'],
  run: lazy(async () => (await import('./flow.js')).stopFlow),
}

const resumeCommand: Command = {
  name: 'resume',
  description: 'let the fleet go on, and every account that was stopped',
  example: 'worker resume',
  options: ['databaseUrl', 'json', 'logLevel'],
  run: lazy(async () => (await import('./flow.js')).resumeFlow),
}

export const workerCommand: Command = {
  name: 'worker',
  description: 'fetch the batches of a fleet, on any number of machines, until a signal stops it (experimental)',
  example: 'worker --data worker1 --rate 20/s',
  options: [
    'databaseUrl',
    'account',
    'untilEmpty',
    'lease',
    'data',
    'config',
    'pipeline',
    'api',
    'allowPlainHttp',
    'tokenFile',
    'onAmbiguous',
    'concurrency',
    'rate',
    'timeout',
    'attempts',
    'giveUp',
    'budgetPerDay',
    'price',
    'json',
    'quiet',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  headings: {
    databaseUrl: 'Fleet',
    data: 'Folder of the worker',
    api: 'API',
    concurrency: 'Pace and retries',
    json: 'Process and log',
  },
  needsToken: true,
  subcommands: [stopCommand, resumeCommand],
  run: lazy(async () => (await import('./flow.js')).workerFlow),
}
