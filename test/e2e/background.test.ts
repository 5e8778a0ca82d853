import {mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {TunnelListing} from '../../src/core/results/tunnel-listing.js'
import {type Sandbox, startSandbox} from '../sandbox/sandbox.js'
import {type Ended, PROGRAM, run, start} from '../support/dbtunnel.js'
import {expectNothingOf, pidOf, portsOf, processesWith, watchFor} from '../support/leftovers.js'
import {pasted} from '../support/pasted.js'
import {openScreen} from '../support/terminal.js'
import {until} from '../support/until.js'

type Env = Record<string, string>

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  // Of tests that have failed: nobody else ends them.
  for (const line of all.flatMap(processesWith)) process.kill(Number(line.split(' ')[0]), 'SIGKILL')
  await watchFor(sandbox, {}).expectNothingLeft()
  await sandbox.close()
})

let marks = 0
const all: Env[] = []
/** By its reason a session is told from others, and by the app's id a call. */
const environment = (): Env => {
  const env = {
    ...sandbox.env(),
    DBTUNNEL_REASON: `background-${++marks}`,
    AWS_SDK_UA_APP_ID: `background-${marks}`,
    DBTUNNEL_RESOLVE: 'hostaddr',
    DBTUNNEL_ENGINE: 'native',
  }
  all.push(env)
  return env
}
const folderOf = (env: Env): string => join(env['HOME'] ?? '', '.local/state/dbtunnel')
const stateIn = (env: Env, ending: string): string[] =>
  readdirSync(folderOf(env)).filter((name) => name.endsWith(ending))
const portIn = (text: string): number => Number(/PGPORT=(\d+)/.exec(text)?.[1])

async function listing(env: Env): Promise<TunnelListing> {
  return JSON.parse((await run(['status', '--json'], {env})).stdout) as TunnelListing
}

async function expectClosed(env: Env, port: number): Promise<void> {
  expect(portsOf(env)).not.toContain(port)
  expect(stateIn(env, '.json')).toEqual([])
  await expectNothingOf(env)
}

