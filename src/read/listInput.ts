import type { Input } from './readInput.js'

/** An input with the name of its list. */
export interface NamedInput extends Pick<Input, 'source' | 'columns' | 'rows'> {
  readonly name: string
  readonly idColumn: Pick<Input['idColumn'], 'name'>
}
