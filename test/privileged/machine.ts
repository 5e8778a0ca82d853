import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {outputOf} from '../support/hosts-children.js'
import {PROGRAM} from '../support/dbtunnel.js'
import {NOBODY} from '../support/ordinary-user.js'
import {openScreen, type Screen} from '../support/terminal.js'

/** The room of private-machine.sh: here /etc is ours to change. */
const room = process.env['PRIVATE_MACHINE']
if (room === undefined) throw new Error('Run these tests by `npm run test:privileged`.')

export type Env = Record<string, string>

/** An ordinary user of this machine, with a password as long as it is ours. */
export const USER = {name: 'nobody', uid: NOBODY, gid: NOBODY, password: 'correct horse'}
export const HOST = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
/** What `openssl passwd -6` makes of that password. */
const HASH = '$6$dbtunneltest$DdJjeAwFeC7Uzsx2S/bFfR2QNufv0DeghY878.2NlSC8nDFXuLWOmiRENvfU6nGmLG/DgJr3lZTvy0ggzNXQ41'
const RULES = '/etc/sudoers.d/yy-test'

/** Gives the user that password. */
export function setPassword(): void {
  const entries = readFileSync('/etc/shadow', 'utf8')
  writeFileSync(
    '/etc/shadow',
    entries.replace(/^nobody:[^:]*:/m, () => `nobody:${HASH}:`),
  )
}

/** What sudo lets the user do from now on: lines of sudoers; without any, nothing. */
export function setRules(...lines: string[]): void {
  rmSync(RULES, {force: true})
  if (lines.length > 0) writeFileSync(RULES, `${lines.join('\n')}\n`, {mode: 0o440})
  // No question that was answered before counts.
  rmSync('/run/sudo/ts', {recursive: true, force: true})
}

export const WITHOUT_PASSWORD = 'nobody ALL=(ALL) NOPASSWD: ALL'
export const WITH_PASSWORD = 'nobody ALL=(ALL) ALL'

/** As root, whom sudo has let the user be. */
export function install(): void {
  const {name, uid, gid} = USER
  const env = {...process.env, SUDO_USER: name, SUDO_UID: String(uid), SUDO_GID: String(gid)}
  execFileSync(process.execPath, [PROGRAM, 'hosts', 'install'], {stdio: 'pipe', env})
}

export const uninstall = (): void => {
  execFileSync(process.execPath, [PROGRAM, 'hosts', 'uninstall'], {stdio: 'pipe'})
}

/** dbtunnel (or another program) on the user's terminal. */
export function usersScreen(words: readonly string[], env: Env, file?: string): Screen {
  const command = file === undefined ? [process.execPath, PROGRAM] : [file]
  const {uid, gid} = USER
  const argv = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--', ...command, ...words]
  return openScreen(argv, {file: '/usr/bin/setpriv', env})
}

/** As the system's resolver finds it. */
export const addressOf = async (name: string): Promise<string> =>
  (await outputOf('getent', 'hosts', name)).split(/\s/)[0] ?? ''

export const hostsText = (): string => readFileSync('/etc/hosts', 'latin1')

/** All that programs have logged. */
export const logged = (): string => readFileSync(`${room}/log/all`, 'utf8')

export const isThere = existsSync
