import {bastionOf, bestOf, judgeFor, usableOf} from '../../../bastions/choose-bastions.js'
import type {Candidate} from '../../../bastions/kind.js'
import {noBastion} from '../../../bastions/none-usable.js'
import {judge, refusalAtSight, vpcFor} from '../../../bastions/judge.js'
import {fewLines} from '../../../core/text/first-lines.js'
import {nodeName} from '../../../core/grammars.js'
import {anywhere} from '../anywhere.js'
import {hop, ok} from '../hop.js'

/** Systems Manager is in touch with it, and its agent knows the document. */
export const agent = hop('agent', {
  title: 'SSM agent',
  needs: ['region', 'bastion'],
  needsOfTarget: ['database'],
  async check({region: {settings, aws}, bastion: candidates, database}, _request, _ports, run) {
    const rule = settings.bastion
    const place = database?.place ?? anywhere(settings)
    const verdicts = database
      ? await judgeFor(candidates, place, rule, aws, run.signal)
      : await judge(candidates, rule, undefined, aws, run.signal)
    const bastions = database ? bestOf(verdicts, place, rule) : usableOf(verdicts, undefined).map(bastionOf)
    if (bastions.length === 0) throw noBastion(verdicts, place, rule)
    const fit = bastions.map((one) => `${nodeName(one)} ${one.agentVersion ?? '(not asked)'}`)
    const isAsked = (one: Candidate): boolean => refusalAtSight(one, database && vpcFor(rule, place)) === undefined
    const left = verdicts.flatMap(({candidate, refusal}) =>
      isAsked(candidate) && refusal !== undefined ? [`${nodeName(candidate)} ${refusal}`] : [],
    )
    return ok(fewLines([...fit, ...left]).join('\n'), bastions)
  },
})
