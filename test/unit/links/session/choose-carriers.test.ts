import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {processes} from '../../../../src/adapters/processes/processes.js'
import type {CarrierChoice} from '../../../../src/links/session/carrier-choice.js'
import {chooseCarriers} from '../../../../src/links/session/choose-carriers.js'
import type {Plugin} from '../../../../src/links/session/plugin/find.js'
import type {Carrier} from '../../../../src/links/link.js'
import {recordedRun} from './plugin/recorded-run.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbtunnel-test-'))
})

afterEach(async () => {
  await rm(folder, {recursive: true, force: true})
})

/** A program that answers `--version` with `output`, in a folder that is PATH. */
async function install(output: string, {name = 'session-manager-plugin', status = 0} = {}): Promise<string> {
  const file = join(folder, name)
  const body = `if (process.argv[2] === '--version') process.stdout.write(${JSON.stringify(output)})\nprocess.exitCode = ${status}\n`
  await writeFile(file, `#!${process.execPath}\n${body}`)
  await chmod(file, 0o755)
  return file
}

async function choose(
  choice: CarrierChoice,
  pluginFile?: string,
): Promise<{ids: string[]; notices: string[]; plugin?: Plugin}> {
  const run = recordedRun()
  let plugin: Plugin | undefined
  const carrier = (id: Carrier['id']): Carrier => ({
    id,
    open: () => Promise.reject(new Error('not to be opened')),
  })
  const carriers = {
    native: carrier('native'),
    plugin: (found: Plugin) => {
      plugin = found
      return carrier('plugin')
    },
  }
  const chosen = await chooseCarriers({choice, pluginFile, environment: {}}, carriers, processes(folder), run.say)
  return {ids: chosen.map(({id}) => id), notices: run.notices, ...(plugin && {plugin})}
}

describe('auto', () => {
  it('takes a new enough plugin from PATH, and native in reserve', async () => {
    const file = await install('1.2.536.0\n')
    expect(await choose('auto')).toEqual({ids: ['plugin', 'native'], notices: [], plugin: {file, version: '1.2.536.0'}})
  })

  it('takes the one that DBTUNNEL_PLUGIN names', async () => {
    await install('1.2.536.0\n')
    const file = await install('1.2.700.0\n', {name: 'other'})
    expect(await choose('auto', file)).toMatchObject({plugin: {file, version: '1.2.700.0'}})
    expect(await choose('auto', 'other')).toMatchObject({plugin: {file, version: '1.2.700.0'}})
  })

  it('goes on without one, and without a word, when none is installed', async () => {
    expect(await choose('auto')).toEqual({ids: ['native'], notices: []})
  })

  it.each([
    ['an old one', '1.2.535.0\n', 0, /1\.2\.535\.0; dbtunnel needs 1\.2\.536\.0 or newer/],
    ['one that fails', 'Segmentation fault\n', 2, /status 2/],
    ['something else of that name', 'hello\n', 0, /tells no version/],
  ])('goes on without %s, with a notice', async (_, output, status, notice) => {
    await install(output, {status})
    const {ids, notices} = await choose('auto')
    expect(ids).toEqual(['native'])
    expect(notices).toEqual([expect.stringMatching(notice)])
  })

  it('refuses a DBTUNNEL_PLUGIN that cannot be run', async () => {
    await install('1.2.700.0\n')
    await expect(choose('auto', join(folder, 'nothing'))).rejects.toMatchObject({
      code: 'PLUGIN_UNUSABLE',
      message: expect.stringContaining(join(folder, 'nothing')),
    })
    const broken = await install('hello\n', {name: 'broken'})
    await expect(choose('auto', broken)).rejects.toMatchObject({code: 'PLUGIN_UNUSABLE'})
  })
})

describe('plugin', () => {
  it('takes it, with nothing in reserve', async () => {
    await install('1.2.700.0\n')
    expect(await choose('plugin')).toMatchObject({ids: ['plugin']})
  })

  it('is refused by name when it is too old, and when there is none', async () => {
    await expect(choose('plugin')).rejects.toMatchObject({
      code: 'PLUGIN_UNUSABLE',
      hint: expect.stringContaining('--engine native'),
    })
    const file = await install('1.2.535.0\n')
    await expect(choose('plugin')).rejects.toMatchObject({
      code: 'PLUGIN_UNUSABLE',
      message: `${file} is version 1.2.535.0; dbtunnel needs 1.2.536.0 or newer.`,
    })
  })
})

describe('native', () => {
  it('looks at no plugin', async () => {
    await install('hello\n')
    expect(await choose('native', join(folder, 'nothing'))).toEqual({ids: ['native'], notices: []})
  })
})
