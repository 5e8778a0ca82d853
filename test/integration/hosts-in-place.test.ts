import {
  chmodSync,
  chownSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {writeJournal} from '../../src/adapters/hosts-file/journal.js'
import {locate} from '../../src/adapters/hosts-file/site.js'
import {hostsLines} from '../../src/hosts/edit.js'
import {marksIn} from '../../src/hosts/lines.js'
import {NAME, OTHER_NAME} from '../support/hosts-content.js'
import {canMount, isRoot, PRIVATE_MOUNTS, startHostsChild} from '../support/hosts-children.js'

const TEXT = '127.0.0.1 localhost\r\n10.0.0.7\tweb # caf\xe9\n'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dbtunnel-hosts-'))
  path = join(folder, 'hosts')
  writeFileSync(path, TEXT, {encoding: 'latin1', mode: 0o644})
})

afterEach(() => rmSync(folder, {recursive: true, force: true}))

const text = (): string => readFileSync(path, 'latin1')

/** Two names for one file: nothing may take its place. */
const writeInPlaceOnly = (): void => linkSync(path, join(folder, 'other-name'))

describe('killed in the middle of a write in place', () => {
  const withoutEnd = `${TEXT}10.0.0.8 last`
  const theirs = `add=${OTHER_NAME}`
  test.each<[string, string, string[]]>([
    ['adding at the end', TEXT, ['die=1', `add=${NAME}`]],
    ['adding before a last line without line feed, growing', withoutEnd, ['die=1', `add=${NAME}`]],
    ['adding before a last line without line feed, moving it', withoutEnd, ['die=2', `add=${NAME}`]],
    ['taking out, moving what follows', TEXT, [`add=${NAME}`, theirs, 'die=1', `remove=${NAME}`]],
    ['taking out, before the cut', TEXT, [`add=${NAME}`, theirs, 'die=0', `remove=${NAME}`]],
    ['taking out at the end, before the cut', TEXT, [`add=${NAME}`, 'die=0', `remove=${NAME}`]],
  ])('%s: never shorter, and the next start gives the file back', async (_, content, steps) => {
    writeFileSync(path, content, 'latin1')
    writeInPlaceOnly()
    const {signal, output} = await startHostsChild(path, steps).ended
    expect({signal, output}).toEqual({signal: 'SIGKILL', output: expect.not.stringContaining('BUG')})
    expect(text().length).toBeGreaterThanOrEqual(content.length)

    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(content)
    expect(readdirSync(folder).sort()).toEqual(['hosts', 'other-name'])
  })

  test('the next to add repairs first', async () => {
    writeInPlaceOnly()
    await startHostsChild(path, ['die=1', `add=${NAME}`]).ended
    expect(text()).not.toBe(TEXT)
    const hosts = hostsLines(hostsFile(path))
    await hosts.add(OTHER_NAME)
    expect(marksIn(Buffer.from(text(), 'latin1')).map(({name}) => name)).toEqual([OTHER_NAME])
    await hosts.remove(OTHER_NAME)
    expect(text()).toBe(TEXT)
  })

  test('an edit made after the crash is not undone by the repair', async () => {
    writeInPlaceOnly()
    await startHostsChild(path, ['die=1', `add=${NAME}`]).ended
    const edited = `10.0.0.9 edited\n${TEXT}`
    writeFileSync(path, edited, 'latin1')
    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(edited)
    expect(readdirSync(folder).sort()).toEqual(['hosts', 'other-name'])
  })
})

describe('a journal', () => {
  const torn = TEXT.replace('localhost', '\0ocalhost')
  const journal = async (former: string, next: string): Promise<string> =>
    writeJournal(locate(path), {former: Buffer.from(former, 'latin1'), next: Buffer.from(next, 'latin1')})

  test('that is not whole means that the write never began', async () => {
    const file = await journal(TEXT, torn.slice(0, -3))
    writeFileSync(file, readFileSync(file).subarray(0, -5))
    writeFileSync(path, `${TEXT}x`, 'latin1')
    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(`${TEXT}x`)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })

  test.runIf(isRoot)('that a stranger made is not believed', async () => {
    const evil = TEXT.replace('10.0.0.7', '66.0.0.7')
    const half = TEXT.replace('10.0.0.7', '60.0.0.7')
    writeFileSync(path, half, 'latin1')
    const file = await journal(evil, TEXT)
    chownSync(file, 65_534, 65_534)
    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(half)
    chownSync(file, 0, 0)
    linkSync(file, join(folder, 'second-name'))
    await hostsLines(hostsFile(path)).sweep()
    expect(text()).toBe(half)
  })
})

describe('seen from outside while lines come and go', () => {
  test('the file is never shorter, and what was there is always there', async () => {
    writeInPlaceOnly()
    const child = startHostsChild(path, ['cycle=60'])
    let isRunning = true
    const ended = child.ended.finally(() => (isRunning = false))
    let looks = 0
    while (isRunning) {
      for (let look = 0; look < 200; look++, looks++) {
        if (!readFileSync(path, 'latin1').startsWith(TEXT)) expect(text()).toMatch(/^127[^]*web/)
      }
      await new Promise(setImmediate)
    }
    expect(await ended).toMatchObject({code: 0})
    expect(looks).toBeGreaterThan(1000)
    expect(text()).toBe(TEXT)
  })
})

