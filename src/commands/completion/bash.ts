import type { CompletedCommand, Expected } from './tree.js'

/** Completion for bash 4 and later. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const values = commands.flatMap((command) =>
    command.options
      .filter(({ value }) => value !== 'nothing')
      .map(({ flag, value }) => `    '${command.name} ${flag}') ${reply(value)}; return ;;`),
  )
  const flags = commands.map(({ name, options }) => `      ${name}) ${reply(options.map(({ flag }) => flag))} ;;`)
  const operands = commands.map(
    ({ name, operands: expected, subcommands }) =>
      `    ${name}) ${reply(subcommands.length > 0 ? subcommands.map((each) => each.name) : expected)} ;;`,
  )
  return `# bash completion for creator-enrich: eval "$(creator-enrich completion bash)"
_creator_enrich_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_creator_enrich_paths() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); }
_creator_enrich() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _creator_enrich_words '${names} --help --version'
    return
  fi
  case "$command \${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${flags.join('\n')}
    esac
    return
  fi
  case $command in
${operands.join('\n')}
  esac
}
complete -F _creator_enrich creator-enrich
`
}

function reply(expected: Expected): string {
  if (expected === 'file') return '_creator_enrich_paths -f'
  if (expected === 'folder') return '_creator_enrich_paths -d'
  return typeof expected === 'string' ? ':' : `_creator_enrich_words '${expected.join(' ')}'`
}
