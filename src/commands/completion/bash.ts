import { LIST_NAMES, type CompletedCommand, type Expected } from './tree.js'

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
      `    ${name}) ${subcommands.length > 0 ? replyBehind(subcommands) : reply(expected)} ;;`,
  )
  return `# bash completion for creator-enrich: eval "$(creator-enrich completion bash)"
_creator_enrich_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_creator_enrich_paths() { compopt -o filenames; mapfile -t COMPREPLY < <(compgen "$1" -- "$cur"); }
_creator_enrich_lists() {
  local name at data=()
  for ((at = 2; at < COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} == --data ]]; then data=(--data "\${COMP_WORDS[at + 1]}"); fi
  done
  compopt -o filenames
  while IFS= read -r name; do
    if [[ $name == "$cur"* ]]; then COMPREPLY+=("$name"); fi
  done < <("$program" lists --json "\${data[@]}" 2>/dev/null | ${LIST_NAMES})
}
_creator_enrich() {
  local program=$1 cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]}
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

/** The first word behind a command names its subcommand, the next ones are those of the subcommand. */
function replyBehind(subcommands: readonly CompletedCommand[]): string {
  const each = subcommands.map(({ name, operands }) => `${name}) ${reply(operands)} ;;`).join(' ')
  const names = reply(subcommands.map(({ name }) => name))
  return `if ((COMP_CWORD == 2)); then ${names}; else case \${COMP_WORDS[2]} in ${each} esac; fi`
}

function reply(expected: Expected): string {
  if (expected === 'file') return '_creator_enrich_paths -f'
  if (expected === 'folder') return '_creator_enrich_paths -d'
  if (expected === 'list') return '_creator_enrich_lists'
  return typeof expected === 'string' ? ':' : `_creator_enrich_words '${expected.join(' ')}'`
}
