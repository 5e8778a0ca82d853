import type {Run} from '../../../core/run.js'
import type {Carry, Link, Carrier} from '../../link.js'
import {type NativePorts, NativeSession} from './native-session.js'
import {Pace} from './flow-control/pace.js'

/**
 * What this carrier sends up in a second unless told otherwise. The real plugin
 * stays below 1 MiB/s (1 KiB, then a rest of 1 ms); how much more the service
 * takes is not known, and faster senders are reported to have stalled
 * (aws/session-manager-plugin#145).
 */
const DEFAULT_UPLOAD_RATE = 1024 * 1024

export interface NativeOptions {
  readonly uploadBytesPerSecond?: number | 'unlimited' | undefined
}

/** Our own client of Session Manager's data channel, for machines without the plugin. */
export function nativeCarrier(ports: NativePorts, options: NativeOptions = {}): Carrier {
  return {
    id: 'native',
    open: (carry, run) => open(ports, new Pace(options.uploadBytesPerSecond ?? DEFAULT_UPLOAD_RATE), carry, run),
  }
}

async function open(ports: NativePorts, pace: Pace, carry: Carry, run: Run): Promise<Link> {
  run.signal.throwIfAborted()
  const session = new NativeSession(ports, carry, run.say, pace)
  run.undo.push('data channel', 'local', () => session.close())
  const onAbort = (): void => void session.end(run.signal.reason as Error)
  run.signal.addEventListener('abort', onAbort, {once: true})
  try {
    await session.start(carry.limits)
    return session
  } finally {
    run.signal.removeEventListener('abort', onAbort)
  }
}
