import {linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {isIP} from 'node:net'
import {Worker} from 'node:worker_threads'
import fc from 'fast-check'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {hostsLines} from '../../src/hosts/edit.js'
import {foreignLinesFor, marksIn} from '../../src/hosts/lines.js'
import {startHostsChild} from '../support/hosts-children.js'
import {contents, NAME} from '../support/hosts-content.js'
import {addressOf} from './machine.js'

const HOSTS = '/etc/hosts'
const FOLDER = '/usr/local/hosts-test'
const path = `${FOLDER}/hosts`
const FILES = 10_000
/** A process each. */
const ASKED = 200

let before: Buffer
beforeAll(() => {
  before = readFileSync(HOSTS)
  mkdirSync(FOLDER)
})
afterAll(() => {
  rmSync(FOLDER, {recursive: true})
  writeFileSync(HOSTS, before)
})

/** As the C library reads it: lines, a comment cut off, an address (inet_pton takes no other word) and its names. */
function addressesIn(content: Buffer, name: string): string[] {
  return content
    .toString('latin1')
    .split('\n')
    .map((line) => (line.split('#')[0] ?? '').split(/[ \t\r\v\f]+/).filter((word) => word !== ''))
    .flatMap(([address = '', ...names]) =>
      isIP(address) && names.some((word) => word.toLowerCase() === name) ? [address] : [],
    )
}

/** Files with a line of a megabyte, and whole ones of that size, are rare among the others. */
const files = fc.oneof(
  {weight: 500, arbitrary: contents},
  {
    weight: 1,
    arbitrary: contents.map((content) =>
      Buffer.concat([content, Buffer.from('\n'), Buffer.alloc(1 << 20, '10.0.0.5 x')]),
    ),
  },
  {weight: 1, arbitrary: contents.map((content) => Buffer.concat([Buffer.alloc(1 << 20, '10.0.0.5 x\n'), content]))},
)

const foreign = files.filter((content) => foreignLinesFor(content, NAME).length === 0 && marksIn(content).length === 0)

// In a folder of its own in memory; some in /etc itself, for the system's resolver.
it(`${FILES} files: the name is found in between, the same bytes come back, and none is ever shorter than it was`, async () => {
  const shared = new Int32Array(new SharedArrayBuffer(20))
  const [ROUND, LEAST, LOOKS, SHORTER, OVER] = [0, 1, 2, 3, 4] as const
  const watch = new Worker(new URL('length-watch.mjs', import.meta.url), {workerData: {path, shared}})
  const hosts = hostsLines(hostsFile(path))
  await fc.assert(
    fc.asyncProperty(foreign, fc.boolean(), async (content, inPlace) => {
      Atomics.store(shared, LEAST, 0)
      rmSync(FOLDER, {recursive: true})
      mkdirSync(FOLDER)
      writeFileSync(path, content)
      // A file of two names is written in place.
      if (inPlace) linkSync(path, `${FOLDER}/second-name`)
      Atomics.add(shared, ROUND, 1)
      Atomics.store(shared, LEAST, content.length)
      await hosts.add(NAME)
      expect(addressesIn(readFileSync(path), NAME)).toEqual(['127.0.0.1'])
      await hosts.remove(NAME)
      expect(readFileSync(path).equals(content)).toBe(true)
      expect(readdirSync(FOLDER)).toEqual(inPlace ? ['hosts', 'second-name'] : ['hosts'])
    }),
    {numRuns: FILES},
  )
  Atomics.store(shared, OVER, 1)
  await watch.terminate()
  expect(shared[LOOKS]).toBeGreaterThan(FILES)
  expect(shared[SHORTER]).toBe(0)
}, 180_000)

it(`${ASKED} of them as /etc/hosts: getent finds the name in between`, async () => {
  const hosts = hostsLines(hostsFile())
  await fc.assert(
    fc.asyncProperty(foreign, async (content) => {
      writeFileSync(HOSTS, content)
      await hosts.add(NAME)
      expect(await addressOf(NAME)).toBe('127.0.0.1')
      await hosts.remove(NAME)
      expect(readFileSync(HOSTS).equals(content)).toBe(true)
    }),
    {numRuns: ASKED},
  )
})

it('fifty processes at once: none fails, none loses a line, and the file is what it was', async () => {
  const content = '127.0.0.1 localhost\r\n10.0.0.7 caf\u00e9\n10.0.0.8 no-final-line-feed'
  writeFileSync(HOSTS, content)
  const names = Array.from({length: 50}, (_, index) => `db-${index}.c1.eu-west-1.rds.amazonaws.com`)
  const children = names.map((name) =>
    startHostsChild(HOSTS, ['ready', 'wait', `add=${name}`, 'cycle=3', `remove=${name}`]),
  )
  await Promise.all(children.map((child) => child.said('ready')))
  for (const child of children) child.process.stdin?.end()
  const ends = await Promise.all(children.map(({ended}) => ended))
  expect(ends.filter(({code}) => code !== 0)).toEqual([])
  expect(readFileSync(HOSTS, 'utf8')).toBe(content)
})
