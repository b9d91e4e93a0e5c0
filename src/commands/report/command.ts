import { lazy, type Command } from '../command.js'

export const reportCommand: Command = {
  name: 'report',
  description: 'write the HTML report of the newest run, or of one list, from the published data',
  example: 'report --list spring',
  options: [
    'data',
    'config',
    'pipeline',
    'reportList',
    'withColumns',
    'keepReports',
    'lang',
    'quiet',
    'memory',
    'threads',
    'logLevel',
    'logFile',
    'logFormat',
  ],
  run: lazy(async () => (await import('./flow.js')).reportFlow),
}
