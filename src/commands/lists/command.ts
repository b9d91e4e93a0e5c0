import { lazy, type Command } from '../command.js'

export const listsCommand: Command = {
  name: 'lists',
  description: 'show each list: whether it is tracked, its coverage, the price of a night',
  options: ['data', 'json', 'logLevel'],
  run: lazy(async () => (await import('./flow.js')).listsFlow),
}
