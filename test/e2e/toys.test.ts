import {execFile} from 'node:child_process'
import {chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Checkup} from '../../src/core/results/checkup.js'
import type {Listing} from '../../src/core/results/database-listing.js'
import {REGION} from '../sandbox/account.js'
import {type Plane, startPlane} from '../sandbox/aws/fixture.js'
import {type Ended, ROOT, run} from '../support/dbtunnel.js'

/** What is added, one file each, and nothing else is changed. */
const TOYS = {
  'bastion.ts': 'src/bastions/kinds/toy.ts',
  'database.ts': 'src/databases/toy/kind.ts',
  'client.ts': 'src/clients/toybox/client.ts',
}

let copy: string
let plane: Plane
let env: Record<string, string>

const dbtunnel = (words: readonly string[], change: Record<string, string> = {}): Promise<Ended> =>
  run(words, {env: {...env, ...change}, program: join(copy, 'bin/run.js')})

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'dbtunnel-toys-'))
  for (const part of ['src', 'bin', 'docs', 'package.json', 'oclif.manifest.json', 'tsconfig.json', 'LICENSE']) {
    cpSync(join(ROOT, part), join(copy, part), {recursive: true})
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  for (const [toy, place] of Object.entries(TOYS)) {
    const text = readFileSync(join(ROOT, 'test/support/toys', toy), 'utf8')
    mkdirSync(join(copy, place, '..'), {recursive: true})
    writeFileSync(join(copy, place), text.replaceAll('../../../src/', '../../'))
  }
  await promisify(execFile)(process.execPath, [join(copy, 'bin/build.mjs')])
  // It is made of the commands for a release; without it, oclif reads the commands themselves.
  rmSync(join(copy, 'oclif.manifest.json'))

  const programs = join(copy, 'programs')
  mkdirSync(programs)
  writeFileSync(join(programs, 'toybox'), '#!/bin/sh\necho 7.0\n')
  chmodSync(join(programs, 'toybox'), 0o755)
  plane = await startPlane([])
  const {accessKeyId, secretKey, sessionToken} = plane.keys.keysOf('alice')
  env = {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    HOME: copy,
    LANG: 'C.UTF-8',
    AWS_ENDPOINT_URL: plane.aws.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...(sessionToken === undefined ? {} : {AWS_SESSION_TOKEN: sessionToken}),
  }
})

afterAll(async () => {
  await plane.aws.close()
  rmSync(copy, {recursive: true})
})

describe('a bastion kind that is one new file', () => {
  it('is in help, in the schema of the config files, and in the error for a rule that is none', async () => {
    expect((await dbtunnel(['open', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain('tag:Key=Value, toy:LETTER')
    expect(readFileSync(join(copy, 'dist/dbtunnel.schema.json'), 'utf8')).toContain('toy:LETTER')
    expect(await dbtunnel(['list', '--bastion', 'toy:1'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('toy:LETTER') as string,
    })
  })

  it('is taken by config and list', async () => {
    const {stdout} = await dbtunnel(['config', 'prod-db', '--bastion', 'toy:p'])
    expect(stdout).toMatch(/^bastion +toy:p +--bastion$/m)
    const listed = await dbtunnel(['list', '--bastion', 'toy:p', '--json'])
    const {databases} = JSON.parse(listed.stdout) as Listing
    expect(databases.find(({target}) => target === 'prod-db')?.bastion).toMatchObject({usable: true})
    const others = await dbtunnel(['list', '--bastion', 'toy:x', '--json'])
    expect((JSON.parse(others.stdout) as Listing).databases.map(({bastion}) => bastion.usable)).not.toContain(true)
  })
})

describe('a database kind that is one new file', () => {
  it('is one that list and doctor know, and that errors name', async () => {
    const {stdout} = await dbtunnel(['list', '--json'])
    const {databases} = JSON.parse(stdout) as Listing
    expect(databases.find(({engine}) => engine === 'mysql')).toMatchObject({supported: true})
    const checked = JSON.parse((await dbtunnel(['doctor', 'wiki-mysql', '--json'])).stdout) as Checkup
    expect(checked.hops.find(({id}) => id === 'database')).toMatchObject({status: 'ok'})
    const refused = await dbtunnel(['token', 'prod-db', '--region', 'eu-west-1', '-U', 'alice'])
    expect(refused.status).toBe(0)
  })
})

describe('a client that is one new file', () => {
  it('has a command, with help and completion', async () => {
    expect((await dbtunnel(['--help'])).stdout).toContain('toybox')
    const {stdout} = await dbtunnel(['toybox', '--help'])
    expect(stdout).toContain('$ dbtunnel toybox my-toy --say hello')
    expect(stdout).toContain('--bastion=RULE')
    expect((await dbtunnel(['complete', '--', 'toy'])).stdout).toBe('toybox\n')
    expect((await dbtunnel(['complete', '--', 'toybox', '--read'])).stdout).toBe('--read-only\n')
  })

  it('reads its own words, and is told apart from dbtunnel’s', async () => {
    expect(await dbtunnel(['toybox', 'my-toy', '--sayy', 'hello'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('Did you mean --say?') as string,
    })
    expect(await dbtunnel(['toybox', '--say', 'hello'])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('read as an option of toybox') as string,
    })
  })

  it('is looked at by doctor', async () => {
    const hopOf = async (change: Record<string, string>) => {
      const {hops} = JSON.parse((await dbtunnel(['doctor', '--json'], change)).stdout) as Checkup
      return hops.find(({id}) => id === 'toybox')
    }
    expect(await hopOf({})).toMatchObject({status: 'ok', detail: `7.0 (${copy}/programs/toybox)`})
    expect(await hopOf({PATH: process.env['PATH'] ?? ''})).toMatchObject({status: 'warn', hint: 'Look under the bed.'})
    expect(await hopOf({PATH: '/nonexistent'})).toMatchObject({status: 'fail', code: 'CLIENT_MISSING'})
  })

  it('is missing where it is to connect: says how to get it, before anything is opened', async () => {
    const PATH = process.env['PATH'] ?? ''
    expect(await dbtunnel(['toybox', 'wiki-mysql'], {PATH})).toMatchObject({
      status: 127,
      stderr: expect.stringContaining('Look under the bed.') as string,
    })
  })
})
