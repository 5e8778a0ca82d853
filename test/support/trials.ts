import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Sandbox} from '../sandbox/sandbox.js'
import {CARRIERS} from './carriers.js'
import {start} from './dbtunnel.js'
import {pidOf, processesWith} from './leftovers.js'
import {openScreen} from './terminal.js'
import {until} from './until.js'

type Env = Record<string, string>

/** One run of dbtunnel, to be interrupted. */
export interface Trial {
  readonly id: string
  readonly env: Env
  readonly in: Sandbox
  readonly pid: number
  /** What was said so far: on stderr, or on the terminal. */
  said(pattern: RegExp): Promise<unknown>
  kill(name: NodeJS.Signals): void
  type(keys: string): void
  hangUp(): void
  text(): string
  readonly ended: Promise<number | null>
}

/** Where a run stands when it is interrupted. */
export interface Stage {
  readonly target?: string
  /** psql's; ID is the trial's. */
  readonly words?: readonly string[]
  /** On a terminal, whatever the way. */
  readonly onTerminal?: boolean
  /** False where AWS is not to grant a session. */
  readonly granted?: false
  /** Before the run, with its environment to change. */
  prepare?(env: Env, id: string, where: Sandbox): void
  /** Resolves when it stands there. */
  reach(trial: Trial): Promise<unknown>
}

const from = (id: string): string => `app/${id}`

function asked(action: string, trial: Trial): Promise<unknown> {
  const isIt = (record: {action: string; userAgent: string}): boolean =>
    record.action === action && record.userAgent.includes(from(trial.id))
  return until(action, () => trial.in.aws.log.some(isIt))
}

const hang =
  (action: string): NonNullable<Stage['prepare']> =>
  (_, id, where) =>
    void where.aws.disturbances.add({action, from: from(id), effect: {kind: 'hang'}})

/** Keys come from a program, which stays away when it is asked for the n-th time. */
const keysFromProgram =
  (stuckAt: number) =>
  (env: Env): void => {
    const home = env['HOME'] ?? ''
    const keys = {
      Version: 1,
      AccessKeyId: env['AWS_ACCESS_KEY_ID'],
      SecretAccessKey: env['AWS_SECRET_ACCESS_KEY'],
      SessionToken: env['AWS_SESSION_TOKEN'],
      // Good for now, but too short for a token.
      Expiration: new Date(Date.now() + 10 * 60_000).toISOString(),
    }
    const script = `echo >> ${home}/asked
[ $(wc -l < ${home}/asked) -lt ${stuckAt} ] || { touch ${home}/stuck; exec sleep 60; }
echo '${JSON.stringify(keys)}'
`
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws/keys.sh'), script)
    writeFileSync(join(home, '.aws/config'), `[profile program]\ncredential_process = sh ${home}/.aws/keys.sh\n`)
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete env[name]
    env['AWS_PROFILE'] = 'program'
  }
const keysStuck = (trial: Trial): Promise<unknown> =>
  until('the keys program', () => existsSync(join(trial.env['HOME'] ?? '', 'stuck')))

/** Resolves when a query with this word in it sleeps in the database. */
export function asleep(word: string, where: Sandbox): Promise<unknown> {
  const sql = `select 1 from pg_stat_activity where query like '%${word}%' and wait_event = 'PgSleep'`
  return until('the query', async () => (await where.database.query(sql)).length > 0)
}

/** From its next connection on, this database says nothing. */
function silence(target: string, where: Sandbox): void {
  where.database.setMode(where.account.databases.find(({id}) => id === target)?.host ?? '', 'silent')
}

