import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {listenPort} from '../../src/adapters/network/listen.js'
import {MACHINE} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type SessionRecord} from '../sandbox/aws.js'
import {CARRIERS} from '../support/carriers.js'
import {type Ended, type Running, start} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {expectNothingOf, portsOf, processesWith} from '../support/leftovers.js'
import {type LivePsql, livePsql} from '../support/live-psql.js'
import {pasted} from '../support/pasted.js'
import {until} from '../support/until.js'

// What happens to the network, to AWS or to the database happens to two tunnels at a time, one for each engine.

type Env = Record<string, string>

interface Tunnel {
  readonly carrier: string
  readonly env: Env
  readonly running: Running
  readonly block: string
  readonly port: number
  /** Logged in before anything happens. */
  readonly psql: LivePsql
}

let sandbox: Sandbox
let tunnels: Tunnel[] = []

beforeAll(async () => {
  sandbox = await startSandbox()
})

afterEach(async () => {
  sandbox.startMachine(MACHINE.bastionA)
  sandbox.aws.disturbances.clear()
  for (const {running} of tunnels) running.child.kill('SIGINT')
  for (const {env, running, psql} of tunnels) {
    await running.ended
    await psql.quit()
    await expectNothingOf(env)
  }
  tunnels = []
  expect(sandbox.sessions.open()).toEqual([])
})

afterAll(() => sandbox.close())

let marks = 0

async function openTunnel(
  carrier: (typeof CARRIERS)[number],
  change: (env: Env) => Env,
  words: string[],
): Promise<Tunnel> {
  const mark = `recovery-${++marks}`
  // A port of its own: while one is given back, tunnels of other tests would take the database's usual one.
  const own = {DBTUNNEL_LOCAL_PORT: String(await freePort()), DBTUNNEL_RESOLVE: 'hostaddr', DBTUNNEL_REASON: mark}
  const env = change({...sandbox.env(), ...carrier.env, ...own})
  const running = start(['open', 'prod-db', ...words], {env, detached: true})
  const early = running.ended.then(({stderr}) => {
    throw new Error(`ended too early: ${stderr}`)
  })
  await Promise.race([until('the block', () => /PGPASSFILE.*\n/.test(running.stdout())), early])
  early.catch(() => {})
  const block = running.stdout()
  const psql = livePsql(block)
  expect(await psql.ask('select 1')).toBe('1')
  return {carrier: carrier.name, env, running, block, port: Number(/PGPORT=(\d+)/.exec(block)?.[1]), psql}
}

/** With either engine, each with a psql that is logged in. */
async function open(change: (env: Env) => Env = (env) => env, words: string[] = []): Promise<Tunnel[]> {
  tunnels = await Promise.all(CARRIERS.map((carrier) => openTunnel(carrier, change, words)))
  return tunnels
}

/** All of a tunnel's, the latest last. */
function sessionsOf({env}: Tunnel): readonly SessionRecord[] {
  return sandbox.sessions.all().filter(({reason}) => reason?.startsWith(`${env['DBTUNNEL_REASON']} `))
}

const latestOf = (tunnel: Tunnel): string => sessionsOf(tunnel).at(-1)?.id ?? ''

/** What `open` has said since it was ready. */
const noticesOf = ({running}: Tunnel): string =>
  running
    .stderr()
    .split(/--resolve hosts\n/)
    .at(-1)
    ?.replaceAll(/^ {2}(target|endpoint|local port|bastion|session) .*\n/gm, '') ?? ''

function login({block}: Tunnel): Promise<Ended> {
  return pasted(block, `psql -w -Atc 'select 7'`)
}

async function expectBack(tunnel: Tunnel): Promise<void> {
  expect(await login(tunnel)).toMatchObject({status: 0, stdout: '7\n', stderr: ''})
}

/** psql is told, in whichever words; it does not hang. */
async function expectCut({psql}: Tunnel): Promise<void> {
  psql.type('select 2')
  expect(await psql.ended).toMatchObject({
    status: 2,
    stdout: '1\n',
    stderr: expect.stringMatching(/server closed the connection unexpectedly|SSL SYSCALL error|Connection reset/),
  })
}

/** No connection was made for longer than it takes to see that one is due. */
async function quiet(tunnel: Tunnel): Promise<void> {
  const dialled = (): number => sandbox.agents.session(latestOf(tunnel)).dialled
  for (let before = -1; before !== dialled(); await sleep(1500)) before = dialled()
}

const forEach = (check: (tunnel: Tunnel) => Promise<void>): Promise<unknown> => Promise.all(tunnels.map(check))

