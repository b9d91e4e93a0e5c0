export type MetricType = 'gauge' | 'counter'
export type Labels = Readonly<Record<string, string>>
export type Sample = readonly [labels: Labels, value: number]

/** All samples of one metric. */
export interface MetricFamily {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly samples: readonly Sample[]
}

/** The sample of a metric without labels of its own; none where there is no value. */
export function unlabelled(value: number | null | undefined): Sample[] {
  return value === null || value === undefined ? [] : [[{}, value]]
}

/**
 * Metrics in the text format of Prometheus, version 0.0.4. HELP and TYPE come once for each metric; a metric without a sample
 * is left out, and so is a value that is not finite.
 * @param common labels of every sample
 */
export function prometheusText(families: readonly MetricFamily[], common: Labels = {}): string {
  return families.map((family) => familyText(family, common)).join('')
}

function familyText({ name, type, help, samples }: MetricFamily, common: Labels): string {
  const lines = samples
    .filter(([, value]) => Number.isFinite(value))
    .map(([labels, value]) => `${name}${labelText({ ...common, ...labels })} ${value}\n`)
  if (lines.length === 0) return ''
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** Labels as they stand behind the name of a series; nothing without one. */
export function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** The value of the first sample of a metric in such a text, with any labels; undefined if there is none. */
export function sampleIn(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`))
  const value = Number.parseFloat(line?.slice(line.lastIndexOf(' ') + 1) ?? '')
  return Number.isFinite(value) ? value : undefined
}
