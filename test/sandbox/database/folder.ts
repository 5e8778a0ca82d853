import {chmod, chown, mkdir, mkdtemp, readFile, realpath, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'

/** The user that database servers run as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** A fresh folder for one database. */
export interface Folder {
  readonly path: string
  /** The server's own, closed to everyone else: its data and its socket. */
  readonly data: string
  readonly run: string
}

/** The shortest limit for a Unix socket's path, macOS's 104 with its final zero (Linux has 108). */
const SOCKET_PATH_LIMIT = 103
const NAME = 'dbtunnel-database-'
export const SOCKET_NAME = '.s.PGSQL.5432'

/** PostgreSQL refuses to run as root, and MariaDB nearly so: then it is the existing user nobody, else whoever runs the tests. */
export async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = await readFile('/etc/passwd', 'utf8')
  const [, uid, gid] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(users) ?? []
  if (uid === undefined || gid === undefined) throw new Error('no user nobody in /etc/passwd to run a database as')
  // macOS writes -2.
  return {uid: Number(uid) >>> 0, gid: Number(gid) >>> 0}
}

/**
 * Makes the folder in `preferred`, or where that does not do, in /tmp: a socket's path must be short, and the account
 * must get in.
 */
export async function makeFolder(account: Account | undefined, preferred = tmpdir()): Promise<Folder> {
  const parent = (await isFit(preferred, account)) ? preferred : '/tmp'
  const path = await mkdtemp(join(await realpath(parent), NAME))
  const folder = {path, data: join(path, 'data'), run: join(path, 'run')}
  if (account) await chmod(path, 0o755)
  for (const own of [folder.data, folder.run]) {
    await mkdir(own, {mode: 0o700})
    if (account) await chown(own, account.uid, account.gid)
  }
  return folder
}

async function isFit(parent: string, account: Account | undefined): Promise<boolean> {
  const path = await realpath(parent)
  if (Buffer.byteLength(join(path, `${NAME}XXXXXX`, 'run', SOCKET_NAME)) > SOCKET_PATH_LIMIT) return false
  return account === undefined || isOpen(path)
}

/** Whether any user may pass through a folder and the ones that it lies in. */
async function isOpen(path: string): Promise<boolean> {
  const {mode} = await stat(path)
  if ((mode & 0o001) === 0) return false
  return dirname(path) === path || isOpen(dirname(path))
}