describe.concurrent('open --detach', () => {
  it('returns with the block; the tunnel outlives the terminal, is shown, is not opened twice, and is closed', async () => {
    const env = environment()
    const shell = openScreen(['--norc', '--noprofile', '-i'], {file: '/bin/bash', env: {...env, PS1: 'shell> '}})
    const ready = await shell.waitFor(/shell> $/)
    // More than stdin, stdout and stderr: what a shell has open must not stay open.
    shell.type(
      `exec 77>/dev/null; ${process.execPath} ${PROGRAM} open prod-db --detach | cat; echo "status \${PIPESTATUS[0]}"\r`,
    )
    await shell.waitFor(/status 0\s+shell> $/, ready)
    const screen = shell.plain()
    expect(screen).toMatch(/Login: alice, by IAM token[^]*To close it:\s+dbtunnel close prod-db/)
    shell.hangUp()
    await shell.ended

    const port = portIn(screen)
    const {tunnels} = await listing(env)
    const pid = tunnels[0]?.owner.pid ?? 0
    expect(tunnels).toEqual([
      {
        target: 'prod-db',
        command: 'open',
        endpoint: {host: expect.stringMatching(/^prod-db\./), port: 5432},
        localPort: port,
        region: 'eu-west-1',
        bastion: {id: expect.stringMatching(/^i-/), name: 'prod-bastion-a'},
        session: sandbox.sessions.all().find(({reason}) => reason?.startsWith(`${env['DBTUNNEL_REASON']} `))?.id,
        login: {user: 'alice', database: 'shop', readOnly: false},
        openSince: expect.stringMatching(/^\d{4}-.*Z$/),
        ageMs: expect.any(Number),
        health: 'up',
        owner: {pid, process: 'alive'},
        connections: 0,
        bytesUp: 0,
        bytesDown: 0,
        log: expect.stringMatching(`^${folderOf(env)}/prod-db-[0-9a-f]+\\.log$`),
      },
    ])
    const [log = ''] = stateIn(env, '.log')
    expect(statSync(join(folderOf(env), log)).mode & 0o777).toBe(0o600)
    expect(readdirSync(`/proc/${pid}/fd`)).not.toContain('77')
    // A session of its own, and no terminal.
    const [, , , session, terminal] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    expect({session, terminal}).toEqual({session: String(pid), terminal: '0'})

    const again = await run(['open', 'prod-db'], {env})
    expect(again).toMatchObject({status: 0, stderr: expect.stringContaining(`already open on port ${port}`)})
    const login = await pasted(again.stdout, `psql -w -Atc 'select current_user'`)
    expect(login).toMatchObject({status: 0, stdout: 'alice\n'})
    expect(JSON.parse((await run(['open', 'prod-db', '--json'], {env})).stdout)).toMatchObject({localPort: port})
    await until('the use', async () => ((await listing(env)).tunnels[0]?.bytesDown ?? 0) > 0)
    // Another user of the database is another tunnel, and so is one by another way.
    const second = await run(['open', 'prod-db', '-U', 'reporting', '--detach'], {env})
    expect(second).toMatchObject({status: 0, stdout: expect.stringContaining('PGUSER=reporting')})
    const third = await run(['open', 'prod-db', '--new', '--detach'], {env})
    expect((await listing(env)).tunnels).toHaveLength(3)
    const table = await run(['status'], {env})
    expect(table.stdout).toMatch(/^TARGET +PORT +HEALTH[^]*\nprod-db +\d+ +up /)
    expect(table.stdout).toMatch(/\n {2}login +reporting, database shop\n/)

    const misspelt = await run(['close', 'prod-bd'], {env})
    expect(misspelt).toMatchObject({status: 68, stderr: expect.stringContaining('Did you mean: prod-db')})
    expect(await run(['close', String(pid)], {env})).toMatchObject({status: 0, stderr: 'Closed: prod-db\n'})
    expect(readFileSync(join(folderOf(env), log), 'utf8')).toMatch(/^Database: [^]*\ndbtunnel: Closed prod-db after /)
    expect(await run(['close', 'prod-db'], {env})).toMatchObject({status: 0, stderr: 'Closed: prod-db, prod-db\n'})
    for (const text of [screen, second.stdout, third.stdout]) expect(portsOf(env)).not.toContain(portIn(text))
    await expectClosed(env, port)
    expect(await run(['close', '--all'], {env})).toMatchObject({status: 0, stderr: 'Nothing is open.\n'})
    expect(await run(['status'], {env})).toMatchObject({status: 0, stdout: '', stderr: 'Nothing is open.\n'})
  })

  it('is known by the name that RDS has for it, whatever it was opened under', async () => {
    const env = environment()
    const config = join(env['HOME'] ?? '', '.config/dbtunnel')
    mkdirSync(config, {recursive: true})
    writeFileSync(join(config, 'config.yaml'), 'targets:\n  shop:\n    identifier: prod-db\n')
    const opened = await run(['open', 'shop', '--detach'], {env})
    expect(opened.status, opened.stderr).toBe(0)
    expect(await run(['close', 'billing-db'], {env})).toMatchObject({status: 68})
    expect(await run(['status', 'prod-db'], {env})).toMatchObject({stdout: expect.stringMatching(/\nshop +\d+ +up /)})
    expect(await run(['close', 'prod-db'], {env})).toMatchObject({status: 0, stderr: 'Closed: shop\n'})
    await expectClosed(env, portIn(opened.stdout))
  })

  it('fails as open does, with its status, and leaves nothing', async () => {
    const env = environment()
    expect(await run(['open', 'nonesuch', '--detach'], {env})).toMatchObject({
      status: 68,
      stdout: '',
      stderr: expect.stringMatching(/^dbtunnel: [^\n]* nonesuch [^\n]* \[TARGET_UNKNOWN\]\n/),
    })
    const json = await run(['open', 'nonesuch', '--detach', '--json'], {env})
    expect({...json, stdout: JSON.parse(json.stdout) as unknown}).toMatchObject({
      status: 68,
      stdout: {error: {code: 'TARGET_UNKNOWN', exitCode: 68}},
    })
    expect(readdirSync(folderOf(env))).toEqual([])
    await expectNothingOf(env)
  })

  it.each(['SIGINT', 'SIGKILL'] as const)('%s before it is ready ends both', async (signal) => {
    const env = environment()
    const from = `app/${env['AWS_SDK_UA_APP_ID']}`
    sandbox.aws.disturbances.add({action: 'rds:DescribeDBInstances', from, effect: {kind: 'hang'}})
    const starting = start(['open', 'prod-db', '--detach'], {env, detached: true})
    await until('its question', () => sandbox.aws.log.some(({userAgent}) => userAgent.includes(from)))
    starting.child.kill(signal)
    expect(await starting.ended).toMatchObject(signal === 'SIGINT' ? {status: 130} : {signal})
    await until('the end of both', () => processesWith(env).length === 0, 5000)
  })
})

