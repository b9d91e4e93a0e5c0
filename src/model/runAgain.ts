import { nextDayIn } from '../core/time.js'
import type { StopNotice } from './receipt.js'

/** The code of a stop by `--budget-per-day`: our own limit, not the vendor's. */
export const DAY_BUDGET = 'budget-per-day'

/** What people do to go on after a stop: the line `next` of the summary. `at` is the time of the stop. */
export function runAgain(
  { reason, code, message, limit, at }: Pick<StopNotice, 'reason' | 'code' | 'message' | 'limit'> & { at: number },
  timeZone: string,
): string {
  if (code === 'untrusted') {
    if (isOfAnotherHost(message)) return 'check --api and the proxy, then run the same command again'
    return "set NODE_EXTRA_CA_CERTS to the file of your company's CA, or wait for a valid certificate, then run the same command again"
  }
  switch (reason) {
    case 'quota':
      return `run the same command again after ${new Date(nextDayIn(timeZone, at)).toISOString()} (midnight, ${timeZone})${code === DAY_BUDGET ? '' : '; with the token of another account it goes on at once'}`
    case 'balance':
      return limit === 'token'
        ? 'raise the budget of this token, or take another token, then run the same command again'
        : 'top up the account, or take the token of another account, then run the same command again'
    case 'token':
      return 'check JUSTONEAPI_TOKEN, then run the same command again'
    case 'permission':
      return "activate the endpoint in the vendor's dashboard, then run the same command again"
    case 'route':
    case 'redirect':
      return 'check --api, then run the same command again'
    case 'proxy':
      return "put the proxy's user and password into its URL, then run the same command again"
    case 'unreachable':
      return 'run the same command again when the API is back'
    case 'cap':
      return 'run the same command again to go on, with a larger cap if no call was made'
    case 'signal':
      return 'run the same command again to go on'
  }
}

/** Whether a text has one of Node's codes for a certificate of another host. */
export function isOfAnotherHost(text: string): boolean {
  return /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/.test(text)
}
