import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { doctor, doctorText } from './doctor.js'

/** Prints whether a run would find what it needs; returns 0, or the code of the first check that fails. */
export async function doctorFlow({ settings, readToken, tokenPath, proxyFor, config }: Invocation): Promise<number> {
  const report = await doctor({ settings, readToken, tokenPath, proxyFor, config, now: () => Date.now() })
  print(settings, report, () => doctorText(report))
  return report.exit_code
}
