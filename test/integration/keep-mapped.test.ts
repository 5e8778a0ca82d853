import {mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {processTable} from '../../src/adapters/processes/process-identity.js'
import type {Clock} from '../../src/core/ports/clock.js'
import {hostsLines} from '../../src/hosts/edit.js'
import {keepMapped} from '../../src/hosts/keep-mapped.js'
import {markLine, NAME} from '../support/hosts-content.js'

// A real file, real writers; only time passes faster. With dbtunnel itself: test/e2e/hosts-rewritten.test.ts (case 5).

const TEXT = '127.0.0.1\tlocalhost\n# caf\xe9\r\n10.0.0.7 web\n'
const FASTER = 40
const fast: Clock = {
  now: () => Date.now() * FASTER,
  sleep: (ms, signal) => sleep(ms / FASTER, undefined, {signal}),
}
const OWN = markLine({name: NAME, owner: processTable().self()})

let folder: string
let path: string
let over: AbortController
let kept: Promise<void>
let said: string[]
let states: (string | undefined)[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-hosts-'))
  path = join(folder, 'hosts')
  writeFileSync(path, TEXT, {encoding: 'latin1', mode: 0o644})
  over = new AbortController()
  said = []
  states = []
  const file = hostsFile(path)
  const hosts = hostsLines(file)
  await hosts.add(NAME)
  const say = (line: string): void => void said.push(line)
  const changed = (why: string | undefined): void => void states.push(why)
  kept = keepMapped(NAME, {clock: fast, hostsFile: file, hosts, say, changed}, over.signal)
})

afterEach(async () => {
  over.abort()
  await kept
  await hostsLines(hostsFile(path)).remove(NAME)
  expect(text()).not.toContain('dbtunnel')
  rmSync(folder, {recursive: true})
})

const text = (): string => readFileSync(path, 'latin1')
/** As tools do that keep a file of their own. */
const WRITERS = {
  'by rename': (content: string) => {
    writeFileSync(`${path}.new`, content, 'latin1')
    renameSync(`${path}.new`, path)
  },
  'in place': (content: string) => writeFileSync(path, content, 'latin1'),
} as const

/** The clock's minutes go by meanwhile: told by how many looks there were. */
const looks = (count: number): Promise<void> => fast.sleep(count * 1000)

describe.each(Object.entries(WRITERS))('a hosts file that is written anew %s', (_, write) => {
  it('gets the line back, and keeps every other byte', async () => {
    write(`${TEXT}10.9.9.9 vpn\n`)
    await expect.poll(text, {timeout: 10_000}).toBe(`${TEXT}10.9.9.9 vpn\n${OWN}`)
    await expect.poll(() => said).toEqual([`Another program took ${NAME} out of the hosts file. It is back in.`])
  })

  it('again and again: gets it back three times a minute, then there is one line, and nothing loops', async () => {
    const isOver = (): boolean => said.some((line) => line.includes('keeps taking'))
    for (let time = 0; time < 500 && !isOver(); time++) {
      if (text().includes(OWN)) write(`${TEXT}10.9.9.9 vpn\n`)
      await looks(1)
    }
    expect(said.filter((line) => line.includes('keeps taking'))).toHaveLength(1)
    expect(said.length).toBeLessThanOrEqual(3)
    expect(states.at(-1)).toMatch(/keeps taking/)
    await looks(5)
    expect(text()).toBe(`${TEXT}10.9.9.9 vpn\n`)
  })

  it('with another address for the name: says so, and touches nothing', async () => {
    const theirs = `${TEXT}10.1.2.3 ${NAME}\n`
    write(theirs)
    await expect
      .poll(() => said, {timeout: 10_000})
      .toEqual([expect.stringMatching(/maps .* to another address: 10\.1\.2\.3/)])
    expect(states).toEqual([expect.stringMatching(/no longer in the hosts file/)])
    expect(text()).toBe(theirs)
  })
})
