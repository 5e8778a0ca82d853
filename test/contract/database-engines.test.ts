import {readdir} from 'node:fs/promises'
import {describe, expect, it} from 'vitest'
import {engineOf, engines} from '../../src/client/engines.js'

it('lists every file of engines/, under its own name', async () => {
  const files = await readdir(new URL('../../src/client/engines/', import.meta.url))
  expect(engines.map(({id}) => `${id}.ts`).sort()).toEqual(files.sort())
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
