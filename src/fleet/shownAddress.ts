import { UsageError } from '../core/errors.js'

/**
 * Host, port and name of an address. One whose password holds an unescaped `/`, `#` or `?` is read differently than it was
 * meant, and would show the password as one of the three.
 * @throws UsageError that does not show the address
 */
export function shownAddress(url: string): string {
  // The path of a socket.
  if (url.startsWith('/')) return 'at the given address'
  try {
    const { protocol, hostname, port, pathname, search, hash, searchParams } = new URL(url)
    const name = decodeURIComponent(hostname)
    const isPlain = ![name, pathname, search, hash].some((part) => part.includes('@'))
    if (/^(postgres|postgresql|socket):$/.test(protocol) && isPlain) {
      const host = name || searchParams.get('host') || 'localhost'
      return `${host}${port === '' ? '' : `:${port}`}${pathname === '/' ? '' : pathname}`
    }
  } catch {
    // It is refused without its text.
  }
  throw new UsageError(
    'the address of the database cannot be read, and is not shown because it may hold a password: write postgres://user:password@host/name, and in the password %2F for /, %23 for #, %3F for ? and %40 for @',
  )
}
