import {execFileSync} from 'node:child_process'
import {chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Sandbox} from '../sandbox/sandbox.js'
import {ROOT} from '../support/dbtunnel.js'
import {asOrdinary, NOBODY} from '../support/ordinary-user.js'

/** Somebody who runs dbtunnel, with a home and a state folder that all of their runs share. */
export interface Person {
  readonly name: 'root' | 'ordinary user'
  readonly env: Readonly<Record<string, string>>
  readonly uid: number | undefined
  /** Whether their dbtunnel writes the hosts file itself, has a helper for it, or leaves it alone. */
  readonly hosts: 'direct' | 'helper' | 'none'
}

export interface People {
  readonly all: readonly Person[]
  /** bin/run.js of a copy that everyone can read. */
  readonly program: string
  /** From now on the ordinary user may have root start the installed helper, and nothing else. */
  installHelper(): void
  close(): void
}

const RULES = '/etc/sudoers.d/dbtunnel-chaos'

/** Root and, beside it, an ordinary user who may use sudo without a password; without root, only oneself. */
export function peopleOf(sandbox: Sandbox, isRoot: boolean): People {
  const folder = mkdtempSync(join(tmpdir(), 'dbtunnel-chaos-'))
  chmodSync(folder, 0o755)
  const copy = join(folder, 'dbtunnel')
  mkdirSync(copy)
  for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
    cpSync(join(ROOT, part), join(copy, part), {recursive: true})
  const close = (): void => rmSync(folder, {recursive: true, force: true})
  const program = join(copy, 'bin/run.js')
  const self = {env: sandbox.env(), uid: undefined}
  if (!isRoot) return {all: [{...self, name: 'ordinary user', hosts: 'none'}], program, installHelper() {}, close}
  writeFileSync(RULES, `#${NOBODY} ALL=(root) NOPASSWD: ALL\n`, {mode: 0o440})
  const installHelper = (): void => {
    const sudo = {SUDO_USER: 'nobody', SUDO_UID: String(NOBODY), SUDO_GID: String(NOBODY)}
    execFileSync(process.execPath, [program, 'hosts', 'install'], {env: {...sandbox.env(), ...sudo}})
    rmSync(RULES)
  }
  const root: Person = {...self, name: 'root', hosts: 'direct'}
  const user: Person = {env: asOrdinary(sandbox.env()), uid: NOBODY, name: 'ordinary user', hosts: 'helper'}
  return {all: [root, user], program, installHelper, close}
}
