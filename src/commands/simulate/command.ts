import { lazy, type Command } from '../command.js'

export const simulateCommand: Command = {
  name: 'simulate',
  description: 'serve the simulated API on this machine until stopped',
  example: 'simulate --port 8080',
  options: [
    'config',
    'pipeline',
    'port',
    'latency',
    'jitter',
    'callLimit',
    'quota',
    'balance',
    'night',
    'failures',
    'counts',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  run: lazy(async () => (await import('./flow.js')).simulateFlow),
}
