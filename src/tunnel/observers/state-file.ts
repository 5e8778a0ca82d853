import type {TunnelStatus} from '../../core/results/opened-tunnel.js'
import type {MakeObserver} from '../observer.js'

/** Between two notes of what a tunnel has carried. */
const NOTE_EVERY_MS = 5000

/** What `status` and other runs read of a tunnel that is kept open. Those of one program are noted by their session alone. */
export const stateFile: MakeObserver = ({ports, record}) => {
  let isKept = false
  let noted: TunnelStatus | undefined
  return {
    async opened({command, opened, status}) {
      isKept = command === 'open'
      if (isKept) await record.note({opened, status, log: ports.background.parent?.log})
    },
    changed(status) {
      if (isKept) void record.note({status})
    },
    /** Now and then, and only when it has carried something: a file is written each time. */
    second(status) {
      const {open, bytesUp, bytesDown, ageMs} = status
      const isSame = noted?.open === open && noted.bytesUp === bytesUp && noted.bytesDown === bytesDown
      if (!isKept || (noted && (isSame || ageMs - noted.ageMs < NOTE_EVERY_MS))) return
      noted = status
      void record.note({status})
    },
  }
}
