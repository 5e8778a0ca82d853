// Runs a database server's programs and owns their folder for as long as its standard input is open. When the process at the
// other end is gone, however it died, the running program is ended and the folder removed. Plain JavaScript, so that
// Node 20 starts it at once.
//
// Arguments: the folder, then the uid and gid to run programs as, if others than its own.
// In, one JSON object a line: {"run": [file, …arguments], "input": file} or {"signal": "SIGINT"} for the program that runs.
// Out, one JSON object a line: {"ended": "how"} for each program.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {closeSync, openSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import process from 'node:process'
import {createInterface} from 'node:readline'
import {setTimeout, clearTimeout} from 'node:timers'

const [folder, ...account] = process.argv.slice(2)
const [uid, gid] = account.map(Number)
let running

// The other end may be gone while there is still something to say.
process.stdout.on('error', () => {})

function run([file, ...parameters], input) {
  const stdin = input === undefined ? 'ignore' : openSync(input)
  const child = spawn(file, parameters, {
    cwd: folder,
    // Nothing of the caller's PG*, locale or time zone.
    env: {PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC'},
    stdio: [stdin, 'ignore', 'inherit'],
    ...(uid === undefined ? {} : {uid, gid}),
  })
  if (input !== undefined) closeSync(stdin)
  const end = (how) => {
    running = undefined
    process.stdout.write(`${JSON.stringify({ended: String(how)})}\n`)
  }
  child.once('error', (error) => end(error.message))
  child.once('exit', (status, signal) => end(status ?? signal))
  running = child
}

for await (const line of createInterface({input: process.stdin})) {
  const order = JSON.parse(line)
  if (order.run) run(order.run, order.input)
  else running?.kill(order.signal)
}

if (running) {
  const gone = once(running, 'exit')
  // PostgreSQL's immediate shutdown: its children end with it, and the data is not needed again. MariaDB has none.
  running.kill('SIGQUIT')
  const lastResort = setTimeout((child) => child.kill('SIGKILL'), 10_000, running)
  await gone
  clearTimeout(lastResort)
}
await rm(folder, {recursive: true, force: true, maxRetries: 20, retryDelay: 50})