describe('a psql that was started before', {timeout: 60_000}, () => {
  it('goes on when the WebSocket is cut', async () => {
    await open()
    // On a busy machine the login may have taken so long that the database is being asked: the plugin must not be sending.
    await forEach(quiet)
    for (const tunnel of tunnels) sandbox.agents.cut(latestOf(tunnel))
    await forEach(async (tunnel) => {
      await until('another WebSocket', () => sandbox.agents.session(latestOf(tunnel)).opens === 2)
      expect(await tunnel.psql.ask('select 2')).toBe('2')
      expect(sessionsOf(tunnel)).toMatchObject([{resumed: 1}])
      expect(noticesOf(tunnel)).toBe('')
    })
  })

  it('goes on with what it asks without a WebSocket, or is cut: the plugin sends nothing any more', async () => {
    await open()
    sandbox.aws.disturbances.add({action: 'ssm:ResumeSession', times: 2, effect: {kind: 'delay', ms: 2000}})
    for (const tunnel of tunnels) sandbox.agents.cut(latestOf(tunnel))
    await forEach(async (tunnel) => {
      await until('the cut', () => !sandbox.agents.session(latestOf(tunnel)).connected)
      if (tunnel.carrier === 'native') {
        expect(await tunnel.psql.ask('select 2')).toBe('2')
        expect(noticesOf(tunnel)).toBe('')
      } else {
        await expectCut(tunnel)
        await expectBack(tunnel)
        expect(noticesOf(tunnel)).toMatch(
          /^prod-db: The session-manager-plugin failed: [^\n]* Another session is up[^\n]*; 1 connection cut\.\n$/,
        )
      }
    })
  })

  it('is cut with its session; another is up on the same port, and one line says so', async () => {
    await open()
    for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'Ended by an administrator')
    await forEach(async (tunnel) => {
      await expectCut(tunnel)
      await expectBack(tunnel)
      expect(noticesOf(tunnel)).toMatch(
        /^prod-db: Session Manager ended the session: Ended by an administrator\. Another session is up[^\n]*, by bastion i-\w+ "prod-bastion-a"; 1 connection cut\.\n$/,
      )
      expect(sessionsOf(tunnel)).toHaveLength(2)
    })
  })

  it('is cut when the bastion is stopped; the next one takes over', async () => {
    await open()
    sandbox.stopMachine(MACHINE.bastionA, 'shut down')
    await forEach(async (tunnel) => {
      await expectCut(tunnel)
      await expectBack(tunnel)
      expect(noticesOf(tunnel)).toMatch(/Another session is up[^\n]*, by bastion i-\w+ "jump-b"; 1 connection cut\.\n$/)
      expect(sessionsOf(tunnel).at(-1)).toMatchObject({target: MACHINE.bastionB})
    })
  })

  it('is cut and does not hang when the bastion has crashed, though its session looks alive', async () => {
    await open()
    sandbox.stopMachine(MACHINE.bastionA, 'crashed')
    await forEach(async (tunnel) => {
      await expectCut(tunnel)
      await expectBack(tunnel)
      expect(noticesOf(tunnel)).toMatch(
        /Nothing arrives through bastion \S+ "prod-bastion-a" any more\. Another session is up[^\n]* "jump-b"; 1 connection cut\.\n$/,
      )
    })
  })

  it('is cut when the database moves to another address; a new session finds it', async () => {
    await open()
    const [{host = ''} = {}] = sandbox.account.databases.filter(({id}) => id === 'prod-db')
    sandbox.moveDatabase(host)
    await forEach(async (tunnel) => {
      await expectCut(tunnel)
      await until('another session', () => sessionsOf(tunnel).length === 2)
      await expectBack(tunnel)
      expect(noticesOf(tunnel)).toMatch(
        /^prod-db: Bastion \S+ "prod-bastion-a" cannot reach [^\n]* Another session is up/,
      )
    })
  })

  it('is cut while AWS throttles; others wait for the next session', async () => {
    await open()
    // The SDK adapter asks five times by itself.
    sandbox.aws.disturbances.add({action: 'ssm:StartSession', times: 11, effect: {kind: 'throttle'}})
    for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'gone')
    await forEach(async (tunnel) => {
      await expectCut(tunnel)
      await expectBack(tunnel)
    })
    expect(tunnels.map(noticesOf).join('')).toMatch(
      /No other session yet: AWS keeps throttling ssm:StartSession\. dbtunnel keeps trying\.\nprod-db is up again/,
    )
  })

  it.skipIf(process.platform !== 'linux')('is cut when the plugin is killed', async () => {
    await open()
    const [tunnel] = tunnels.filter(({carrier}) => carrier === 'plugin')
    if (!tunnel) throw new Error('no plugin')
    const line = processesWith(tunnel.env).find((one) => one.includes('session-manager-plugin AWS_SSM'))
    process.kill(Number(line?.split(' ')[0]), 'SIGKILL')
    await expectCut(tunnel)
    // Whoever comes before its death is known is cut, too.
    await until('the notice', () => noticesOf(tunnel) !== '')
    await expectBack(tunnel)
    expect(noticesOf(tunnel)).toMatch(/^prod-db: The session-manager-plugin ended with [^\n]* Another session is up/)
  })
})

