import { lazy, type Command } from '../command.js'

export const forgetCommand: Command = {
  name: 'forget',
  arguments: '[userId...]',
  description: 'erase people everywhere under the data folder, and keep them out of later runs',
  example: 'forget 5f0123456789abcdef012345',
  options: [
    'data',
    'config',
    'databaseUrl',
    'pipeline',
    'noBom',
    'lang',
    'json',
    'quiet',
    'file',
    'allow',
    'checkErased',
    'memory',
    'threads',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  run: lazy(async () => (await import('./flow.js')).forgetFlow),
}
