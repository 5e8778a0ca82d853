// A program that works on a hosts file: hosts-child.ts FILE STEP… It says each
// step when it is done, and ends with 1 at the first that fails.
import {execFileSync} from 'node:child_process'
import {once} from 'node:events'
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {isDbtunnelError} from '../../src/core/errors.js'
import {hostsLines} from '../../src/hosts/edit.js'

const [path = '', ...steps] = process.argv.slice(2)
const hosts = hostsLines(hostsFile(path))

const actions: Record<string, (argument: string) => unknown> = {
  add: (name) => hosts.add(name),
  remove: (name) => hosts.remove(name),
  sweep: () => hosts.sweep(),
  async cycle(count) {
    for (let round = 0; round < Number(count); round++) {
      const name = `db-${round}.c1a2b3.eu-west-1.rds.amazonaws.com`
      await hosts.add(name)
      await hosts.remove(name)
    }
  },
  ready: () => {},
  /** Until standard input ends. */
  wait: () => once(process.stdin.resume(), 'end'),
  run: (command) => execFileSync(command.split(' ')[0] ?? '', command.split(' ').slice(1)),
  print: (command) => process.stdout.write(execFileSync(command.split(' ')[0] ?? '', command.split(' ').slice(1))),
  async user(uid) {
    // Loaded while we may: the clone's folder may be closed to that user.
    await hostsFile().path()
    process.setgroups?.([])
    process.setgid?.(Number(uid))
    process.setuid?.(Number(uid))
  },
  /** Expects a refusal, and prints it. */
  async refuse(name) {
    const error: unknown = await hosts.add(name).catch((reason: unknown) => reason)
    process.stdout.write(`${describe(error)}\n`)
  },
  /** Dies of SIGKILL in the middle of the given write in place, counted from 1, or right before the cut (0). */
  die(when) {
    const {writeSync} = fs
    let left = Number(when)
    const write = (fd: number, bytes: Buffer, from: number, length: number, place: number): number => {
      const isInPlace = fs.fstatSync(fd).ino === fs.statSync(path).ino
      if (!isInPlace || --left !== 0) return writeSync(fd, bytes, from, length, place)
      writeSync(fd, bytes, from, Math.ceil(length / 2), place)
      return die()
    }
    Object.assign(fs, {writeSync: write, ftruncateSync: die})
    syncBuiltinESMExports()
  },
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('still alive')
}

function describe(error: unknown): string {
  return `${isDbtunnelError(error) ? error.code : 'BUG'} ${(error as Error).message}`
}

for (const step of steps) {
  const [action = '', argument = ''] = step.split(/=(.*)/s)
  try {
    await actions[action]?.(argument)
    process.stdout.write(`${step}\n`)
  } catch (error) {
    process.stdout.write(`${describe(error)}\n`)
    process.exitCode = 1
    break
  }
}