describe('an idle tunnel', {timeout: 60_000}, () => {
  it('falls asleep with its session, asks AWS nothing, and wakes with the next connection', async () => {
    await open()
    for (const {psql} of tunnels) await psql.quit()
    for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'Session timed out')
    await forEach(async (tunnel) => {
      await until('sleep', () => noticesOf(tunnel) !== '')
      expect(noticesOf(tunnel)).toBe(
        'prod-db is asleep: Session Manager ended the session: Session timed out. The next connection wakes it.\n',
      )
      expect(sessionsOf(tunnel)).toHaveLength(1)
      await expectBack(tunnel)
      expect(sessionsOf(tunnel)).toHaveLength(2)
      expect(noticesOf(tunnel)).toMatch(/\nprod-db is up again[^\n]*, by bastion \S+ "prod-bastion-a"\.\n$/)
    })
  })
})

describe('credentials that have expired', {timeout: 90_000}, () => {
  const profiled = (env: Env): Env => {
    const {AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, AWS_SESSION_TOKEN: ___, ...others} = env
    writeKeys(env)
    return {...others, AWS_PROFILE: 'work'}
  }

  it('cut off who connects, and never give the port away; then it goes on by itself, and logins work', async () => {
    await open(profiled)
    sandbox.keys.expire('alice')
    for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'gone')
    await forEach(async (tunnel) => {
      await expectCut(tunnel)
      await until('the notice', () => noticesOf(tunnel).includes('expired'))
      expect(noticesOf(tunnel)).toMatch(
        /^prod-db: Session Manager ended the session: gone\. The AWS credentials \(profile work\) have expired\. Connections are cut off at once until they are renewed; then it goes on by itself\.\n {2}Renew profile work, /,
      )
      expect(await login(tunnel)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/server closed the connection unexpectedly|Connection reset/),
      })
      // Whoever had it now would get what the pasted lines of `open` still send there.
      await expect(listenPort.listen(tunnel.port, () => {})).rejects.toMatchObject({code: 'PORT_IN_USE'})
    })
    sandbox.keys.issue('alice')
    for (const {env} of tunnels) writeKeys(env)
    await forEach(async (tunnel) => {
      await until('the session', () => noticesOf(tunnel).includes('is up again'))
      await expectBack(tunnel)
      expect(noticesOf(tunnel)).toMatch(/\nprod-db is up again[^\n]*\n$/)
    })
  })

  it('in the environment cannot be renewed: 77', async () => {
    await open()
    sandbox.keys.expire('alice')
    for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'gone')
    await forEach(async ({running, psql}) => {
      const {status, stderr} = await running.ended
      expect(status).toBe(77)
      expect(stderr).toMatch(
        /\ndbtunnel: The tunnel is lost, and cannot come back: The AWS credentials \(AWS_ACCESS_KEY_ID in the environment\) have expired\. \[CREDENTIALS_EXPIRED\]\n {2}Renew them/,
      )
      await psql.quit()
    })
    sandbox.keys.issue('alice')
  })

  function writeKeys({HOME = ''}: Env): void {
    const {accessKeyId, secretKey, sessionToken = ''} = sandbox.keys.keysOf('alice')
    mkdirSync(join(HOME, '.aws'), {recursive: true})
    writeFileSync(
      join(HOME, '.aws/credentials'),
      `[work]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretKey}\naws_session_token=${sessionToken}\n`,
    )
  }
})

it('ends with the error of what will not pass, and leaves nothing', async () => {
  await open()
  const database = sandbox.account.databases.find(({id}) => id === 'prod-db')
  if (!database) throw new Error('no prod-db')
  database.iamLogin = false
  sandbox.aws.disturbances.add({
    action: 'ssm:StartSession',
    times: 4,
    effect: {kind: 'error', code: 'TargetNotConnected', status: 400},
  })
  for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'gone')
  await forEach(async ({running, port, env}) => {
    const {status, stderr} = await running.ended
    expect(status).toBe(69)
    expect(stderr).toMatch(/\ndbtunnel: The tunnel is lost, and cannot come back: [^\n]* \[IAM_LOGIN_OFF\]\n/)
    expect(portsOf(env)).not.toContain(port)
  })
  database.iamLogin = true
})

it('is ended by Ctrl-C while there is no session', async () => {
  await open()
  sandbox.aws.disturbances.add({action: 'ssm:StartSession', effect: {kind: 'hang'}})
  for (const tunnel of tunnels) sandbox.agents.terminate(latestOf(tunnel), 'gone')
  await forEach(async ({running}) => {
    await new Promise((resolve) => setTimeout(resolve, 500))
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({status: 130})
  })
})
