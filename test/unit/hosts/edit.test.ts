import {describe, expect, test} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import {hostsLines} from '../../../src/hosts/edit.js'
import {markLine, NAME, OTHER_NAME} from '../../support/hosts-content.js'
import {memoryHostsFile, SELF} from './memory-hosts-file.js'

const BASE = '127.0.0.1 localhost\n'
const OURS = markLine({name: NAME, owner: SELF})
const neighbour = {pid: 7, started: '2-aa-1'}
const THEIRS = markLine({name: NAME, owner: neighbour})
const UNWRITABLE = fail('HOSTS_UNWRITABLE', 'The hosts file /etc/hosts cannot be written: it needs root (EACCES).')

describe('add', () => {
  test("stands beside another dbtunnel's line for the same name", async () => {
    const file = memoryHostsFile(BASE + THEIRS)
    const hosts = hostsLines(file)
    await hosts.add(NAME)
    expect(file.content.toString()).toBe(BASE + THEIRS + OURS)
    await hosts.remove(NAME)
    expect(file.content.toString()).toBe(BASE + THEIRS)
  })

  test('takes out what dead owners left, for any name, in the same write', async () => {
    const left = markLine({name: OTHER_NAME, owner: neighbour})
    const file = memoryHostsFile(THEIRS + BASE + left)
    file.dead.push(neighbour)
    await hostsLines(file).add(NAME)
    expect(file.content.toString()).toBe(BASE + OURS)
    expect(file.writes).toBe(1)
  })

  test('a reused pid does not keep a dead line', async () => {
    const former = {pid: neighbour.pid, started: '1-aa-1'}
    const file = memoryHostsFile(BASE + markLine({name: NAME, owner: former}) + THEIRS)
    file.dead.push(former)
    await hostsLines(file).add(OTHER_NAME)
    expect(file.content.toString()).toBe(BASE + THEIRS + markLine({name: OTHER_NAME, owner: SELF}))
  })

  test("someone's own line to 127.0.0.1 will do", async () => {
    const text = `${BASE}127.0.0.1 ${NAME}\n`
    const file = memoryHostsFile(text)
    await hostsLines(file).add(NAME)
    expect(file.content.toString()).toBe(text)
  })

  test("someone's own line to 127.0.0.1 will do where we may not write, either", async () => {
    const file = memoryHostsFile(`${BASE}127.0.0.1 ${NAME}\n`)
    file.failure = UNWRITABLE
    await hostsLines(file).add(NAME)
    await hostsLines(file).remove(NAME)
    await expect(hostsLines(file).add(OTHER_NAME)).rejects.toBe(UNWRITABLE)
  })

  test('another address is a conflict where we may not write, either', async () => {
    const file = memoryHostsFile(`10.1.2.3 ${NAME}\n`)
    file.failure = UNWRITABLE
    await expect(hostsLines(file).add(NAME)).rejects.toMatchObject({code: 'HOSTS_CONFLICT'})
  })

  test.each(['10.1.2.3', '::1', '127.0.0.2'])(
    'another address (%s) is a conflict that names the line',
    async (address) => {
      const text = `${BASE}${address}\tweb ${NAME}\n`
      const file = memoryHostsFile(text)
      const refused = expect(hostsLines(file).add(NAME)).rejects
      await refused.toMatchObject({
        code: 'HOSTS_CONFLICT',
        exitCode: 73,
        message: `Line 2 of /etc/hosts maps ${NAME} to another address: ${address}\\tweb ${NAME}`,
      })
      expect(file.content.toString()).toBe(text)
    },
  )

  test('a plain reader that knows of a conflict is enough to be told before anyone is waited for', async () => {
    const file = memoryHostsFile(`10.1.2.3 ${NAME}\n`)
    file.addresses = async () => ['10.1.2.3']
    file.failure = fail('HOSTS_LOCKED', 'Someone holds it.')
    await expect(hostsLines(file).add(NAME)).rejects.toMatchObject({code: 'HOSTS_CONFLICT'})
  })
})

describe('remove', () => {
  test('complains only when our line is left behind', async () => {
    const file = memoryHostsFile(BASE + OURS)
    file.failure = UNWRITABLE
    await expect(hostsLines(file).remove(NAME)).rejects.toBe(UNWRITABLE)
    file.content = Buffer.from(BASE)
    await hostsLines(file).remove(NAME)
    file.read = () => Promise.reject(UNWRITABLE)
    await hostsLines(file).remove(NAME)
  })
})

describe('sweep', () => {
  test('writes only when there is something to mend', async () => {
    const file = memoryHostsFile(BASE + THEIRS)
    let changes = 0
    const change = file.change.bind(file)
    file.change = (...args) => {
      changes++
      return change(...args)
    }
    const hosts = hostsLines(file)
    await hosts.sweep()
    expect(changes).toBe(0)
    file.torn = true
    await hosts.sweep()
    expect(changes).toBe(1)
    file.dead.push(neighbour)
    await hosts.sweep()
    expect(file.content.toString()).toBe(BASE)
  })

  test('leaves a file alone that it may not write', async () => {
    const file = memoryHostsFile(BASE + THEIRS)
    file.dead.push(neighbour)
    file.failure = UNWRITABLE
    await hostsLines(file).sweep()
    expect(file.content.toString()).toBe(BASE + THEIRS)
  })
})
