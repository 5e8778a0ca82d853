import {describe, expect, test} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import {hostsLines} from '../../../src/hosts/edit.js'
import {hostsServer} from '../../../src/hosts/helper-server.js'
import {markLine, NAME, OTHER_NAME} from '../../support/hosts-content.js'
import {memoryHostsFile, SELF} from './memory-hosts-file.js'

const BASE = '127.0.0.1 localhost\n'
const OURS = markLine({name: NAME, owner: SELF})

function serving(text = BASE) {
  const file = memoryHostsFile(text)
  const answers: string[] = []
  const refusals: string[] = []
  const server = hostsServer(hostsLines(file), {
    answer: (line) => answers.push(line),
    refuse: (why) => refusals.push(why),
  })
  return {file, answers, refusals, end: () => server.end(), take: (chunk: string) => server.take(Buffer.from(chunk))}
}

const until = async (met: () => boolean): Promise<void> => {
  while (!met()) await new Promise(setImmediate)
}

test('maps and unmaps, one answer each, however the bytes arrive', async () => {
  const {file, answers, take, end} = serving()
  for (const character of `map ${NAME}\n`) take(character)
  await until(() => answers.length === 1)
  expect(file.content.toString()).toBe(BASE + OURS)
  take(`map ${OTHER_NAME}\nunmap ${NAME}\n`)
  await until(() => answers.length === 3)
  expect(answers).toEqual(['done', 'done', 'done'])
  expect(file.content.toString()).toBe(BASE + markLine({name: OTHER_NAME, owner: SELF}))
  expect(await end()).toBe(true)
  expect(file.content.toString()).toBe(BASE)
})

test('what stands in the way is answered with code, message and hint', async () => {
  const {answers, refusals, take} = serving(`10.1.2.3 ${NAME}\n`)
  take(`map ${NAME}\n`)
  await until(() => answers.length === 1)
  expect(JSON.parse(answers[0]?.replace('failed ', '') ?? '')).toEqual({
    code: 'HOSTS_CONFLICT',
    message: `Line 1 of /etc/hosts maps ${NAME} to another address: 10.1.2.3 ${NAME}`,
    hint: expect.stringContaining('--resolve hostaddr'),
  })
  expect(refusals).toEqual([])
})

describe('refused, and nothing is taken after it', () => {
  test.each([
    ['another request', 'map x.example\n', 'not a request: "map x.example"'],
    ['control characters, which are shown as ?', 'map \u001b[2J\0\r\n', 'not a request: "map ?[2J??"'],
    ['a line without an end', 'x'.repeat(1 << 20), /^a line that is too long: "x{160}…"$/],
    [
      'too many names',
      Array.from({length: 17}, (_, n) => `map d${n}.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n`).join(''),
      /names/,
    ],
    ['a flood', `map ${NAME}\n`.repeat(17), /requests at once/],
  ])('%s', async (_, bytes, why) => {
    const {file, refusals, take, end} = serving()
    take(bytes)
    take(`map ${OTHER_NAME}\n`)
    expect(refusals).toEqual([typeof why === 'string' ? why : expect.stringMatching(why)])
    expect(await end()).toBe(true)
    expect(file.content.toString()).toBe(BASE)
    expect(refusals).toHaveLength(1)
  })

  test('a line that the end cut off', async () => {
    const {file, refusals, take, end} = serving()
    take(`map ${NAME}`)
    expect(await end()).toBe(true)
    expect(refusals).toEqual([`not a request: "map ${NAME}"`])
    expect(file.content.toString()).toBe(BASE)
  })
})

describe('at the end', () => {
  test('a name that still waits for its turn is not mapped any more', async () => {
    const {file, answers, take, end} = serving()
    const change = file.change.bind(file)
    file.change = async (edit, wait) => {
      if (wait.signal) await until(() => wait.signal?.aborted === true)
      wait.signal?.throwIfAborted()
      return change(edit, wait)
    }
    take(`map ${NAME}\n`)
    expect(await end()).toBe(true)
    expect(file.content.toString()).toBe(BASE)
    expect(answers).toHaveLength(1)
  })

  test('a file that is held for a while is asked for again; one that never comes free is said', async () => {
    const {file, answers, take, end} = serving()
    take(`map ${NAME}\n`)
    await until(() => answers.length === 1)
    let failures = 2
    const change = file.change.bind(file)
    file.change = async (...args) => {
      if (failures-- > 0) throw fail('HOSTS_LOCKED', 'Someone holds it.')
      return change(...args)
    }
    expect(await end()).toBe(true)
    expect(file.content.toString()).toBe(BASE)

    const other = serving()
    other.take(`map ${NAME}\n`)
    await until(() => other.answers.length === 1)
    other.file.failure = fail('HOSTS_LOCKED', 'Someone holds it.')
    expect(await other.end()).toBe(false)
  })
})
