import {nativeTransfer} from './native-transfer.js'
import type {Part} from './row.js'

const LEAST_RATIO = 20

export const transfer: Part = {
  name: 'transfer',
  async measure(_, {mib}) {
    const got = await nativeTransfer({mib})
    const rate = (mibs: number): string => `${mibs.toFixed(1)} MiB/s`
    return [
      {
        what: `native upload of ${mib} MiB, no pace, against a sender of the plugin's pace`,
        measured: `${got.ratioUp.toFixed(1)}× (${rate(got.uploadMiBs)} / ${got.pacedMiBs.toFixed(2)})`,
        budget: `≥ ${LEAST_RATIO}×`,
        isMet: got.ratioUp >= LEAST_RATIO,
      },
      {
        what: `checksums after ${mib} MiB each way, and again both ways at once through ${got.losses} lost WebSockets`,
        measured: got.checksumsEqual ? 'equal' : 'NOT EQUAL',
        budget: 'equal',
        isMet: got.checksumsEqual,
      },
      {what: 'native download, no pace', measured: rate(got.downloadMiBs)},
      {what: 'both at once, up and down', measured: `${rate(got.bothUpMiBs)}, ${rate(got.bothDownMiBs)}`},
      {
        what: 'small queries on 20 other connections: idle p50; beside both, p50 and p99',
        measured: [got.idleP50Ms, got.smallP50Ms, got.smallP99Ms].map((ms) => `${ms.toFixed(1)} ms`).join(', '),
      },
      {
        what: "RSS of the engine's process: before, at its peak, after",
        measured: [got.rssBeforeMiB, got.rssPeakMiB, got.rssAfterMiB].map((one) => `${one.toFixed(0)} MiB`).join(', '),
      },
    ]
  },
}
