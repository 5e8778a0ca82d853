// The man page, made of the manifest, and so as true as --help.

/** dbtunnel.1 in roff. `commands` are the manifest's. */
export function manPage({version, description}, commands) {
  const shown = Object.values(commands)
    .filter(({hidden}) => !hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return `${[
    `.TH DBTUNNEL 1 "" "dbtunnel ${version}" "User Commands"`,
    '.SH NAME',
    `dbtunnel \\- ${text(description.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    ...shown.flatMap((command) => usagesOf(command).flatMap((usage) => [`.B ${text(`dbtunnel ${usage}`)}`, '.br'])),
    '.SH COMMANDS',
    ...shown.flatMap(command),
    '.SH EXIT STATUS',
    "A client that has started gives its own status. Otherwise, as in sysexits.h: 64 usage, 68 unknown target, 69 no usable bastion or database, 70 a bug, 73 port or hosts file cannot be had, 75 worth trying again, 76 TLS identity or protocol, 77 AWS credentials or permission, 78 configuration; 126 and 127 when the client cannot be run or found; 128 and the signal's number when a signal ended it.",
    '.SH FILES',
    ...item('dbtunnel.yaml', "The team's targets and defaults, in the working directory or above it."),
    ...item('~/.config/dbtunnel/config.yaml', "The user's own."),
    ...item('~/.cache/dbtunnel, ~/.local/state/dbtunnel', 'What is remembered, and what is open. They hold no secret.'),
    '.SH SEE ALSO',
    '.BR psql (1),',
    'dbtunnel COMMAND \\-\\-help, and the README.',
  ].join('\n')}\n`
}

function command({id, summary, description, flags, args, examples = []}) {
  return [
    `.SS ${text(`dbtunnel ${spaced({id})}`)}`,
    text(summary),
    ...(description ? ['.PP', text(description)] : []),
    ...Object.values(args).flatMap((arg) => item(arg.name.toUpperCase(), arg.description ?? '')),
    ...Object.values(flags)
      .filter(({hidden}) => !hidden)
      .flatMap((flag) => item(nameOf(flag), flag.description ?? '')),
    ...(examples.length > 0 ? ['.PP', 'Examples:'] : []),
    ...examples.flatMap((example) => [
      '.PP',
      text(example.description),
      '.RS 4',
      '.nf',
      text(example.command.replaceAll('<%= config.bin %>', 'dbtunnel').replaceAll('<%= command.id %>', spaced({id}))),
      '.fi',
      '.RE',
    ]),
  ]
}

function usagesOf({id, usage = spaced({id}), args}) {
  const words = Object.values(args).map(({name, required}) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  )
  return [usage].flat().map((one) => (one === spaced({id}) ? [one, ...words].join(' ') : one))
}

const spaced = ({id}) => id.replaceAll(':', ' ')

function nameOf({char, name, type, helpValue}) {
  const value = type === 'option' ? `=${helpValue ?? 'VALUE'}` : ''
  return `${char ? `-${char}, ` : ''}--${name}${value}`
}

const item = (head, body) => ['.TP', `.B ${text(head)}`, text(body)]

/** Escapes what roff would interpret: backslashes, hyphens to type, and a dot or quote that begins a line. */
function text(words) {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll('–', '\\-')
    .split('\n')
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join('\n')
}
