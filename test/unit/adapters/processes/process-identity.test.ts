import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {processTable} from '../../../../src/adapters/processes/process-identity.js'

const PLATFORMS: NodeJS.Platform[] = [
  ...(process.platform === 'linux' ? ['linux' as const] : []),
  ...(existsSync('/bin/ps') ? ['darwin' as const] : []),
]

describe.each(PLATFORMS)('as on %s', (platform) => {
  const table = processTable(platform)

  test('we are alive, and our start is one word for a line of the hosts file', () => {
    const self = table.self()
    expect(self.pid).toBe(process.pid)
    expect(self.started).toMatch(/^[0-9][a-z0-9-]*$/)
    expect(table.state(self)).toBe('alive')
    expect(processTable(platform).self()).toEqual(self)
  })

  test('another process with our pid is dead', () => {
    const {pid, started} = table.self()
    expect(table.state({pid, started: started.replace(/^\d+/, '1')})).toBe('dead')
  })

  test('a process that ended is dead', async () => {
    const child = spawn('/bin/true')
    await once(child, 'close')
    expect(table.state({pid: child.pid as number, started: table.self().started})).toBe('dead')
  })
})

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('a process of another pid namespace is elsewhere', () => {
    const {pid, started} = processTable().self()
    expect(processTable().state({pid, started: started.replace(/\d+$/, '1')})).toBe('elsewhere')
  })

  test('a process that ended is dead also before its parent has noticed', async () => {
    // The shell becomes another program, which never asks for the shell's child.
    const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {stdio: ['ignore', 'pipe', 'ignore']})
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n') await new Promise(setImmediate)
    process.kill(pid, 'SIGKILL')
    while (fields()[0] !== 'Z') await new Promise(setImmediate)
    const started = processTable()
      .self()
      .started.replace(/^\d+/, fields()[19] ?? '')
    expect(processTable().state({pid, started})).toBe('dead')
    parent.kill('SIGKILL')
    await once(parent, 'close')
  })

  test('a process of an earlier boot is dead, whatever its namespace', () => {
    const {pid, started} = processTable().self()
    const former = started.replace(/-[0-9a-f]+-/, '-00000000-')
    expect(processTable().state({pid, started: former.replace(/\d+$/, '1')})).toBe('dead')
  })
})
