import {fail, hasCode} from '../../core/errors.js'
import type {AwsApi} from '../../core/ports/aws.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import {setVariables} from '../../core/set-variables.js'
import {shellLine} from '../../core/text/shell-line.js'

export type SignInPorts = Pick<Ports, 'person' | 'process' | 'environment'>

/**
 * Gets credentials that may take a person, before anything is drawn: asks for the code of an MFA device, and where a login
 * has expired offers to run the command that renews it, once. Does nothing where nobody can be asked: then the first call
 * to AWS tells what to type.
 */
export async function signIn({login}: Pick<AwsApi, 'login'>, ports: SignInPorts, run: Run): Promise<void> {
  if (!ports.person.isThere || !(await login.mayTakePerson())) return
  const askCode = async (device: string): Promise<string> => {
    const code = (await ports.person.ask(`MFA code of ${device}: `, run.signal)).trim()
    if (/^\d{6}$/.test(code)) return code
    throw fail('VALUE_INVALID', 'The MFA code is not valid: it must have six digits.', {hint: 'Run the command again.'})
  }
  try {
    await login.obtain(askCode)
  } catch (error) {
    const command = hasCode(error, 'CREDENTIALS_EXPIRED') ? await login.renewal() : undefined
    if (!command || !(await renew(command, ports, run))) throw error
    await login.obtain(askCode)
  }
}

/** False when it is not wanted, or cannot be done. */
async function renew(command: readonly string[], ports: SignInPorts, run: Run): Promise<boolean> {
  const [program = '', ...argv] = command
  const file = await ports.process.find(program)
  if (file === undefined) return false
  const question = `Your AWS login has expired. Run it now: ${shellLine(command)}? [y/N] `
  if (!/^y(es)?$/i.test((await ports.person.ask(question, run.signal)).trim())) return false
  const running = await ports.process.spawnAside({file, argv, env: setVariables(ports.environment)})
  const ended = run.undo.push(program, 'local', () => running.kill('SIGTERM'))
  const {code} = await running.ended
  await ended()
  run.signal.throwIfAborted()
  return code === 0
}
