import { lazy, type Command } from '../command.js'

/** @param commands all commands of the program, this one too */
export const completionCommand = (commands: () => readonly Command[]): Command => ({
  name: 'completion',
  arguments: '<bash|zsh|fish>',
  description: 'print the completion of this command line for bash, zsh or fish',
  options: [],
  onlyPrints: true,
  run: lazy(async () => (await import('./flow.js')).completionFlow(commands())),
})
