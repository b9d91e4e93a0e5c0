import { lazy, type Command } from '../command.js'

export const replayCommand: Command = {
  name: 'replay',
  description: 'rebuild all tables from raw/ and the journal without a call, show the differences, publish',
  example: 'replay --check',
  options: [
    'data',
    'config',
    'pipeline',
    'noBom',
    'lang',
    'excel',
    'json',
    'quiet',
    'check',
    'memory',
    'threads',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  run: lazy(async () => (await import('./flow.js')).replayFlow),
}
