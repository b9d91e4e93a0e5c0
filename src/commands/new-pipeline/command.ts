import { lazy, type Command } from '../command.js'

export const newPipelineCommand: Command = {
  name: 'new-pipeline',
  arguments: '<name> [file...]',
  description: 'write the folder of a pipeline of your own from recorded answers of its endpoint',
  example: 'new-pipeline video-user --from answer.json',
  options: ['answers', 'idPath', 'price', 'logLevel'],
  run: lazy(async () => (await import('./flow.js')).newPipelineFlow),
}
