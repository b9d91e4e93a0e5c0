import { lazy, type Command } from '../command.js'

export const personCommand: Command = {
  name: 'person',
  arguments: '<userId>',
  description: 'write all that is known of one person into a folder with a manifest; no call, changes nothing',
  example: 'person 5f0123456789abcdef012345',
  options: [
    'data',
    'config',
    'pipeline',
    'noBom',
    'json',
    'quiet',
    'outDir',
    'memory',
    'threads',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  run: lazy(async () => (await import('./flow.js')).personFlow),
}