describe.runIf(canMount)('where a new file cannot take the place of the old', () => {
  const inPrivate = (...steps: string[]) => startHostsChild(path, steps, PRIVATE_MOUNTS).ended

  test('a bind mount, as in containers (EBUSY)', async () => {
    const ino = statSync(path).ino
    const added = await inPrivate(
      `run=mount --bind ${path} ${path}`,
      `add=${NAME}`,
      `add=${OTHER_NAME}`,
      `print=cat ${path}`,
    )
    expect(added).toMatchObject({code: 0, output: expect.stringContaining(` ${NAME} # dbtunnel`)})
    expect(statSync(path).ino).toBe(ino)
    const swept = await inPrivate(`run=mount --bind ${path} ${path}`, 'sweep', 'cycle=3')
    expect(swept).toMatchObject({code: 0})
    expect(text()).toBe(TEXT)
    expect(readdirSync(folder)).toEqual(['hosts'])
  })

  test('a read-only folder around a mounted file, as in hardened containers (EROFS)', async () => {
    const inner = join(folder, 'etc')
    const ended = await startHostsChild(
      join(inner, 'hosts'),
      [
        `run=mkdir ${inner}`,
        `run=mount -t tmpfs none ${inner}`,
        `run=touch ${inner}/hosts`,
        `run=mount -o remount,ro ${inner}`,
        `run=mount --bind ${path} ${inner}/hosts`,
        `add=${NAME}`,
        `print=cat ${inner}/hosts`,
        `remove=${NAME}`,
      ],
      PRIVATE_MOUNTS,
    ).ended
    expect(ended).toMatchObject({code: 0, output: expect.stringContaining(` ${NAME} # dbtunnel`)})
    expect(text()).toBe(TEXT)
  })

  test('a read-only file system: HOSTS_UNWRITABLE', async () => {
    const ended = await inPrivate(
      `run=mount --bind ${folder} ${folder}`,
      `run=mount -o remount,ro,bind ${folder}`,
      `add=${NAME}`,
    )
    expect(ended).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        `HOSTS_UNWRITABLE The hosts file ${path} cannot be written: the file system is read-only`,
      ),
    })
    expect(text()).toBe(TEXT)
  })

  test('a full disk: HOSTS_UNWRITABLE and nothing lost; a line can still be taken out', async () => {
    const small = join(folder, 'small')
    // 20 bytes short of two pages: a line added in place fits in part.
    writeFileSync(path, `10.0.0.7 ${'x'.repeat(8161)}\n\n`, 'latin1')
    const fill = `run=dd if=/dev/zero of=${small}/fill oflag=append conv=notrunc bs=4k status=none count=`
    const {output} = await startHostsChild(
      join(small, 'hosts'),
      [
        `run=mkdir ${small}`,
        `run=mount -t tmpfs -o size=32k none ${small}`,
        `run=cp ${path} ${small}/hosts`,
        `add=${OTHER_NAME}`,
        `${fill}5`,
        `print=df --output=avail ${small}`,
        `refuse=${NAME}`,
        `remove=${OTHER_NAME}`,
        `run=cmp ${path} ${small}/hosts`,
        `${fill}1`,
        `print=df --output=avail ${small}`,
        `run=ln ${small}/hosts ${small}/second-name`,
        `refuse=${NAME}`,
        `run=cmp ${path} ${small}/hosts`,
        `print=ls -A ${small}`,
      ],
      PRIVATE_MOUNTS,
    ).ended
    expect(output.match(/^ +0$/gm)).toHaveLength(2)
    expect(output.match(/^HOSTS_UNWRITABLE .* the disk is full \(ENOSPC\)\.$/gm)).toHaveLength(2)
    expect(output.match(/^run=cmp/gm)).toHaveLength(2)
    expect(output).toContain('\nfill\nhosts\nsecond-name\n')
  })
})

describe.runIf(isRoot)('not root', () => {
  beforeEach(() => chmodSync(folder, 0o755))

  test('a file that we may write in a folder that we may not', async () => {
    chownSync(path, 65_534, 65_534)
    const {ino} = statSync(path)
    const ended = await startHostsChild(path, [
      'user=65534',
      `add=${NAME}`,
      `print=cat ${path}`,
      `remove=${NAME}`,
      'cycle=3',
    ]).ended
    expect(ended).toMatchObject({code: 0, output: expect.stringContaining(` ${NAME} # dbtunnel`)})
    expect(text()).toBe(TEXT)
    expect(statSync(path)).toMatchObject({ino, uid: 65_534, gid: 65_534})
    const {prefix} = locate(path)
    const left = [folder, '/var/tmp', '/tmp']
      .flatMap((place) => readdirSync(place))
      .filter((name) => name.startsWith(prefix))
    expect(left).toEqual([])
  })

  test("somebody else's file: HOSTS_UNWRITABLE, needs root", async () => {
    const ended = await startHostsChild(path, ['user=65534', `add=${NAME}`]).ended
    expect(ended).toMatchObject({
      code: 1,
      output: expect.stringContaining(
        `HOSTS_UNWRITABLE The hosts file ${path} cannot be written: it needs root (EACCES).`,
      ),
    })
    expect(text()).toBe(TEXT)
  })
})
