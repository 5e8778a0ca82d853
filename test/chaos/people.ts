import {chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import type {Sandbox} from '../sandbox/sandbox.js'
import {ROOT} from '../support/dbtunnel.js'

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
  close(): void
}

/** An account that every machine has, and nobody uses. */
const NOBODY = 65_534

/** Root and, beside it, an ordinary user who may use sudo without a password; without root, only oneself. */
export function peopleOf(sandbox: Sandbox, isRoot: boolean): People {
  const folder = mkdtempSync(join(tmpdir(), 'dbtunnel-chaos-'))
  chmodSync(folder, 0o755)
  const copy = join(folder, 'dbtunnel')
  mkdirSync(copy)
  for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
    cpSync(join(ROOT, part), join(copy, part), {recursive: true})
  const close = (): void => rmSync(folder, {recursive: true, force: true})
  const person = (one: Omit<Person, 'env'>): Person => {
    const env = sandbox.env()
    chmodSync(dirname(env['HOME'] ?? ''), 0o755)
    for (const name of ['HOME', 'TMPDIR']) chownSync(env[name] ?? '', one.uid ?? process.getuid?.() ?? 0, -1)
    return {...one, env}
  }
  const program = join(copy, 'bin/run.js')
  const self = person({name: isRoot ? 'root' : 'ordinary user', uid: undefined, hosts: isRoot ? 'direct' : 'none'})
  if (!isRoot) return {all: [self], program, close}
  writeFileSync('/etc/sudoers.d/dbtunnel-chaos', `#${NOBODY} ALL=(root) NOPASSWD: ALL\n`, {mode: 0o440})
  return {all: [self, person({name: 'ordinary user', uid: NOBODY, hosts: 'helper'})], program, close}
}
