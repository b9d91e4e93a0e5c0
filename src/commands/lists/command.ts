import { lazy, type Command } from '../command.js'

const removeListCommand: Command = {
  name: 'remove',
  arguments: '<list>',
  description: 'remove a list: its rows, exports and tracking; the people in it stay, with their history',
  example: 'lists',
  options: ['data', 'config', 'pipeline', 'json', 'logLevel'],
  run: lazy(async () => (await import('./removeFlow.js')).removeListFlow),
}

export const listsCommand: Command = {
  name: 'lists',
  description: 'show each list: whether it is tracked, its coverage, the price of a night',
  options: ['data', 'config', 'json', 'logLevel'],
  onlyReads: true,
  onlyPrints: true,
  subcommands: [removeListCommand],
  run: lazy(async () => (await import('./flow.js')).listsFlow),
}
