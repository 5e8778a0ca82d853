import {execFileSync} from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, expect, it} from 'vitest'
import {configFiles} from '../../src/adapters/files/config-files.js'
import {NOBODY} from '../support/ordinary-user.js'

const isRoot = process.getuid?.() === 0
const TEXT = 'targets: {prod-db: {user: alice}}\n'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'config-files-')))
afterAll(() => rmSync(base, {recursive: true, force: true}))

let count = 0
/** A repository in a home folder, with a working directory. */
function place() {
  const home = join(base, String(++count))
  const repository = join(home, 'shop')
  const cwd = join(repository, 'src', 'deep')
  mkdirSync(cwd, {recursive: true, mode: 0o755})
  mkdirSync(join(repository, '.git'))
  const team = join(repository, 'dbtunnel.yaml')
  const own = join(home, '.config', 'dbtunnel', 'config.yaml')
  const read = (environment: Record<string, string> = {}) => configFiles({HOME: home, ...environment}, cwd)()
  return {home, repository, cwd, team, own, read}
}

function write(path: string, {mode = 0o644, text = TEXT}: {mode?: number; text?: string | Uint8Array} = {}): string {
  mkdirSync(dirname(path), {recursive: true})
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

it('the user’s own file, and the team’s that is nearest, whole', async () => {
  const {home, repository, cwd, team, own, read} = place()
  expect(await read()).toEqual([])
  write(team)
  expect(await read()).toEqual([{owner: 'team', path: team, text: TEXT}])
  write(own, {text: '# own\n'})
  const nearer = write(join(cwd, '..', 'dbtunnel.yaml'), {text: '\ufeff# nearer\n'})
  expect(await read()).toEqual([
    {owner: 'user', path: own, text: '# own\n'},
    {owner: 'team', path: nearer, text: '# nearer\n'},
  ])
  const elsewhere = write(join(repository, 'xdg', 'dbtunnel', 'config.yaml'))
  expect((await read({XDG_CONFIG_HOME: join(repository, 'xdg')}))[0]?.path).toBe(elsewhere)
  expect((await read({XDG_CONFIG_HOME: 'relative'}))[0]?.path).toBe(own)
  expect(home).toBeDefined()
})

it('the search ends at the repository’s root, and at the home folder', async () => {
  const {home, repository, read} = place()
  write(join(home, 'dbtunnel.yaml'))
  expect(await read()).toEqual([])
  rmSync(join(repository, '.git'), {recursive: true})
  expect(await read()).toMatchObject([{path: join(home, 'dbtunnel.yaml')}])
  expect(await read({HOME: repository})).toEqual([])
  // A worktree's or submodule's is a file.
  writeFileSync(join(repository, '.git'), 'gitdir: elsewhere\n')
  expect(await read()).toEqual([])
})

it('a link is followed to a file that is as safe', async () => {
  const {home, own, read} = place()
  const real = write(join(home, 'dotfiles', 'dbtunnel.yaml'))
  mkdirSync(dirname(own), {recursive: true})
  symlinkSync('../../dotfiles/dbtunnel.yaml', own)
  expect(await read()).toEqual([{owner: 'user', path: own, text: TEXT}])
  chmodSync(real, 0o666)
  await expect(read()).rejects.toThrow(`${own} is not read: others may write ${real}.`)
})

it('a link of the user’s own may lead to a device, which is not read', async () => {
  const {own, read} = place()
  mkdirSync(dirname(own), {recursive: true})
  symlinkSync('/dev/zero', own)
  await expect(read()).rejects.toThrow(`The file ${own} cannot be read: it is not a regular file.`)
})

it('a link in a repository stays in the repository, and one elsewhere in its folder', async () => {
  const {home, repository, cwd, team, read} = place()
  const shared = write(join(repository, 'config', 'shared.yaml'))
  symlinkSync('config/shared.yaml', team)
  expect(await read()).toEqual([{owner: 'team', path: team, text: TEXT}])
  const secret = write(join(home, '.pgpass'), {text: 'host:5432:*:alice:s3cr3t\n', mode: 0o600})
  const leaves = {
    code: 'CONFIG_UNSAFE',
    message: `The config file ${team} is not read: it is a symbolic link to a place outside ${repository}.`,
  }
  rmSync(team)
  symlinkSync('../.pgpass', team)
  await expect(read()).rejects.toMatchObject(leaves)
  // By another link, which is in the repository itself.
  rmSync(shared)
  symlinkSync(secret, shared)
  rmSync(team)
  symlinkSync('config/shared.yaml', team)
  await expect(read()).rejects.toMatchObject(leaves)
  // By a folder.
  rmSync(team)
  symlinkSync('..', join(repository, 'up'))
  symlinkSync('up/.pgpass', team)
  await expect(read()).rejects.toMatchObject(leaves)
  // A tree without a repository.
  rmSync(team)
  rmSync(join(repository, '.git'), {recursive: true})
  symlinkSync('../../../.pgpass', join(cwd, 'dbtunnel.yaml'))
  await expect(read()).rejects.toMatchObject({code: 'CONFIG_UNSAFE'})
})

type Place = ReturnType<typeof place>

/** What is done to make the file one that nobody should believe, and the mend that the hint names. */
const HOSTILE: readonly (readonly [string, (at: Place) => void, RegExp])[] = [
  ['others may write it', ({team}) => write(team, {mode: 0o666}), /chmod go-w \S+dbtunnel.yaml$/],
  ['others may write its folder', (at) => (write(at.team), chmodSync(at.repository, 0o777)), /chmod go-w \S+shop$/],
  ['its folder is everybody’s', (at) => (write(at.team), chmodSync(at.repository, 0o1777)), /move it to a folder/],
  ['a folder above is anyone’s', (at) => (write(at.team), chmodSync(at.home, 0o757)), /chmod go-w \S+\d$/],
  [
    'it is a link to one that others may write',
    ownLinkTo(({home}) => write(join(home, 'x'), {mode: 0o646})),
    /chmod go-w/,
  ],
  [
    'it is a link into a folder that others may write',
    ownLinkTo(({home}) => {
      const real = write(join(home, 'open', 'x'))
      chmodSync(dirname(real), 0o777)
      return real
    }),
    /chmod go-w \S+open$/,
  ],
  [
    'it is a link to a link that others can replace',
    ownLinkTo(({home}) => {
      mkdirSync(join(home, 'open'))
      symlinkSync(write(join(home, 'safe')), join(home, 'open', 'link'))
      chmodSync(join(home, 'open'), 0o1777)
      return join(home, 'open', 'link')
    }),
    /move it to a folder/,
  ],
  ['the user’s own may be written by others', ({own}) => write(own, {mode: 0o646}), /chmod go-w \S+config.yaml$/],
  [
    'the user’s own folder may be written by others',
    ({own}) => (write(own), chmodSync(dirname(own), 0o777)),
    /chmod go-w \S+dbtunnel$/,
  ],
]

/** As root only: there are other owners then. */
const FOREIGN: typeof HOSTILE = [
  ['it is someone else’s', ({team}) => chownSync(write(team), NOBODY, NOBODY), /sudo chown 0 \S+dbtunnel.yaml$/],
  [
    'its folder is someone else’s',
    (at) => (write(at.team), chownSync(at.repository, NOBODY, 0)),
    /sudo chown 0 \S+shop$/,
  ],
  ['a group may write it', ({team}) => chownSync(write(team, {mode: 0o664}), 0, NOBODY), /chmod go-w/],
  [
    'a group may write its folder',
    (at) => (write(at.team), chmodSync(at.repository, 0o775), chownSync(at.repository, 0, NOBODY)),
    /chmod go-w \S+shop$/,
  ],
  [
    'a group may write a folder above',
    (at) => (write(at.team), chownSync(at.home, 0, NOBODY), chmodSync(at.home, 0o2775)),
    /chmod go-w \S+\d$/,
  ],
  [
    'a folder above is someone else’s',
    (at) => (write(at.team), chownSync(at.home, NOBODY, 0)),
    /move it to a folder of your own/,
  ],
  [
    'a group may write a folder that a link of the way lies in',
    (at) => {
      const folder = join(at.home, 'group')
      mkdirSync(folder)
      symlinkSync('../.config', join(folder, 'link'))
      write(at.own)
      symlinkSync('group/link', join(at.home, '.link'))
      rmSync(at.team, {force: true})
      chownSync(folder, 0, NOBODY)
      chmodSync(folder, 0o775)
      symlinkSync(join(at.home, '.link', 'dbtunnel', 'config.yaml'), join(dirname(at.own), 'other.yaml'))
      rmSync(at.own)
      write(join(at.home, '.config', 'dbtunnel', 'real.yaml'))
      symlinkSync(join(at.home, '.link', 'dbtunnel', 'real.yaml'), at.own)
    },
    /chmod go-w \S+group$/,
  ],
  [
    'it is a link to someone else’s',
    ownLinkTo(({home}) => {
      const real = write(join(home, 'x'))
      chownSync(real, NOBODY, NOBODY)
      return real
    }),
    /sudo chown 0/,
  ],
]

it.each(HOSTILE)('refused: %s', refused)
it.runIf(isRoot).each(FOREIGN)('refused: %s', refused)

async function refused(_: string, make: (at: Place) => void, mend: RegExp): Promise<void> {
  const at = place()
  make(at)
  await expect(at.read()).rejects.toMatchObject({
    code: 'CONFIG_UNSAFE',
    exitCode: 78,
    message: expect.stringMatching(/^The config file \S+\.yaml is not read: \S/) as string,
    hint: expect.stringMatching(mend) as string,
  })
}

const UNREADABLE: readonly (readonly [string, (at: Place) => void, string])[] = [
  ['a folder', ({team}) => mkdirSync(team), 'it is a folder'],
  ['a named pipe', ({team}) => execFileSync('mkfifo', [team]), 'it is not a regular file'],
  ['a link to nothing', linkTo(() => 'nothing'), 'it is a link that leads nowhere'],
  ['a link to itself', linkTo(({team}) => team), 'it is a link that leads in a circle'],
  ['endless', ({team}) => write(team, {text: '#'.repeat(300_000)}), 'it is longer than 256 KiB'],
  ['no text', ({team}) => write(team, {text: Uint8Array.of(0xff, 0xfe, 0x61, 0)}), 'it is not in UTF-8'],
]

it.each(UNREADABLE)('told, and not waited for: %s', async (_, make, why) => {
  const at = place()
  make(at)
  await expect(at.read()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `The file ${at.team} cannot be read: ${why}.`,
  })
})

