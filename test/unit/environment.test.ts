import {spawnSync} from 'node:child_process'
import {accessSync, constants, readdirSync} from 'node:fs'
import {homedir} from 'node:os'
import {delimiter, join} from 'node:path'
import {expect, it} from 'vitest'

it('no test sees settings or programs of whoever runs the tests', () => {
  const names = Object.keys(process.env)
  const ours = ['DBTUNNEL_PLUGIN', 'DBTUNNEL_ATTACK_TRIES', 'DBTUNNEL_SANDBOX_PG_BIN', 'DBTUNNEL_SANDBOX_TEMPLATE']
  expect(names.filter((name) => /^(AWS_|PG|DBTUNNEL_|XDG_|LC_|LANG)/.test(name) && !ours.includes(name))).toEqual([])
  // Tests before this one may have made .config and .local.
  const persons = ['.aws', '.gitconfig', '.pgpass', '.pg_service.conf', '.psqlrc', '.ssh']
  expect(readdirSync(homedir()).filter((name) => persons.includes(name))).toEqual([])
  for (const program of ['aws', 'session-manager-plugin']) {
    const found = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isThere(join(folder, program)))
    expect(found).toEqual([])
  }
  expect(spawnSync('psql', ['--version'], {encoding: 'utf8'}).stdout).toMatch(/^psql /)
})

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.F_OK)
    return true
  } catch {
    return false
  }
}