describe.concurrent('a tunnel ends by itself', () => {
  it.each([
    ['--ttl', /^(?:\S+ )?Time limit reached \(--ttl 1 s\)\. Closed prod-db after 1 s: /m],
    ['--idle', /^(?:\S+ )?Not used for 1 s \(--idle\)\. Closed prod-db after [12] s: /m],
  ])('%s', async (flag, line) => {
    const env = environment()
    const {status, stdout, stderr} = await run(['open', 'prod-db', flag, '1s'], {env})
    expect({status, stderr}).toEqual({status: 0, stderr: expect.stringMatching(line)})
    await expectClosed(env, portIn(stdout))
  })
})

describe.concurrent('status and close', () => {
  it('leave psql to its terminal, unless it is named', async () => {
    const env = environment()
    const psql = start(['psql', 'prod-db', '-c', 'select pg_sleep(60)'], {env, detached: true})
    await until('psql', () => pidOf(env, 'psql'))
    const [tunnel] = (await listing(env)).tunnels
    expect(tunnel).toMatchObject({target: 'prod-db', command: 'psql', health: 'unknown', owner: {pid: psql.child.pid}})
    const refused = await run(['close', 'prod-db'], {env})
    expect(refused).toMatchObject({status: 68, stderr: expect.stringContaining(`dbtunnel close ${psql.child.pid}`)})
    expect(await run(['close', '--all'], {env})).toMatchObject({status: 0})
    expect(pidOf(env, 'psql')).toBeDefined()
    expect(await run(['close', tunnel?.session ?? ''], {env})).toMatchObject({status: 0})
    expect(await psql.ended).toMatchObject({status: 143})
    await expectClosed(env, tunnel?.localPort ?? 0)
  })

  it('end an owner that does not go by itself, and what it leaves', async () => {
    const env = environment()
    const {stdout} = await run(['open', 'prod-db', '--detach'], {env})
    const pid = pidOf(env, 'node') ?? 0
    const from = `app/${env['AWS_SDK_UA_APP_ID']}`
    const calm = sandbox.aws.disturbances.add({action: 'ssm:TerminateSession', from, effect: {kind: 'throttle'}})
    process.kill(pid, 'SIGSTOP')
    const closed = await run(['close', 'prod-db'], {env})
    calm()
    expect(closed).toMatchObject({status: 75, stderr: expect.stringMatching(/is closed, but not its session at AWS/)})
    expect(portsOf(env)).not.toContain(portIn(stdout))
    const [left] = (await listing(env)).leftovers
    expect(left).toMatchObject({target: 'prod-db', pid, why: expect.stringContaining('throttling')})
    expect(await run(['close', '--all'], {env})).toMatchObject({status: 0, stderr: 'Closed: prod-db\n'})
    await expectClosed(env, portIn(stdout))
  })

  it('tell of files that are not to be believed, and do not touch what they lead to', async () => {
    const env = environment()
    await run(['open', 'prod-db', '--ttl', '1s'], {env})
    const theirs = join(env['HOME'] ?? '', 'theirs')
    writeFileSync(theirs, '{"owner": 1}')
    symlinkSync(theirs, join(folderOf(env), '1-1.json'))
    writeFileSync(join(folderOf(env), '2-2.json'), '{"version":1,"owner":{"pid":1,')
    const {status, stdout}: Ended = await run(['status'], {env})
    expect({status, stdout}).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^Ignored: \S+1-1\.json is a link\nIgnored: \S+2-2\.json cannot be read: /),
    })
    const closed = await run(['close', '--all'], {env})
    expect(closed).toMatchObject({status: 0, stderr: expect.stringMatching(/^Ignored: \S+1-1\.json is a link\n/)})
    expect(readFileSync(theirs, 'utf8')).toBe('{"owner": 1}')
    rmSync(folderOf(env), {recursive: true})
  })
})
