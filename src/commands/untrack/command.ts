import { lazy, type Command } from '../command.js'

export const untrackCommand: Command = {
  name: 'untrack',
  arguments: '<list>',
  description: 'leave a list out of `run --tracked`; its rows and its history stay',
  example: 'untrack spring',
  options: ['data', 'config', 'pipeline', 'json', 'logLevel'],
  run: lazy(async () => (await import('./flow.js')).untrackFlow),
}
