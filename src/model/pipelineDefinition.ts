import type { IdSyntax } from './idParser.js'
import type { Pipeline } from './pipeline.js'
import type { ProfilePlace } from './profileAt.js'

/** What may be left out, each with its default: see `completePipeline`. */
type Optional = 'version' | 'vendor' | 'timeZone' | 'genericIdColumns' | 'children' | 'check' | 'simulatedAnswers'

/** A pipeline as one writes it. Every `Pipeline` is one. */
export interface PipelineDefinition
  extends Omit<Pipeline, Optional | 'parseId' | 'profile'>, Partial<Pick<Pipeline, Optional>> {
  /** A description of the ids, or a function. */
  readonly parseId: IdSyntax | Pipeline['parseId']
  /** Where the profile stands in `data`, or a function. With a function, `simulatedAnswers` is required. */
  readonly profile: ProfilePlace | Pipeline['profile']
}
