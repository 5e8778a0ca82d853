import {findCandidates} from '../../../bastions/choose-bastions.js'
import {noBastion} from '../../../bastions/none-usable.js'
import {refusalAtSight, vpcFor} from '../../../bastions/judge.js'
import {fewLines} from '../../../core/text/first-lines.js'
import {nodeName} from '../../../core/grammars.js'
import {anywhere} from '../anywhere.js'
import {hop, ok} from '../hop.js'

/** At first sight: running, and in the right VPC. */
export const bastion = hop('bastion', {
  title: 'Bastion',
  needs: ['region', 'credentials'],
  needsOfTarget: ['database'],
  async check({region: {settings, aws}, database}, _request, _ports, run) {
    const place = database?.place ?? anywhere(settings)
    const candidates = await findCandidates(settings.bastion, aws, run.signal)
    const vpcId = vpcFor(settings.bastion, place)
    const judged = candidates.map((candidate) => ({candidate, refusal: refusalAtSight(candidate, vpcId)}))
    const fit = judged.filter(({refusal}) => refusal === undefined)
    if (fit.length === 0) throw noBastion(judged, place, settings.bastion)
    const others = judged.filter(({refusal}) => refusal !== undefined)
    const left = others.map(({candidate, refusal}) => `${nodeName(candidate)} ${refusal}`)
    return ok(fewLines([...fit.map(({candidate}) => nodeName(candidate)), ...left]).join('\n'), candidates)
  },
})
