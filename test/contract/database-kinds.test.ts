import {readdir} from 'node:fs/promises'
import {describe, expect, it} from 'vitest'
import {engineOf, engines} from '../../src/databases/kinds.js'

it('lists every folder of databases/, under its own name', async () => {
  const entries = await readdir(new URL('../../src/databases/', import.meta.url), {withFileTypes: true})
  const folders = entries.filter((entry) => entry.isDirectory()).map(({name}) => name)
  expect(engines.map(({id}) => id).sort()).toEqual(folders.sort())
})

describe.each([...engines])('$id', (engine) => {
  it('is found by its own id and by nobody else’s', () => {
    expect(engineOf(engine.id)).toBe(engine)
    for (const other of engines) if (other !== engine) expect(engine.matches(other.id)).toBe(false)
  })

  it('can be asked for TLS, and opened without a database’s name', () => {
    expect(engine.preamble.ask.length).toBeGreaterThan(0)
    expect(engine.defaultDatabase).not.toBe('')
    expect(engine.defaultPort).toBeGreaterThan(0)
  })
})

it('knows RDS’s words for PostgreSQL, and nothing that it cannot open', () => {
  for (const word of ['postgres', 'aurora-postgresql']) expect(engineOf(word)?.id).toBe('postgres')
  for (const word of ['mysql', 'aurora-mysql', 'mariadb', 'sqlserver-ex', 'oracle-ee', 'constructor', '']) {
    expect(engineOf(word)).toBeUndefined()
  }
})
