import type {WordGrammar} from '../clients/client.js'
import {type OwnFlags, readOwnFlag, readOwnFlags} from './words/flag-table.js'

/** A command, as oclif's manifest has it. */
export interface KnownCommand {
  /** Its words, with colons between them. */
  readonly id: string
  readonly flags: Parameters<typeof readOwnFlags>[0]
}

/** What other tools call a command that is here under another name. */
const SAME_COMMAND: Readonly<Record<string, string>> = {
  connect: 'psql',
  shell: 'psql',
  proxy: 'open',
  tunnel: 'open',
  start: 'open',
  run: 'exec',
  ls: 'list',
  ps: 'status',
  stop: 'close',
}

/** What other tools do by a command, and what to type here. `target` is the word behind it. */
const OTHER_WAY: Readonly<Record<string, (target: string) => string>> = {
  dump: (target) => `dbtunnel exec ${target} -- pg_dump -Fc -f ${target}.dump`,
  restore: (target) => `dbtunnel exec ${target} -- pg_restore -d DATABASE FILE`,
  env: (target) => `eval "$(dbtunnel open ${target} --detach)"`,
  url: (target) => `eval "$(dbtunnel open ${target} --detach)"; echo "$DBTUNNEL_URL"`,
  login: () => 'There is no login at dbtunnel. At AWS: aws sso login',
  logout: () => 'There is no login at dbtunnel. At AWS: aws sso logout',
  logs: () => 'dbtunnel open TARGET --detach says where its log is; what is open: dbtunnel status',
  update: () => 'See docs/guide/install.md',
  upgrade: () => 'See docs/guide/install.md',
  uninstall: () => 'See docs/guide/install.md',
}

/** Flags of one word, as other tools have them, by the command that takes them. */
const SAME_FLAG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  open: {'--background': '--detach', '--bg': '--detach', '--daemon': '--detach'},
}

const JSON_WORDS = /^(-o=?|--output=|--format=)json$/
const BEFORE_JSON = ['-o', '--output', '--format']
/** Their words after the target, or after `--`, are another program's. */
const WITH_CLIENT = ['psql', 'exec', 'complete']
const TAKE_A_PORT = ['open', 'exec']
/** `15999`, and what ssh and docker have after it: `15999:5432`, `15999:localhost:5432`. */
const PORT = /^(\d{1,5})(:\S+)?$/

/**
 * The command line as it was meant, where that is clear and harms nobody: words and flags that the AWS CLI, psql, gh, ssh
 * and the like would take. All else stays as it is.
 */
export async function meantBy(argv: readonly string[], commands: readonly KnownCommand[]): Promise<readonly string[]> {
  const known = commands.map(({id}) => id.replaceAll(':', ' '))
  const flags = allFlags(commands)
  const [first = '', ...others] = flagsLast(argv, flags)
  if (first === '-h') return ['--help']
  if (first === '-v' || first === '-V' || (first === 'version' && others.length === 0)) return ['--version']
  if (first === 'help') return helpFor(others, known)
  const command = SAME_COMMAND[first] ?? first
  if (!known.includes(command)) return argv
  if (others.length === 1 && others[0] === 'help') return [command, '--help']
  if (command === 'config' && others.length === 1 && /^(validate|check)$/.test(others[0] ?? '')) return [command]
  const dashes = others.indexOf('--')
  const [own, rest] = dashes < 0 ? [others, []] : [others.slice(0, dashes), others.slice(dashes)]
  return [command, ...(await ownWords(command, own, flags)), ...rest]
}

/** What to type in the place of a command that other tools have; undefined where nobody knows. */
export function otherWay([word = '', target = 'TARGET']: readonly string[]): string | undefined {
  return Object.hasOwn(OTHER_WAY, word) ? OTHER_WAY[word]?.(target) : undefined
}

