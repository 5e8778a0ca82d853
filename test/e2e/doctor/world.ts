import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {hostsFile} from '../../../src/adapters/hosts-file/hosts-file.js'
import {Terminal} from '../../../src/adapters/terminal/terminal.js'
import {openApp} from '../../../src/app/ports.js'
import type {FlagValues} from '../../../src/settings/read.js'
import type {Checkup, HopResult} from '../../../src/core/results/checkup.js'
import {doctor} from '../../../src/flows/doctor/doctor.js'
import type {Ports} from '../../../src/core/ports/ports.js'
import {defaultAccount, MACHINE} from '../../sandbox/account.js'
import {
  type Account,
  type Cluster,
  type Database,
  type Identity,
  type Instance,
  type ManagedNode,
  type SecurityGroup,
} from '../../sandbox/aws.js'
import {type Sandbox, startSandbox} from '../../sandbox/sandbox.js'

export type Writable<T> = {-readonly [Key in keyof T]: T[Key]}

/** All on the way from one shell to one database, to be broken and mended. */
export interface World {
  readonly sandbox: Sandbox
  /** What is typed, and where. */
  target: string | undefined
  flags: Writable<FlagValues>
  env: Record<string, string>
  /** As whom. */
  identity: string
  hostsPath: string
  /** A fresh folder. */
  readonly folder: string
  /** Called at the end. */
  readonly cleanUp: (() => void | Promise<void>)[]
  readonly bastion: Writable<Instance>
  readonly node: Writable<ManagedNode>
}

/** One bastion, and web servers that could be one. */
export async function startDoctorSandbox(): Promise<Sandbox> {
  const account = defaultAccount()
  const isKept = ({id}: {readonly id: string}): boolean =>
    id === MACHINE.bastionA || account.instances.some((one) => one.id === id && one.tags['Name'] === 'web-01')
  keep(account.nodes, isKept)
  keep(account.instances, isKept)
  return startSandbox({accounts: [account], dialTimeoutMs: 200})
}

function keep<T>(list: T[], isKept: (one: T) => boolean): void {
  list.splice(0, Infinity, ...list.filter(isKept))
}

export function openWorld(sandbox: Sandbox): World {
  const folder = mkdtempSync(join(tmpdir(), 'dbtunnel-test-'))
  const hostsPath = join(folder, 'hosts')
  writeFileSync(hostsPath, '127.0.0.1 localhost\n')
  return {
    sandbox,
    target: 'prod-db',
    flags: {},
    env: sandbox.env(),
    identity: 'alice',
    hostsPath,
    folder,
    cleanUp: [() => rmSync(folder, {recursive: true})],
    bastion: found(sandbox.account.instances, MACHINE.bastionA),
    node: found(sandbox.account.nodes, MACHINE.bastionA),
  }
}

/** The same, as someone else. */
export function become(world: World, identity: string): void {
  world.identity = identity
  world.env = {...world.env, ...world.sandbox.env(identity)}
}

export const databaseOf = ({sandbox}: World, id: string): Database => found(sandbox.account.databases, id)
export const clusterOf = ({sandbox}: World, id: string): Cluster => found(sandbox.account.clusters, id)
export const groupOf = ({sandbox}: World, id: string): Writable<SecurityGroup> =>
  found(sandbox.account.securityGroups, id)

export function identityOf({sandbox, identity}: World): Writable<Identity> {
  return sandbox.account.identities.find(({name}) => name === identity) as Identity
}

export function hostOf(world: World, id: string): string {
  return databaseOf(world, id).host ?? ''
}

export function found<T extends {readonly id: string}>(list: readonly T[], id: string): T {
  const one = list.find((other) => other.id === id)
  if (!one) throw new Error(`there is no ${id}`)
  return one
}

/** A folder with AWS files in which each profile has alice's keys. */
export function profiles({sandbox, folder}: World, ...names: readonly string[]): Record<string, string> {
  const {accessKeyId, secretKey, sessionToken} = sandbox.keys.keysOf('alice')
  const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretKey}\naws_session_token = ${sessionToken}\n`
  mkdirSync(join(folder, 'aws'), {recursive: true})
  const file = join(folder, 'aws', 'config')
  writeFileSync(file, names.map((name) => `[profile ${name}]\n${keys}`).join('\n'))
  return {AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'aws', 'none')}
}

export function unset(env: Record<string, string>, ...names: readonly string[]): void {
  for (const name of names) delete env[name]
}

export const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const

/** Runs it in this process, with all that it runs with otherwise but for the hosts file's path. */
export async function examine(world: World, change: Partial<Ports> = {}): Promise<Checkup> {
  const before = {...process.env}
  replaceEnvironment(world.env)
  try {
    const ports = {...openApp(new Terminal({quiet: true, debug: false})), hostsFile: hostsFile(world.hostsPath)}
    return await doctor({target: world.target, flags: world.flags}, {...ports, ...change}, () => {})
  } finally {
    replaceEnvironment(before)
  }
}

function replaceEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
}

export function hopIn({hops}: Checkup, id: string): HopResult | undefined {
  return hops.find((hop) => hop.id === id)
}

export type {Account}
