import {readFileSync} from 'node:fs'
import {expect, it} from 'vitest'

const fileAt = (path: string): URL => new URL(`../../${path}`, import.meta.url)
const PAGE = readFileSync(fileAt('SECURITY.md'), 'utf8')
const README = readFileSync(fileAt('README.md'), 'utf8')

it('the README leads to the page on security', () => {
  expect(README).toContain('[SECURITY.md](SECURITY.md)')
})

it('the page on security names flags and commands that there are', () => {
  const {commands} = JSON.parse(readFileSync(fileAt('oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, {flags: Record<string, {allowNo?: boolean}>}>
  }
  const flags = Object.values(commands).flatMap((command) =>
    Object.entries(command.flags).flatMap(([name, {allowNo}]) => [name, ...(allowNo ? [`no-${name}`] : [])]),
  )
  const inBackticks = [...PAGE.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text)
  const named = inBackticks.flatMap((text) =>
    text.startsWith('npm ') ? [] : (text.match(/(?<=--)[a-z][a-z-]*/g) ?? []),
  )
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((flag) => !flags.includes(flag) && flag !== 'version')).toEqual([])
  const ids = inBackticks.flatMap((text) => text.match(/(?<=^dbtunnel )[a-z][a-z ]*[a-z]/g) ?? [])
  expect(ids.filter((id) => !(id.replace(' ', ':') in commands))).toEqual([])
})
