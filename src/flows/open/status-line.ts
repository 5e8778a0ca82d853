import type {TunnelStatus} from '../../core/results/opened-tunnel.js'
import type {TunnelObserver} from '../../tunnel/observer.js'

/** Shows a tunnel on the last line of a terminal, as long as it is open. */
export function statusLine(show: (status: TunnelStatus | undefined) => void): TunnelObserver {
  return {
    second: show,
    closed: () => show(undefined),
  }
}
