/** Whether an absolute path leads to an open stream of the process, whatever is behind it: `/dev/stdin`, `/dev/fd/63`. */
export function isStreamPath(path: string): boolean {
  return /^\/(dev\/(std(in|out|err)$|fd\/)|proc\/[^/]+\/(task\/\d+\/)?fd\/)/.test(path)
}
