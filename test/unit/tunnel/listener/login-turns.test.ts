import {expect, it} from 'vitest'
import {LoginTurns} from '../../../../src/tunnel/listener/login-turns.js'
import {ManualClock} from '../../../support/manual-clock.js'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('lets 32 logins be under way, and the next one in when one of them is over', async () => {
  const turns = new LoginTurns(new ManualClock())
  const first = await Promise.all(Array.from({length: 32}, () => turns.next()))
  let has33 = false
  void turns.next().then((end) => (has33 = end !== undefined))
  await settle()
  expect(has33).toBe(false)
  first[0]?.()
  // Ending twice ends one.
  first[0]?.()
  await settle()
  expect(has33).toBe(true)
})

it('lets 50 begin within a second, and the next one after it', async () => {
  const clock = new ManualClock()
  const turns = new LoginTurns(clock)
  for (let login = 0; login < 50; login++) (await turns.next())?.()
  let has51 = false
  void turns.next().then((end) => (has51 = end !== undefined))
  await settle()
  expect(has51).toBe(false)
  await clock.advance(1000)
  expect(has51).toBe(true)
})

it('sends one away that has waited for a minute', async () => {
  const clock = new ManualClock()
  const turns = new LoginTurns(clock)
  for (let login = 0; login < 32; login++) await turns.next()
  const late = turns.next()
  await clock.advance(60_000)
  expect(await late).toBeUndefined()
})
