export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/
const VALUE = /^-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/

/**
 * Parses the text format of Prometheus, version 0.0.4, and accepts nothing beyond what promises to be read by every parser:
 * HELP, TYPE and at least one sample of a metric stand together, once; no two samples of it have the same labels.
 * @throws Error naming the line
 */
export function parsePrometheusText(text: string): ParsedSample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.slice(0, -1).split('\n')
  const samples: ParsedSample[] = []
  const families = new Set<string>()
  const series = new Set<string>()
  let at = 0
  while (at < lines.length) {
    const name = /^# HELP (\S+) (?:[^\\]|\\[\\n])+$/.exec(lines[at]!)?.[1]
    if (name === undefined || NAME.exec(name)?.[0] !== name) throw new Error(`no HELP: ${lines[at]}`)
    if (families.has(name)) throw new Error(`${name} comes twice`)
    families.add(name)
    if (!new RegExp(`^# TYPE ${name} (gauge|counter)$`).test(lines[at + 1] ?? ''))
      throw new Error(`${name} has no TYPE`)
    const first = (at += 2)
    for (; at < lines.length && !lines[at]!.startsWith('#'); at += 1) {
      const sample = parseSample(lines[at]!)
      if (sample.name !== name) throw new Error(`${lines[at]} stands under ${name}`)
      const key = JSON.stringify([name, Object.entries(sample.labels).sort()])
      if (series.has(key)) throw new Error(`the series comes twice: ${lines[at]}`)
      series.add(key)
      samples.push(sample)
    }
    if (at === first) throw new Error(`${name} has no sample`)
  }
  return samples
}

function parseSample(line: string): ParsedSample {
  const name = NAME.exec(line)?.[0]
  if (name === undefined) throw new Error(`no sample: ${line}`)
  let rest = line.slice(name.length)
  const labels: Record<string, string> = {}
  if (rest.startsWith('{')) {
    do {
      rest = rest.slice(1)
      const [whole, label, value] = LABEL.exec(rest) ?? []
      if (whole === undefined || label! in labels) throw new Error(`a bad label: ${line}`)
      labels[label!] = value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
      rest = rest.slice(whole.length)
    } while (rest.startsWith(','))
    if (!rest.startsWith('}')) throw new Error(`a bad label: ${line}`)
    rest = rest.slice(1)
  }
  if (!rest.startsWith(' ') || !VALUE.test(rest.slice(1))) throw new Error(`a bad value: ${line}`)
  return { name, labels, value: Number(rest.slice(1)) }
}

/**
 * The samples as `name{label="value",…}` without the labels of every series, `folder` and `pipeline`; a metric without labels
 * of its own is only its name.
 */
export function samplesByKey(text: string): Record<string, number> {
  const samples: Record<string, number> = {}
  for (const { name, labels, value } of parsePrometheusText(text)) {
    const own = Object.entries(labels).filter(([label]) => !['folder', 'pipeline'].includes(label))
    const key = own.length === 0 ? name : `${name}{${own.map(([label, each]) => `${label}="${each}"`).join(',')}}`
    samples[key] = value
  }
  return samples
}
