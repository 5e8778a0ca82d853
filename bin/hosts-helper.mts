// Writes the hosts file for a dbtunnel that is not root: started by it through sudo, fed by it through stdin, gone with
// it. It takes no argument but `apart`, reads no variable, and loads nothing but Node's own modules and the hosts stage.
import {spawn} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {hostsFileAt} from '../src/adapters/hosts-file/file-at.js'
import {isShielded} from '../src/adapters/hosts-helper/node-words.js'
import {hostsLines} from '../src/hosts/edit.js'
import {hostsServer} from '../src/hosts/helper-server.js'

// Started in another way, its Node can be made to open its debugger.
if (!isShielded()) {
  process.stderr.write('dbtunnel hosts helper: this program is for dbtunnel to start: dbtunnel hosts\n')
  process.exit(1)
}

// A core file would be root's, and hold what the user sends: some sudos leave the user's own core limit in force. So none is
// made in a folder of the user's choice, and none has any memory in it.
process.chdir('/')
try {
  if (process.platform === 'linux') writeFileSync('/proc/self/coredump_filter', '0')
} catch {
  // Without /proc: then the folder alone keeps it out of the way.
}

// The terminal's keys are dbtunnel's and its client's; sudo relays them. A signal that has another use ends nothing either.
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
  process.on(signal, () => {})
}
// A dbtunnel that was killed reads no answers.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const file = hostsFileAt(async () => '/etc/hosts')
const hosts = hostsLines({...file, addresses: async () => undefined})
let status = 0

/** To the program that started us, and to those who watch over the machine. */
function log(line: string): void {
  process.stderr.write(`dbtunnel hosts helper: ${line}\n`)
  const argv = ['-t', 'dbtunnel-hosts-helper', '-p', 'auth.warning', '--', line]
  spawn('/usr/bin/logger', argv, {stdio: 'ignore', env: {}})
    .on('error', () => {})
    .unref()
}

const server = hostsServer(hosts, {
  answer: (line) => process.stdout.write(`${line}\n`),
  refuse: (why) => {
    status = 1
    log(`refused ${why}`)
    finish()
  },
})

let isEnding = false
function finish(): void {
  if (isEnding) return
  isEnding = true
  process.stdin.destroy()
  void server.end().then((isClean) => {
    if (!isClean) log('a line could not be taken out; the next start of dbtunnel does that')
    process.exitCode = isClean ? status : 1
  })
}

process.on('SIGTERM', finish)
process.on('uncaughtException', (error) => {
  log(`failed: ${error.message}`)
  status = 1
  finish()
})

/** Once more, in a session of its own: then sudo is over, and no terminal has a hold on the one that writes. */
function goApart(): void {
  const argv = [...process.execArgv, process.argv[1] as string]
  spawn(process.execPath, argv, {detached: true, stdio: ['inherit', 'inherit', 'ignore'], env: {}})
    .on('error', (error) => {
      log(`failed: ${error.message}`)
      process.exitCode = 1
    })
    .unref()
}

async function main(): Promise<void> {
  if (process.argv.length === 3 && process.argv[2] === 'apart') return goApart()
  if (process.argv.length > 2) {
    log(`refused ${process.argv.length - 2} arguments`)
    process.exitCode = 1
    return
  }
  // What a killed one has left. It shall not keep us from writing.
  await hosts.sweep().catch((error: unknown) => log(`not swept: ${String(error)}`))
  const {pid, started} = file.self()
  process.stdout.write(`ready ${pid} ${started}\n`)
  process.stdin.on('data', (bytes: Buffer) => server.take(bytes))
  process.stdin.on('end', finish)
  process.stdin.on('error', finish)
}

void main()
