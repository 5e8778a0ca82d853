import {describe, expect, test} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import type {HostsHelper, HostsHelperPort, InstalledHelper} from '../../../src/core/ports/hosts.js'
import type {Run} from '../../../src/core/run.js'
import {Teardown} from '../../../src/core/teardown.js'
import {openHosts} from '../../../src/hosts/choose-writer.js'
import {markLine, NAME} from '../../support/hosts-content.js'
import {memoryHostsFile} from './memory-hosts-file.js'

const NEEDS_ROOT = fail('HOSTS_UNWRITABLE', 'It needs root.')
const REFUSED = fail('HOSTS_UNWRITABLE', 'Writing the hosts file requires root, and sudo failed: no.')
const IDENTITY = {pid: 77, started: '7-aa-1'}

interface World {
  /** What sudo does when it may ask, and when it may not. */
  readonly asking?: 'works' | 'refuses'
  readonly silent?: 'works' | 'refuses' | 'hangs'
  readonly terminal?: boolean
  readonly answer?: string
  readonly installed?: InstalledHelper
}

function aWorld({
  asking = 'refuses',
  silent = 'refuses',
  terminal = false,
  answer = 'done',
  installed = {state: 'absent'},
}: World = {}) {
  const hostsFile = memoryHostsFile('127.0.0.1 localhost\n')
  hostsFile.failure = NEEDS_ROOT
  const events: string[] = []
  let end = (): void => {}
  const helper: HostsHelper = {
    identity: IDENTITY,
    ended: new Promise((resolve) => (end = resolve)),
    async ask(request) {
      events.push(request)
      return answer
    },
    async close() {
      events.push('close')
      end()
    },
  }
  const hostsHelper: HostsHelperPort = {
    installed: () => installed,
    ruleInForce: async () => 'none',
    canAsk: () => terminal,
    async start({ask, signal}) {
      events.push(ask ? 'sudo' : 'sudo -n')
      const way = ask ? asking : silent
      if (way === 'works') return helper
      if (way === 'refuses') throw REFUSED
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  }
  const undo = new Teardown()
  const say = {
    notice: (line: string, amid?: string) => void events.push(`${amid ?? 'notice'}: ${line}`),
    debug() {},
  }
  const run: Run = {signal: new AbortController().signal, undo, say, divert: () => () => {}}
  return {
    ports: {hostsFile, hostsHelper},
    hostsFile,
    events,
    run,
    end: () => end(),
    unwind: () => undo.unwind({budgetMs: 2000}),
  }
}

const QUESTION = expect.stringMatching(/^notice: The hosts file needs root: sudo asks for your password, once\./)

test('where we may write ourselves, no sudo is started', async () => {
  const {ports, hostsFile, events, run} = aWorld({silent: 'works', terminal: true})
  hostsFile.failure = undefined
  const hosts = await openHosts({mode: 'auto', takesAddress: false}, ports, run)
  await hosts.add(NAME)
  expect(hostsFile.content.toString()).toContain(NAME)
  expect(events).toEqual([])
})

test('nor for --resolve hostaddr', async () => {
  const {ports, events, run} = aWorld({silent: 'works', terminal: true})
  await openHosts({mode: 'hostaddr', takesAddress: false}, ports, run)
  expect(events).toEqual([])
})

test('sudo that needs no password: the helper writes until the run is undone', async () => {
  const {ports, events, run, unwind} = aWorld({silent: 'works'})
  const hosts = await openHosts({mode: 'auto', takesAddress: true}, ports, run)
  expect(await hosts.obstacle()).toBeUndefined()
  await hosts.add(NAME)
  await hosts.remove(NAME)
  expect(await unwind()).toEqual([])
  expect(events).toEqual(['sudo -n', `map ${NAME}`, `unmap ${NAME}`, 'close'])
})

test.each([
  ['psql, whatever the terminal', {mode: 'auto', takesAddress: true}, true],
  ['any client, without a terminal', {mode: 'auto', takesAddress: false}, false],
  ['--resolve hosts, without a terminal', {mode: 'hosts', takesAddress: true}, false],
] as const)('no password is asked for: %s', async (_, options, terminal) => {
  const {ports, events, run, unwind} = aWorld({terminal, asking: 'works'})
  const hosts = await openHosts(options, ports, run)
  expect(await hosts.obstacle()).toBe('needs root')
  await expect(hosts.add(NAME)).rejects.toBe(REFUSED)
  await hosts.remove(NAME)
  expect(await unwind()).toEqual([])
  expect(events).toEqual(['sudo -n'])
})

describe.each([
  ['any client', {mode: 'auto', takesAddress: false}],
  ['--resolve hosts', {mode: 'hosts', takesAddress: true}],
] as const)('%s, on a terminal', (_, options) => {
  test('sudo asks, once, after a word on why', async () => {
    const {ports, events, run} = aWorld({terminal: true, asking: 'works'})
    const hosts = await openHosts(options, ports, run)
    expect(await hosts.obstacle()).toBeUndefined()
    expect(events).toEqual(['sudo -n', QUESTION, 'sudo'])
  })

  test('not where it needs no password', async () => {
    const {ports, events, run} = aWorld({terminal: true, silent: 'works'})
    await openHosts(options, ports, run)
    expect(events).toEqual(['sudo -n'])
  })

  test('who does not answer well is not asked again', async () => {
    const {ports, events, run} = aWorld({terminal: true})
    const hosts = await openHosts(options, ports, run)
    expect(await hosts.obstacle()).toBe('needs root')
    expect(events).toEqual(['sudo -n', QUESTION, 'sudo'])
  })
})

test('a sudo that hangs holds up neither the run nor its end', async () => {
  const {ports, run, unwind} = aWorld({silent: 'hangs'})
  await openHosts({mode: 'auto', takesAddress: true}, ports, run)
  expect(await unwind()).toEqual([])
})

test('an installed helper that is not used is told of', async () => {
  const {ports, events, run} = aWorld({installed: {state: 'unusable', why: 'it is of another version of dbtunnel'}})
  await openHosts({mode: 'auto', takesAddress: true}, ports, run)
  expect(events[0]).toBe(
    'notice: The installed hosts helper is not used: it is of another version of dbtunnel.\n' +
      'Replace it: dbtunnel hosts install\nOr take it out: dbtunnel hosts uninstall',
  )
})

test('and where we may write ourselves, too: others may go through it', async () => {
  const {ports, hostsFile, events, run} = aWorld({installed: {state: 'unusable', why: 'it is old'}})
  hostsFile.failure = undefined
  await openHosts({mode: 'auto', takesAddress: true}, ports, run)
  expect(events).toEqual([expect.stringMatching(/^notice: .*it is old\.\n/)])
})

test('what stands in the way is the same error as without the helper', async () => {
  const error = {
    code: 'HOSTS_CONFLICT',
    message: 'Line 2 of /etc/hosts maps it to another address.',
    hint: 'Take it out.',
  }
  const {ports, run} = aWorld({silent: 'works', answer: `failed ${JSON.stringify(error)}`})
  const hosts = await openHosts({mode: 'auto', takesAddress: true}, ports, run)
  await expect(hosts.add(NAME)).rejects.toMatchObject({...error, exitCode: 73})
})

test('a name that is no endpoint of RDS never reaches it', async () => {
  const {ports, events, run} = aWorld({silent: 'works'})
  const hosts = await openHosts({mode: 'hosts', takesAddress: true}, ports, run)
  await expect(hosts.add('db.example.com')).rejects.toMatchObject({
    code: 'HOSTS_UNWRITABLE',
    hint: 'Run it as root, or connect without the hosts file: --resolve hostaddr',
  })
  await hosts.remove('db.example.com')
  expect(events).toEqual(['sudo -n'])
})

test('a helper that ends too early is told of; its line counts as left only where it is', async () => {
  const {ports, hostsFile, events, run, end} = aWorld({silent: 'works', answer: 'failed {}'})
  const hosts = await openHosts({mode: 'auto', takesAddress: false}, ports, run)
  end()
  await new Promise(setImmediate)
  expect(events).toEqual(['sudo -n', 'client: The hosts helper stopped: new connections may not find the name.'])
  await hosts.remove(NAME)
  hostsFile.content = Buffer.from(markLine({name: NAME, owner: IDENTITY}))
  await expect(hosts.remove(NAME)).rejects.toThrow()
})
