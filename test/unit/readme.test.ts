import {readFileSync} from 'node:fs'
import {pages} from '../support/pages.js'
import {expect, it} from 'vitest'
import {namedTargets} from '../../src/settings/config-file/match-targets.js'
import {CATALOG} from '../../src/core/errors.js'
import {
  describeStatement,
  doctorStatement,
  loginStatement,
  ownSessionStatements,
  policyJson,
  startSessionStatements,
  sweepStatement,
} from '../../src/core/iam/statements.js'
import {loadConfig} from '../../src/flows/request/load-config.js'

/** All that users are told. */
const DOCS = pages()

/** The JSON block behind a comment that marks it. */
function blockAfter(mark: string): string {
  return new RegExp(`<!-- ${mark} -->\\s+\`\`\`json\n([^\`]*)\`\`\``).exec(DOCS)?.[1] ?? ''
}

it('the documentation grants what errors and the sandbox ask for, statement for statement', () => {
  const login = loginStatement({
    region: 'eu-west-1',
    account: '123456789012',
    resourceId: 'db-ABCDEFGHIJKL',
    user: 'alice',
  })
  const statements = [...startSessionStatements(), ...ownSessionStatements(), describeStatement(), login]
  const policy = JSON.parse(blockAfter('policy')) as unknown
  expect(policy).toEqual({Version: '2012-10-17', Statement: JSON.parse(`[${policyJson(statements)}]`) as unknown})
})

it('the documentation grants what doctor alone asks for', () => {
  expect(JSON.parse(blockAfter('doctor-policy'))).toEqual(JSON.parse(policyJson([doctorStatement()])))
})

it('the documentation grants what the next start alone asks for', () => {
  expect(JSON.parse(blockAfter('sweep-policy'))).toEqual(JSON.parse(policyJson([sweepStatement()])))
})

it('the documentation lists every code with its status, and no other', () => {
  const rows = [...DOCS.matchAll(/^\| (\d+) +\| [^|]* \| ([^|]*) \|$/gm)]
  const listed = rows.flatMap(([, status, codes]) =>
    [...(codes ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, code]) => [code, Number(status)]),
  )
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(Object.entries(CATALOG).map(([code, {exit}]) => [code, exit])),
  )
})

it('it names every command that an oclif host gets', () => {
  const text = /<!-- ids -->\s+([^#]*?)\n\n/.exec(DOCS)?.[1] ?? ''
  const manifest = JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')) as {
    commands: Record<string, object>
  }
  const named = [...text.matchAll(/`([a-z ]+)`/g)].map(([, id = '']) => id.replace(' ', ':'))
  expect(named.toSorted()).toEqual(Object.keys(manifest.commands).toSorted())
})

it('the config file that it shows is one', async () => {
  const text = /```yaml\n([^`]*)```/.exec(DOCS)?.[1] ?? ''
  const config = await loadConfig(async () => [{owner: 'team', path: '/srv/dbtunnel.yaml', text}])
  expect(namedTargets(config, 'all-shop')).toEqual(['shop', 'scratch'])
})
