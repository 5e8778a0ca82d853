import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {letIn, letOut} from '../../src/bastions/reachability.js'
import {noBastion} from '../../src/bastions/none-usable.js'
import type {HopResult} from '../../src/core/results/checkup.js'
import type {OpenedTunnel} from '../../src/core/results/opened-tunnel.js'
import {shellLine} from '../../src/core/text/shell-line.js'
import {variableLines} from '../../src/core/text/shell-variables.js'
import {explainRefusedLogin} from '../../src/databases/postgres/refused-login.js'
import {mappingCommand} from '../../src/hosts/retry-command.js'
import {configText, targetText} from '../../src/present/config.js'
import {hopText} from '../../src/present/doctor.js'
import {listText} from '../../src/present/list.js'
import {openedFacts, openedLines} from '../../src/present/opened-tunnel.js'
import {tunnelsText} from '../../src/present/tunnels.js'
import {awsRds, whyUnavailable} from '../../src/targets/database-status.js'
import type {Target} from '../../src/targets/target.js'
import {notOpen} from '../../src/tunnel/registry/read-records.js'
import {HOSTILE_NAMES, UNPRINTABLE_NAMES} from '../support/hostile-names.js'
import {type OpenShell, openShell, TYPED_SHELLS, type TypedShell} from '../support/typed-shells.js'

const REGION = 'eu-west-1'
const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
const inTens = (names: readonly string[]): readonly (readonly string[])[] =>
  names.flatMap((_, at) => (at % 10 === 0 ? [names.slice(at, at + 10)] : []))

it('there are two hundred names and more', () => {
  expect(HOSTILE_NAMES.length).toBeGreaterThanOrEqual(200)
})

const tunnelOf = (name: string): OpenedTunnel => ({
  target: name,
  endpoint: {host: HOST, port: 5432},
  localPort: 15432,
  bastion: {id: 'i-1', name},
  session: name,
  engine: 'native',
  user: name,
  database: name,
  region: REGION,
  via: 'hosts',
  readOnly: false,
  env: {PGUSER: name, PGAPPNAME: `dbtunnel:${name}`},
})

const targetOf = (name: string): Target => ({
  name,
  databaseKind: 'postgres',
  endpoint: {host: HOST, port: 5432},
  region: REGION,
  profile: name,
  defaultDatabase: 'shop',
  securityGroupIds: [name],
})

const caller = (name: string) => ({account: '123456789012', arn: 'arn:aws:iam::123456789012:user/x', name})

/** Commands to paste, by the name in them. */
const COMMANDS: readonly ((name: string) => string)[] = [
  (name) => shellLine(['dbtunnel', 'psql', name]),
  (name) => mappingCommand('open', [name, '--profile', name]),
  (name) => mappingCommand('exec', [name], ['sh', '-c', name]),
  (name) => awsRds({kind: 'instance', id: name, region: REGION, profile: name}, 'start'),
  (name) => awsRds({kind: 'cluster', id: name, region: REGION, profile: name}, 'members'),
  (name) => letIn(targetOf(name), name).split('\n')[1] ?? '',
  (name) => letOut(targetOf(name), name).split('\n')[1] ?? '',
]

/** What stands below an error, in `doctor` or elsewhere: sentences and commands. */
const HINTS: readonly ((name: string) => string | undefined)[] = [
  (name) =>
    noBastion([{candidate: {id: name, name, state: 'stopped'}, refusal: 'is stopped'}], targetOf(name), {kind: 'any'})
      .hint,
  (name) => whyUnavailable({kind: 'instance', id: name, status: 'stopped', region: REGION, profile: name})?.hint,
  (name) =>
    explainRefusedLogin({kind: 'refused-by-iam', words: ''}, {user: name, region: REGION, caller: caller(name)}).hint,
  (name) => explainRefusedLogin({kind: 'asked-for-password', words: ''}, {user: name, region: REGION}).hint,
  (name) => notOpen('x', [{record: {target: name}, process: 'alive'} as never]).hint,
]

const hop = (name: string, index: number): HopResult => ({
  id: 'login',
  title: 'Login',
  status: 'fail',
  detail: 'This is why.',
  hint: HINTS[index % HINTS.length]?.(name),
})

/** Tables of names, as wide as they are, and in a narrow terminal. */
function tables(names: readonly string[], columns: number | undefined): string {
  const from = names.map((name) => `/home/alice/${name}/dbtunnel.yaml:3`)
  const rails = {production: true, readOnly: false, requireReason: true, tags: {}}
  return [
    configText(
      {
        files: names.map((name) => ({owner: 'team', namedBy: null, path: `/home/alice/${name}/dbtunnel.yaml`})),
        targets: names.map((name, at) => ({target: name, standsFor: name, ...rails, from: [from[at] ?? '']})),
        groups: names.map((name) => ({name, members: [name, name]})),
      },
      columns,
    ),
    targetText(
      {
        files: [],
        configured: true,
        target: 'x',
        settings: names.map((name, at) => ({setting: 'user', value: name, from: from[at] ?? ''})),
        lead: null,
      },
      {},
      columns,
    ),
    listText(
      {
        databases: names.map((name) => ({
          target: name,
          kind: 'member',
          cluster: name,
          engine: name,
          supported: true,
          status: name,
          iamLogin: true,
          vpcId: name,
          bastion: {usable: true, id: 'i-1', name, refusals: []},
          names: [name, name],
          open: null,
        })) as never,
        configured: names.map((name) => ({target: name, standsFor: name, open: null})) as never,
      } as never,
      columns,
    ),
    tunnelsText(
      {
        tunnels: names.map((name) => ({
          target: name,
          command: 'open',
          endpoint: {host: HOST, port: 5432},
          localPort: 15432,
          region: REGION,
          profile: name,
          bastion: {id: 'i-1', name},
          session: name,
          login: {user: name, database: name, readOnly: true},
          openSince: '',
          ageMs: 0,
          health: 'up',
          owner: {pid: 1, process: 'alive'},
          log: `/home/alice/${name}`,
        })),
        leftovers: names.map((name) => ({
          target: name,
          sessions: [],
          asked: [],
          region: REGION,
          profile: name,
          pid: 1,
        })),
        strange: [],
      } as never,
      columns,
    ),
  ].join('\n')
}

