import {CATALOG, type DbtunnelError, type ErrorCode, fail} from '../core/errors.js'
import type {HostsFile, HostsHelper, HostsPort} from '../core/ports/hosts.js'
import {isSame, marksIn} from './lines.js'
import {isRdsEndpoint} from '../core/endpoint-name.js'

/** Lets a helper write that may still be starting, and may not come to be. */
export function hostsThroughHelper(starting: Promise<HostsHelper>, file: HostsFile): HostsPort {
  const ask = async (helper: HostsHelper, request: string): Promise<void> => {
    const answer = await helper.ask(request)
    if (answer !== 'done') throw failureIn(answer)
  }

  return {
    obstacle: () =>
      starting.then(
        () => undefined,
        () => 'needs root',
      ),

    async add(name, signal) {
      if (!isRdsEndpoint(name)) throw notItsName(name)
      const helper = await starting
      signal?.throwIfAborted()
      await ask(helper, `map ${name}`)
    },

    async remove(name) {
      const helper = await starting.catch(() => undefined)
      if (!helper || !isRdsEndpoint(name)) return
      try {
        await ask(helper, `unmap ${name}`)
      } catch (error) {
        // Told to end by someone else it has taken its lines out before.
        const marks = marksIn(await file.read())
        if (marks.some((mark) => mark.name === name && isSame(mark.owner, helper.identity))) throw error
      }
    },

    async sweep() {
      // Its own first deed.
      await starting
    },
  }
}

function notItsName(name: string): DbtunnelError {
  return fail(
    'HOSTS_UNWRITABLE',
    `Writing the hosts file requires root. dbtunnel uses sudo only for RDS endpoint names, and not for ${name}.`,
    {
      hint: 'Run it as root, or connect without the hosts file: --resolve hostaddr',
    },
  )
}

/** `failed {"code":…,"message":…,"hint":…}`. */
function failureIn(answer: string): DbtunnelError {
  try {
    const {code, message, hint} = JSON.parse(answer.replace(/^failed /, '')) as Record<string, string | undefined>
    if (code !== undefined && message !== undefined && code in CATALOG) return fail(code as ErrorCode, message, {hint})
  } catch {
    // It is said below.
  }
  return fail('INTERNAL', `The hosts helper answered ${JSON.stringify(answer.slice(0, 80))}.`)
}