/** What to type where the target came first, or alone. */
export function commandFirst([word = '', ...others]: readonly string[], known: readonly string[]): string | undefined {
  const looksLikeTarget = /^[a-z][a-z0-9-]*(:[a-z0-9-]+)?$/i.test(word)
  if (!looksLikeTarget) return undefined
  const [command = 'psql', ...more] = others.filter((one) => known.includes(one))
  return more.length > 0 ? undefined : `Did you mean: dbtunnel ${command} ${word}`
}

/** `--profile p psql X` → `psql --profile p X` */
function flagsLast(argv: readonly string[], flags: OwnFlags): readonly string[] {
  if (!argv[0]?.startsWith('--') || ['--help', '--version', '--'].includes(argv[0])) return argv
  let at = 0
  for (let flag; (flag = readOwnFlag(argv[at] ?? '', flags));) at += flag.takesNext ? 2 : 1
  const command = argv[at]
  if (command === undefined || command.startsWith('-')) return argv
  return [command, ...argv.slice(0, at), ...argv.slice(at + 1)]
}

function helpFor(words: readonly string[], known: readonly string[]): readonly string[] {
  if (words.length === 0) return ['--help']
  const [first = '', second = ''] = words
  const command = SAME_COMMAND[first] ?? first
  if (known.includes(`${command} ${second}`)) return [command, second, '--help']
  return known.includes(command) ? [command, '--help'] : ['help', ...words]
}

async function ownWords(command: string, words: readonly string[], flags: OwnFlags): Promise<readonly string[]> {
  if (await asksForHelp(command, words)) return [...words.filter((word) => word !== '-h'), '--help']
  let meant = words.map((word) => SAME_FLAG[command]?.[word] ?? word)
  if (!WITH_CLIENT.includes(command)) meant = withJson(meant)
  if (command === 'open')
    meant = meant.map((word, at) => (word === '-d' && endsHere(meant[at + 1]) ? '--detach' : word))
  return TAKE_A_PORT.includes(command) ? withPort(command, meant, flags) : meant
}

/** psql has a `-h` of its own, which takes a word; and one may be another option's value. */
async function asksForHelp(command: string, words: readonly string[]): Promise<boolean> {
  if (!words.includes('-h')) return false
  const {terminalClients} = await import('../clients/client-of.js')
  const grammar: WordGrammar | undefined = terminalClients.find(({id}) => id === command)?.terminal.grammar
  if (!grammar) return true
  return words.some((word, at) => {
    const before = words[at - 1]
    return word === '-h' && endsHere(words[at + 1]) && !(before?.startsWith('-') && grammar.takesNextWord(before))
  })
}

const endsHere = (next: string | undefined): boolean => next === undefined || next.startsWith('-')

function withJson(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (JSON_WORDS.test(word)) return ['--json']
    if (BEFORE_JSON.includes(word) && words[at + 1] === 'json') return ['--json']
    return word === 'json' && BEFORE_JSON.includes(words[at - 1] ?? '') ? [] : [word]
  })
}

/** `open X -p 15999`, `-L 15999:localhost:5432` as of ssh, and the port alone behind the target. */
function withPort(command: string, words: readonly string[], flags: OwnFlags): readonly string[] {
  const meant: string[] = []
  let hasTarget = false
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const flag = readOwnFlag(word, flags)
    if (flag) {
      meant.push(word)
      if (flag.takesNext && at + 1 < words.length) meant.push(words[++at] as string)
      continue
    }
    const attached = /^-[pL](.*)$/.exec(word)?.[1]
    const text = attached === '' ? words[at + 1] : attached
    const [, port] = PORT.exec(text ?? (hasTarget && command === 'open' ? word : '')) ?? []
    if (port === undefined) meant.push(word)
    else meant.push('--local-port', port)
    if (port !== undefined && attached === '') at++
    hasTarget ||= !word.startsWith('-')
  }
  return meant
}

/** Of all commands, from oclif's manifest: what is one command's is no other's value. */
function allFlags(commands: readonly KnownCommand[]): OwnFlags {
  return readOwnFlags(Object.assign({}, ...commands.map(({flags}) => flags)) as KnownCommand['flags'])
}