it.runIf(!isRoot)('told: one that must not be read', async () => {
  const at = place()
  write(at.team, {mode: 0})
  await expect(at.read()).rejects.toThrow('permission denied')
})

it.runIf(isRoot)('by sudo, those of the user who typed it count', async () => {
  const at = place()
  chownSync(write(at.team), NOBODY, NOBODY)
  expect(await at.read({SUDO_UID: String(NOBODY)})).toHaveLength(1)
  await expect(at.read({SUDO_UID: '1234'})).rejects.toMatchObject({code: 'CONFIG_UNSAFE'})
})

it.runIf(isRoot)('a group of one’s own may write', async () => {
  const at = place()
  chownSync(write(at.team, {mode: 0o664}), 0, 0)
  expect(await at.read()).toHaveLength(1)
})

/** Debian's `nobody`, for one: other accounts have its group as their first, which no list of members tells. */
const shared = accounts().find(
  ({uid, gid}) => uid === gid && accounts().some((one) => one.gid === gid && one.uid !== uid),
)

it.runIf(isRoot && shared)('a group of one’s own may not, where it is another account’s, too', async () => {
  const at = place()
  const {uid = 0, gid = 0} = shared ?? {}
  chownSync(write(at.team, {mode: 0o664}), uid, gid)
  await expect(at.read({SUDO_UID: String(uid)})).rejects.toMatchObject({code: 'CONFIG_UNSAFE'})
})

function accounts(): readonly {uid: number; gid: number}[] {
  const lines = readFileSync('/etc/passwd', 'utf8').trim().split('\n')
  return lines.map((line) => line.split(':')).map(([, , uid, gid]) => ({uid: Number(uid), gid: Number(gid)}))
}

function linkTo(target: (at: Place) => string): (at: Place) => void {
  return (at) => symlinkSync(target(at), at.team)
}

/** Of the user's own file, which may lead anywhere. */
function ownLinkTo(target: (at: Place) => string): (at: Place) => void {
  return (at) => {
    mkdirSync(dirname(at.own), {recursive: true})
    symlinkSync(target(at), at.own)
  }
}
