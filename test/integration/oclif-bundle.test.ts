import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {rolldown} from 'rolldown'
import {expect, it, onTestFinished} from 'vitest'
import {oclif} from '../../bin/oclif.mjs'

interface Built {
  readonly warnings: readonly string[]
  /** Runs what was built, and returns what it prints. */
  readonly print: () => string
}

/** Bundles a library that stands where oclif does, as the build bundles oclif. */
async function build(library: Record<string, string>): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), 'dbtunnel-oclif-'))
  onTestFinished(() => rmSync(folder, {recursive: true}))
  for (const [file, code] of Object.entries(library)) {
    const path = join(folder, 'node_modules/@oclif/core/lib', file)
    mkdirSync(dirname(path), {recursive: true})
    writeFileSync(path, code)
  }
  const warnings: string[] = []
  const bundle = await rolldown({
    input: join(folder, 'node_modules/@oclif/core/lib/main.js'),
    platform: 'node',
    plugins: [oclif('oclif')],
    onLog: (_, {message}) => warnings.push(message),
  })
  await bundle.write({dir: join(folder, 'dist'), format: 'cjs'})
  const PATH = process.env['PATH']
  return {
    warnings,
    print: () => execFileSync(process.execPath, [join(folder, 'dist/main.js')], {encoding: 'utf8', env: {PATH}}),
  }
}

it('an oclif that is written in another way is bundled as this one is', async () => {
  const {warnings, print} = await build({
    'main.js': `
      const print = require('debug'), system = require("node:os"), files = require('node:fs/promises')
      const { default: Spinner } = require('./action/spinner')
      const cold = require('./cold')
      async function main() {
        print('main')('not shown')
        const {isWsl} = await import('wsl-utils')
        const text = await files.readFile(__filename, 'utf8')
        const names = ['b', 'a', 'c'].sort(function (one, two) {return one.localeCompare(two)})
        console.log(typeof isWsl, typeof system.userInfo(), text.length > 0, names.join(), new Spinner().type)
      }
      main()`,
    'cold.js': `console.log('loaded too early')`,
    'action/simple.js': `exports.default = class { type = 'simple' }`,
    'action/spinner.js': `exports.default = class { type = 'spinner' }`,
  })
  expect(warnings).toEqual([])
  expect(print()).toBe('boolean object true a,b,c simple\n')
})

it('an oclif that has changed is bundled as it is, and the build warns', async () => {
  const {warnings, print} = await build({
    'main.js': `const {platform} = require('node:process'); console.log(typeof platform)`,
  })
  expect(print()).toBe('string\n')
  expect(warnings.map((warning) => /no longer uses (\S+):/.exec(warning)?.[1])).toEqual([
    'debug',
    'node:fs/promises',
    'node:os',
    'wsl-utils',
    './action/spinner',
    'localeCompare',
  ])
})
