import {readFileSync} from 'node:fs'
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest'
import {defaultAccount} from '../sandbox/account.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {run, type Running, start} from '../support/dbtunnel.js'
import {freePort} from '../support/free-port.js'
import {expectNothingOf} from '../support/leftovers.js'
import {isRoot, otherUserCalls, otherUserListens} from '../support/other-user.js'
import {pasted} from '../support/pasted.js'
import {until} from '../support/until.js'

// While the hosts file leads a database's name to 127.0.0.1, programs that know of no tunnel connect to its own port there.

const STRANGER = 65_533

let sandbox: Sandbox
/** The database's. */
let port: number
let host: string
const tunnels: {env: Record<string, string>; running: Running}[] = []
const strangers: {leave(): Promise<void>}[] = []

beforeAll(async () => {
  const account = defaultAccount()
  const database = account.databases.find(({id}) => id === 'billing-db')
  if (!database) throw new Error('no billing-db')
  // One that no other test has.
  port = await freePort()
  host = database.host ?? ''
  Object.assign(database, {port})
  for (const group of account.securityGroups) {
    Object.assign(group, {ingress: group.ingress.map((rule) => (rule.port === 5433 ? {...rule, port} : rule))})
  }
  sandbox = await startSandbox({accounts: [account]})
})

afterEach(async () => {
  for (const stranger of strangers.splice(0)) await stranger.leave()
  for (const {running} of tunnels) running.child.kill('SIGINT')
  for (const {running, env} of tunnels.splice(0)) {
    await running.ended
    await expectNothingOf(env)
  }
})

afterAll(() => sandbox.close())

async function open(...words: string[]): Promise<Running> {
  const env = sandbox.env()
  const running = start(['open', 'billing-db', ...words], {env})
  tunnels.push({env, running})
  const early = running.ended.then(({stderr}) => {
    throw new Error(`ended too early: ${stderr}`)
  })
  await Promise.race([until('the block', () => /DBTUNNEL_URL.*\n/.test(running.stdout())), early])
  early.catch(() => {})
  return running
}

async function strangerListens() {
  const stranger = await otherUserListens(port, STRANGER)
  strangers.push(stranger)
  return stranger
}

const isMapped = (): boolean => readFileSync('/etc/hosts', 'utf8').includes(` ${host} `)

/** A program that always connects to this database, and has never heard of dbtunnel. */
const plainProgram = () =>
  pasted(
    'unset PGPASSWORD PGSERVICE PGOPTIONS',
    `PGPASSWORD=app-secret psql "host=${host} port=${port} user=app dbname=billing connect_timeout=3" -c 'select 1'`,
  )

describe.runIf(isRoot && process.platform === 'linux')(
  "a database's own port on 127.0.0.1, while its name leads there",
  () => {
    it('leads to the database, too, and nobody else can have it; at the end both are gone', async () => {
      const tunnel = await open()
      expect(isMapped()).toBe(true)
      expect(tunnel.stdout()).not.toContain('PGHOSTADDR')
      const token = (await run(['token', 'billing-db'], {env: sandbox.env()})).stdout.trim()
      const asUsual = `host=${host} port=${port} user=alice dbname=billing sslmode=verify-full`
      const login = await pasted(tunnel.stdout(), `PGPASSWORD='${token}' psql "${asUsual}" -Atc 'select current_user'`)
      expect(login).toMatchObject({status: 0, stdout: 'alice\n'})
      // It is the database that refuses it, by TLS.
      expect((await plainProgram()).stderr).toContain('password authentication failed')

      expect((await strangerListens()).heard()).toContain('EADDRINUSE')
      const caller = otherUserCalls(port, 3, STRANGER)
      strangers.push(caller)
      expect(await caller.fates).toEqual({ECONNRESET: 3})

      tunnel.child.kill('SIGINT')
      expect(await tunnel.ended).toMatchObject({status: 130})
      expect(isMapped()).toBe(false)
      expect((await strangerListens()).heard()).toContain('listening')
    })

    it('that another user has: no line leads anyone’s password there, and libpq is given the address', async () => {
      const stranger = await strangerListens()
      const tunnel = await open()
      expect(isMapped()).toBe(false)
      expect(tunnel.stdout()).toContain('\nexport PGHOSTADDR=127.0.0.1;\n')
      expect(tunnel.stderr()).toMatch(
        new RegExp(
          `\\nPort ${port} on [^\\n]* ${host}, is taken by [^\\n]*\\(uid ${STRANGER}, pid \\d+\\)\\.[^\\n]*\\(hostaddr\\)`,
        ),
      )
      // It would change nothing.
      expect(tunnel.stderr()).not.toContain('--resolve hosts')
      await plainProgram()
      expect(stranger.heard()).toBe('listening\n')
      expect(await pasted(tunnel.stdout(), `psql -w -Atc 'select 7'`)).toMatchObject({status: 0, stdout: '7\n'})
    })

    it('that another user has: an error where the hosts file was asked for', async () => {
      await strangerListens()
      const {status, stderr} = await run(['psql', 'billing-db', '--resolve', 'hosts', '-c', 'select 1'], {
        env: sandbox.env(),
      })
      expect(status).toBe(73)
      expect(stderr).toMatch(
        new RegExp(`\\ndbtunnel: Port ${port} on [^\\n]*uid ${STRANGER}[^\\n]*\\[PORT_IN_USE\\]\\n`),
      )
      expect(stderr).toContain('--resolve hostaddr')
      expect(isMapped()).toBe(false)
    })

    it('that another tunnel of the same user has: told once, and taken over when that one ends', async () => {
      const first = await open()
      const second = await open('--new')
      expect(isMapped()).toBe(true)
      expect(second.stderr()).toMatch(
        new RegExp(
          `\\nPort ${port} on 127\\.0\\.0\\.1 is taken by \\S+ \\(uid 0, pid ${first.child.pid}\\): programs that connect to ${host}:${port} reach that, and not this tunnel \\(port \\d+\\)\\.\\n`,
        ),
      )
      first.child.kill('SIGINT')
      await first.ended
      await until('the port', async () => (await plainProgram()).stderr.includes('password authentication failed'))
      expect(second.stderr().match(/is taken by/g)).toHaveLength(1)
    })

    it('is left free with --no-own-port', async () => {
      await open('--no-own-port')
      expect(isMapped()).toBe(true)
      const own = await otherUserListens(port, 0)
      strangers.push(own)
      expect(own.heard()).toContain('listening')
    })

    it('is of no account to psql, which has the address beside the name', async () => {
      const words = ['psql', 'billing-db', '--quiet', '-At', '-c', `\\! getent hosts ${host}; echo "<$PGHOSTADDR>"`]
      const {status, stdout, stderr} = await run([...words, '-c', '\\conninfo'], {env: sandbox.env()})
      expect({status, stderr}).toEqual({status: 0, stderr: ''})
      expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1\\s+${host}\n<127\\.0\\.0\\.1>\n[^]*host "${host}"`))
    })
  },
)
