import {afterEach, beforeEach, expect, it} from 'vitest'
import {systemClock} from '../../src/adapters/processes/clock.js'
import {listenPort} from '../../src/adapters/network/listen.js'
import {portOwners} from '../../src/adapters/network/port-owner.js'
import {fail} from '../../src/core/errors.js'
import type {ListenPort} from '../../src/core/ports/network.js'
import {localEndAt, usualLocalEnd} from '../../src/tunnel/listener/choose-port.js'
import {usualPort} from '../../src/tunnel/listener/preferred-ports.js'
import type {Target} from '../../src/targets/target.js'
import {listenSomewhere} from '../support/free-port.js'
import {type RecordedRun, recordedRun} from '../unit/links/session/plugin/recorded-run.js'

const TARGET: Target = {
  name: 'prod-db',
  databaseKind: 'postgres',
  endpoint: {host: 'prod-db.c1.eu-west-1.rds.amazonaws.com', port: 6432},
  region: 'eu-west-1',
  defaultDatabase: 'app',
  securityGroupIds: [],
}

let run: RecordedRun

beforeEach(() => {
  run = recordedRun()
})

afterEach(async () => {
  expect(await run.end()).toEqual([])
})

/** Whoever else uses this machine: which ports are free, and which are seen to be taken, is the test's affair. */
function ports(taken: readonly number[], seen: readonly number[] = []) {
  const asked: number[] = []
  const listen: ListenPort = {
    listen(port, onConnection) {
      asked.push(port)
      if (taken.includes(port)) return Promise.reject(fail('PORT_IN_USE', `Port ${port} is taken.`))
      return listenPort.listen(0, onConnection)
    },
  }
  const ownerOf = async (port: number) => (seen.includes(port) ? {pid: 1, program: 'postgres'} : undefined)
  return {asked, ports: {listen, clock: systemClock, portOwners: {ownerOf, holdersOf: async () => []}}}
}

it('is at one of its own, the same each time, though the port of its engine is free', async () => {
  const [first, second] = [ports([]), ports([])]
  await usualLocalEnd(TARGET, first.ports, run)
  await usualLocalEnd(TARGET, second.ports, run)
  expect(first.asked).toEqual([usualPort(TARGET.endpoint)])
  expect(second.asked).toEqual(first.asked)
  expect(run.notices).toEqual([])
})

it('leaves a port alone that another program has, though it could be had', async () => {
  const usual = usualPort(TARGET.endpoint)
  const {asked, ports: own} = ports([], [usual])
  await usualLocalEnd(TARGET, own, run)
  expect(asked).not.toContain(usual)
})

it('is else at any free one, and that is said', async () => {
  const usual = usualPort(TARGET.endpoint)
  const {asked, ports: own} = ports([usual])
  const {port} = await usualLocalEnd(TARGET, own, run)
  expect(asked).toEqual([usual, 0])
  expect(run.notices).toEqual([`The port that prod-db usually has here (${usual}) is in use, so it is ${port}.`])
})

it('that was asked for and is taken: says who has it', async () => {
  const {server, port} = await listenSomewhere()
  const asked = {listen: listenPort, clock: systemClock, portOwners: portOwners()}
  await expect(localEndAt(port, asked, run)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringMatching(
      new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken by .+ \\(pid ${process.pid}\\)\\.$`),
    ),
  })
  server.close()
})
