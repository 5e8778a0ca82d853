import type {Stats} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {ANYONE_MAY_WRITE, GROUP_MAY_WRITE} from './file-mode.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Why others than the user and root may have written what has these stats; undefined when they cannot. */
export async function weaknessOf(stats: Stats, environment: Environment): Promise<'owner' | 'mode' | undefined> {
  if (!isOurs(stats.uid, environment)) return 'owner'
  if ((stats.mode & ANYONE_MAY_WRITE) !== 0) return 'mode'
  return (stats.mode & GROUP_MAY_WRITE) === 0 || (await isPrivateGroup(stats)) ? undefined : 'mode'
}

/** By sudo the user is the one who typed it, as for git. */
function isOurs(uid: number, {SUDO_UID: sudoUid}: Environment): boolean {
  const own = process.geteuid?.()
  return uid === 0 || uid === own || (own === 0 && sudoUid !== undefined && String(uid) === sudoUid)
}

/**
 * Whether the group is that of the file's owner alone: no other account is in it, as a member or by its own first group.
 * Where each user has such a group (Debian, Ubuntu, Fedora), the umask lets it write all that git checks out.
 */
async function isPrivateGroup({uid, gid}: Stats): Promise<boolean> {
  if (uid !== gid) return false
  const [groups, accounts] = await Promise.all([readTable('/etc/group'), readTable('/etc/passwd')])
  const [name = '', , , members] = groups.find(([, , id]) => id === String(gid)) ?? []
  const isOthers = accounts.some(([, , id, group]) => group === String(gid) && id !== String(uid))
  return !isOthers && members !== undefined && members.split(',').every((member) => member === '' || member === name)
}

/** The fields of each line; none where it cannot be read. */
async function readTable(path: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').map((line) => line.split(':'))
}
