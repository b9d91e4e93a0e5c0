import { lazy, type Command } from '../command.js'

export const planCommand: Command = {
  name: 'plan',
  arguments: '[input...]',
  description: 'show what a run of the same inputs would fetch and cost now; makes no call',
  options: [
    'data',
    'config',
    'pipeline',
    'column',
    'encoding',
    'delimiter',
    'list',
    'tracked',
    'maxAge',
    'retryFailed',
    'onAmbiguous',
    'concurrency',
    'rate',
    'price',
    'json',
    'quiet',
    'memory',
    'threads',
    'logLevel',
  ],
  run: lazy(async () => (await import('./flow.js')).planFlow),
}
