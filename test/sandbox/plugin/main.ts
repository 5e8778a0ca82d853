import {Carrier} from './carrier.js'
import {type Call, Panic, readCall} from './call.js'
import {readFaults} from './faults.js'
import {Screen} from './screen.js'

const INSTALLED = '\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n'

/** The program, given its arguments (`--version` is answered before). Ends the process with the real one's status: 0 but for a panic. */
export async function main(words: readonly string[]): Promise<void> {
  const faults = readFaults(process.env['SANDBOX_PLUGIN_FAULT'])
  const screen = new Screen(faults)
  const [first] = words
  if (first === undefined) return screen.print(INSTALLED)
  if (words.length < 3) {
    const help = 'Use session-manager-plugin --version to check the version.'
    return screen.print(`\nUnknown operation ${first}. \n${help}\n\n`)
  }
  let call: Call
  try {
    call = readCall(words, process.env)
    if (faults.has('panic')) throw new Panic('panic: on purpose')
  } catch (error) {
    if (!(error instanceof Panic)) return screen.print((error as Error).message)
    process.stderr.write(`${error.message}\n\ngoroutine 1 [running]:\n`)
    process.exitCode = 2
    return
  }
  screen.print(`\nStarting session with SessionId: ${call.grant.sessionId}\n`)
  if (faults.has('quit')) return
  if (faults.has('setup-error')) return screen.print('Cannot perform start session: on purpose\n')
  stay()
  if (faults.has('hang-dial')) return
  await new Carrier(call, faults, screen).carry()
}

/** Alive, whatever happens, until something ends the process. */
function stay(): void {
  setInterval(() => {}, 2 ** 30)
}
