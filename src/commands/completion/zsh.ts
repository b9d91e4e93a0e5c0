import { LIST_NAMES, type CompletedCommand, type CompletedOption, type Expected } from './tree.js'

/** Completion for zsh, for a file `_creator-enrich` of `fpath`, or for `source`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, help }) => `    ${quoted(`${name}:${help}`)}`)
  const cases = commands.map((command) => {
    const { name, options, operands, subcommands } = command
    const specs = [
      ...options.map(optionSpec),
      ...subcommands
        .slice(0, 1)
        .flatMap((each) => [
          quoted(`1:argument:${action(subcommands.map(({ name }) => name))}`),
          quoted(`*:argument:${action(each.operands)}`),
        ]),
      ...(operands === 'nothing' || subcommands.length > 0 ? [] : [quoted(`*:argument:${action(operands)}`)]),
    ]
    return `    ${name}) _arguments -S ${specs.join(' \\\n      ')} ;;`
  })
  return `#compdef creator-enrich
# zsh completion for creator-enrich: source <(creator-enrich completion zsh), after compinit
_creator_enrich_lists() {
  local -a data names
  local at=\${words[(I)--data]}
  if (( at > 0 && at < CURRENT )); then data=(--data "\${words[at + 1]}"); fi
  names=("\${(@f)$(_call_program lists $program lists --json "\${(q@)data}" 2>/dev/null | ${LIST_NAMES})}")
  compadd -a names
}
_creator_enrich() {
  local program=$words[1]
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _creator_enrich || $funcstack[1] == _creator-enrich ]]; then
  _creator_enrich "$@"
else
  compdef _creator_enrich creator-enrich
fi
`
}

function optionSpec({ flag, help, value }: CompletedOption): string {
  const about = `${flag}[${help.replace(/[[\]:\\]/g, '\\$&')}]`
  return quoted(value === 'nothing' ? about : `${about}:value:${action(value)}`)
}

function action(expected: Expected): string {
  if (expected === 'file') return '_files'
  if (expected === 'folder') return '_files -/'
  if (expected === 'list') return '_creator_enrich_lists'
  return typeof expected === 'string' ? ' ' : `(${expected.join(' ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
