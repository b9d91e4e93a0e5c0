export interface Option<T> {
  /** The flag with the name of its value: `--max-age <duration>`. A flag without a value is a switch. */
  readonly flag: string
  readonly help: string
  /** As a person types it. Absent: the option is not set. */
  readonly default?: string
  /** An error never shows the value. */
  readonly secret?: true
  /** Only the command line sets it: it belongs to one call of the command, and must not stay in an environment. */
  readonly flagOnly?: true
  /** The flag may be given several times; `parse` gets the values with `BETWEEN_VALUES` between them. */
  readonly repeats?: true
  /** A path, or a text that may be one: in a config file a path is relative to the folder of that file. */
  readonly path?: true | ((text: string) => boolean)
  /** Names with values, such as `a=1,b=2`: in a config file it may be an object. */
  readonly pairs?: true
  /** Turns a text into the value, or throws an Error that says what is expected. */
  readonly parse: (text: string) => T
}

type Defaulted<T> = Option<T> & { readonly default: string }

export function option<T>(definition: Defaulted<T>): Defaulted<T>
export function option<T>(definition: Option<T>): Option<T>
export function option<T>(definition: Option<T>): Option<T> {
  return definition
}