export const STAGES: Readonly<Record<string, Stage>> = {
  'before credentials': {granted: false, prepare: keysFromProgram(1), reach: keysStuck},
  'describing the database': {
    granted: false,
    prepare: hang('rds:DescribeDBInstances'),
    reach: (trial) => asked('rds:DescribeDBInstances', trial),
  },
  'asking for the inventory': {
    granted: false,
    prepare: hang('ssm:DescribeInstanceInformation'),
    reach: (trial) => asked('ssm:DescribeInstanceInformation', trial),
  },
  'StartSession under way': {
    prepare: (_, id, where) =>
      void where.aws.disturbances.add({action: 'ssm:StartSession', from: from(id), effect: {kind: 'delay', ms: 700}}),
    reach: (trial) => asked('ssm:StartSession', trial),
  },
  'StartSession never answered': {
    granted: false,
    prepare: hang('ssm:StartSession'),
    reach: (trial) => asked('ssm:StartSession', trial),
  },
  'handshake, native': {
    reach: async (trial) => {
      await asked('ssm:StartSession', trial)
      await sleep(200)
    },
  },
  'handshake, plugin': {
    prepare: (env) => void Object.assign(env, CARRIERS[1]?.env),
    reach: (trial) =>
      until('the plugin', () => processesWith(trial.env).some((one) => /plugin .*StartSession/.test(one))),
  },
  probe: {
    target: 'tenant-07',
    prepare: (_env, _id, where) => silence('tenant-07', where),
    reach: async (trial) => {
      const id = await until('a session', () => sessionOf(trial)?.id)
      await until('a connection', () => trial.in.agents.session(id).dialled > 0)
    },
  },
  token: {prepare: keysFromProgram(2), reach: keysStuck},
  'psql just started': {
    target: 'tenant-08',
    reach: async (trial) => {
      await trial.said(/Session: port/)
      silence('tenant-08', trial.in)
      await until('psql', () => pidOf(trial.env, 'psql'))
      await sleep(200)
    },
  },
  'psql in a query': {words: ['-c', 'select pg_sleep(60) /* ID */'], reach: (trial) => asleep(trial.id, trial.in)},
  'psql at its prompt': {onTerminal: true, reach: (trial) => trial.said(/shop=> $/)},
  teardown: {
    words: ['-c', 'select 1'],
    prepare: hang('ssm:TerminateSession'),
    reach: (trial) => asked('ssm:TerminateSession', trial),
  },
}

export function sessionOf({
  in: where,
  id,
}: Trial): {readonly id: string; readonly endedAt?: number | undefined} | undefined {
  return where.sessions.all().find(({reason}) => reason?.startsWith(`${id} `))
}

type Way = (trial: Trial) => Promise<void> | void

const signal =
  (name: NodeJS.Signals): Way =>
  (trial) =>
    trial.kill(name)
const keys =
  (key: string): Way =>
  (trial) =>
    trial.type(key)
/** Twice within 100 ms: nothing else of ours runs in between, however busy we are. */
const twice =
  (way: Way): Way =>
  async (trial) => {
    await way(trial)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    await way(trial)
  }
/** The network goes first: AWS answers nothing any more, and the data channel carries nothing. */
const afterCut =
  (way: Way): Way =>
  async (trial) => {
    const session = sessionOf(trial)
    if (session) trial.in.agents.hold(session.id)
    trial.in.aws.disturbances.add({action: '*', from: from(trial.id), effect: {kind: 'hang'}})
    await way(trial)
  }

export const WAYS: Readonly<Record<string, Way>> = {
  INT: signal('SIGINT'),
  TERM: signal('SIGTERM'),
  HUP: signal('SIGHUP'),
  QUIT: signal('SIGQUIT'),
  'Ctrl-C': keys('\u0003'),
  'Ctrl-\\': keys('\u001C'),
  'Ctrl-C twice': twice(keys('\u0003')),
  'TERM twice': twice(signal('SIGTERM')),
  'closed terminal': (trial) => trial.hangUp(),
  'network cut, Ctrl-C': afterCut(keys('\u0003')),
  'network cut, TERM': afterCut(signal('SIGTERM')),
  'network cut, closed terminal': afterCut((trial) => trial.hangUp()),
}

/** Starts a run that will stand at this stage; `id` marks its requests, its session and its query. */
export function begin(stage: Stage, where: Sandbox, id: string, options: {onTerminal: boolean; change: Env}): Trial {
  const marks = {AWS_SDK_UA_APP_ID: id, DBTUNNEL_REASON: id}
  const env: Env = {...where.env(), ...marks, DBTUNNEL_ENGINE: 'native', PSQLRC: '/dev/null', ...options.change}
  stage.prepare?.(env, id, where)
  const words = ['psql', stage.target ?? 'prod-db', ...(stage.words ?? []).map((word) => word.replace('ID', id))]
  const common = {id, env, in: where}
  if (options.onTerminal || stage.onTerminal) {
    const screen = openScreen(words, {env})
    return {
      ...common,
      pid: screen.pty.pid,
      said: (pattern) => screen.waitFor(pattern),
      text: () => screen.plain(),
      kill: (name) => screen.pty.kill(name),
      type: (typed) => screen.type(typed),
      hangUp: () => screen.hangUp(),
      ended: screen.ended.then(({status, signal: by}) => (by ? 1000 + by : status)),
    }
  }
  const running = start(words, {env, detached: true})
  return {
    ...common,
    pid: running.child.pid ?? 0,
    text: () => running.stderr(),
    kill: (name) => void running.child.kill(name),
    said: (pattern) => until(String(pattern), () => pattern.test(running.stderr())),
    type: () => {},
    hangUp: () => {},
    ended: running.ended.then(({status}) => status),
  }
}
