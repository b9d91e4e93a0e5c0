/** Whether the host of a URL is this machine. */
export function isLoopback(host: string): boolean {
  // The last form is 127.0.0.0/8 mapped into IPv6, as a URL writes it.
  return host === 'localhost' || host === '[::1]' || /^(127(\.\d+){3}|\[::ffff:7f[\da-f]{2}:[\da-f]+\])$/.test(host)
}
