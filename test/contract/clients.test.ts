import {readdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {clientOf, terminalClients, terminalFor} from '../../src/clients/client-of.js'
import {clients} from '../../src/clients/kinds.js'
import {kinds} from '../../src/databases/kinds.js'

const folderOf = (part: string): string[] =>
  readdirSync(new URL(`../../src/${part}/`, import.meta.url), {withFileTypes: true})
    .filter((entry) => entry.isDirectory())
    .map(({name}) => name)
    .sort()

it('are the folders of clients/, each under its own name', () => {
  expect(clients.map(({id}) => id)).toEqual(folderOf('clients'))
})

it('with a prompt have a command each, and each kind of database whose logins one checks has one of them', async () => {
  const commands = readdirSync(new URL('../../src/commands/', import.meta.url))
  for (const {id} of terminalClients) expect(commands).toContain(`${id}.ts`)
  for (const {id} of kinds.filter(({loginCheck}) => loginCheck)) expect(await terminalFor(id)).toBeDefined()
})

describe.each([...clients])('$id', (client) => {
  it('connects to kinds of database that there are, and alone has its programs', () => {
    expect(client.databases.length).toBeGreaterThan(0)
    for (const id of client.databases) expect(kinds.map((kind) => kind.id)).toContain(id)
    for (const program of client.programs) expect(clientOf(`/usr/bin/${program}`)).toBe(client)
  })
})

describe.each([...terminalClients])('$id with a prompt', ({id, programs, terminal}) => {
  it('is one of its programs, whose long options can be told apart', () => {
    expect(programs).toContain(id)
    for (const name of terminal.grammar.longNames) expect(terminal.grammar.problemOf(`--${name}`)).toBeUndefined()
    expect(terminal.grammar.problemOf('--this-is-no-option')).toContain('this-is-no-option')
  })

  it('that is not there says how to install it', async () => {
    const process = {find: async () => undefined}
    const files = {readText: async () => 'ID=debian\n'}
    const missing = (await terminal.load()).find({process, files, platform: 'linux'})
    await expect(missing).rejects.toMatchObject({code: 'CLIENT_MISSING', hint: expect.any(String) as string})
  })

  it('passes its own words on as they are', async () => {
    const client = await terminal.load()
    const {argv, ...login} = client.read([], {user: 'alice', database: 'app'})
    expect({argv, login}).toEqual({argv: [], login: {user: 'alice', database: 'app'}})
  })
})