/** Keeps the words that these programs are given, each ended by a NUL, and each line of them by one more. */
const RECORDERS: Readonly<Record<TypedShell, string>> = {
  ...(Object.fromEntries(
    (['bash', 'zsh', 'dash'] as const).map((shell) => [
      shell,
      [
        'record() { printf "%s\\0" "$@" >>words; printf "\\0" >>words; }',
        ...['aws', 'dbtunnel', 'login'].map((name) => `${name}() { record ${name} "$@"; }`),
      ].join('\n'),
    ]),
  ) as Record<'bash' | 'zsh' | 'dash', string>),
  fish: [
    'function record; printf "%s\\0" $argv >>words; printf "\\0" >>words; end',
    ...['aws', 'dbtunnel', 'login'].map((name) => `function ${name}; record ${name} $argv; end`),
  ].join('\n'),
}

describe.each(TYPED_SHELLS)('names in %s', (shell) => {
  const linesFor = shell === 'fish' ? 'fish' : 'sh'
  let cwd: string
  let typed: OpenShell
  beforeEach(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'dbtunnel-test-'))
    typed = await openShell(shell, {cwd, env: {PATH: process.env['PATH'] ?? '', HOME: cwd, TERM: 'dumb'}})
    await typed.paste(RECORDERS[shell])
  })
  afterEach(async () => {
    await typed.end()
    rmSync(cwd, {recursive: true})
  })

  const read = (): string => readFileSync(join(cwd, 'words'), 'utf8')
  const linesOf = (words: readonly (readonly string[])[]): string =>
    words.map((line) => `${line.join('\0')}\0\0`).join('')
  const expectNothingRan = (): void => expect(readdirSync(cwd)).not.toContain('ran')

  it('are words of a command', async () => {
    await typed.paste(
      inTens(HOSTILE_NAMES)
        .map((names) => shellLine(['record', ...names]))
        .join('\n'),
    )
    expect(read()).toBe(linesOf(inTens(HOSTILE_NAMES)))
    expectNothingRan()
  })

  it('are values of variables, pasted', async () => {
    const blocks = inTens(HOSTILE_NAMES).map((names) => {
      const variables = names.map((name, at) => [`V${at}`, name] as const)
      const lines = variableLines(linesFor, ['V'], Object.fromEntries(variables))
      return [...lines, `record ${variables.map(([variable]) => `"$${variable}"`).join(' ')}`].join('\n')
    })
    await typed.paste(blocks.join('\n'))
    expect(read()).toBe(linesOf(inTens(HOSTILE_NAMES)))
    expectNothingRan()
  })

  it('are values of variables by eval, with quotes around it and without', async () => {
    // What a shell would find for `PGUSER='*';`, if it looked.
    writeFileSync(join(cwd, "PGUSER='';touch ran;'';"), '')
    const names = HOSTILE_NAMES.filter((name) => /[*?[]/.test(name) && !name.includes('  '))
    names.forEach((name, at) => writeFileSync(join(cwd, `lines-${at}`), openedLines(tunnelOf(name), linesFor)))
    const ways =
      shell === 'fish' ? ['eval (cat lines-N)', 'source lines-N'] : ['eval $(cat lines-N)', 'eval "$(cat lines-N)"']
    const lines = names.flatMap((_, at) => ways.map((way) => `${way.replace('N', String(at))}; record "$PGUSER"`))
    await typed.paste(lines.join('\n'))
    expect(read()).toBe(linesOf(names.flatMap((name) => [[name], [name]])))
    expectNothingRan()
  })

  it('are words of the commands that hints tell to type', async () => {
    const names = HOSTILE_NAMES.filter(({length}) => length > 0 && length < 400)
    await typed.paste(names.map((name, at) => COMMANDS[at % COMMANDS.length]?.(name) ?? '').join('\n'))
    const got = read().split('\0\0').slice(0, -1)
    expect(got).toHaveLength(names.length)
    names.forEach((name, at) => expect(got[at]).toContain(name))
    expectNothingRan()
  })

  it('run nothing in what is shown with them: hints, mends of doctor, facts and tables', async () => {
    // Fish draws a line anew for each key.
    const every = shell === 'fish' ? 30 : 12
    const few = [...HOSTILE_NAMES, ...UNPRINTABLE_NAMES].filter((_, at) => at % every === 0)
    const hints = few.map((name, at) => HINTS[at % HINTS.length]?.(name) ?? '')
    const mends = few.map((name, at) => hopText(hop(name, at + 1), {columns: 80, hasColours: false}))
    const facts = few.map((name) => openedFacts(tunnelOf(name)))
    await typed.paste([...hints, ...mends, ...facts, tables(few, 80)].join('\n'))
    expectNothingRan()
  })
})
