import { LIST_NAMES, type CompletedCommand, type CompletedOption, type Expected } from './tree.js'

/** Completion for fish 3 and later. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => {
    const { name, help, options, operands, subcommands } = command
    const inside = `complete -c creator-enrich -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c creator-enrich -n __fish_use_subcommand -a ${name} -d ${quoted(help)}`,
      ...options.map((option) => `${inside} ${optionWords(option)}`),
      ...subcommands.flatMap((each) => [
        `${inside} -a ${each.name} -d ${quoted(each.help)}`,
        ...(each.operands === 'nothing'
          ? []
          : [`complete -c creator-enrich -n '__fish_seen_subcommand_from ${each.name}' ${values(each.operands)}`]),
      ]),
      ...(operands === 'nothing' || subcommands.length > 0 ? [] : [`${inside} ${values(operands)}`]),
    ]
  })
  return `# fish completion for creator-enrich: creator-enrich completion fish | source
function __creator_enrich_lists
  set -l words (commandline -opc)
  set -l data
  set -l at (contains -i -- --data $words)
  and set data --data $words[(math $at + 1)]
  $words[1] lists --json $data 2>/dev/null | ${LIST_NAMES}
end
complete -c creator-enrich -e
complete -c creator-enrich -f
complete -c creator-enrich -n __fish_use_subcommand -l version -d 'show the version'
${lines.join('\n')}
`
}

function optionWords({ flag, help, value }: CompletedOption): string {
  return `-l ${flag.slice(2)} ${value === 'nothing' ? '' : `-x ${values(value)} `}-d ${quoted(help)}`
}

function values(expected: Expected): string {
  if (expected === 'file') return "-a '(__fish_complete_path)'"
  if (expected === 'folder') return "-a '(__fish_complete_directories)'"
  if (expected === 'list') return "-a '(__creator_enrich_lists)'"
  return typeof expected === 'string' ? '' : `-a '${expected.join(' ')}'`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
