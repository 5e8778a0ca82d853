import type {FlagValues} from '../settings/read.js'
import {fail} from '../core/errors.js'
import type {ApprovalPort} from '../core/ports/approvals.js'
import type {LeadListing} from '../core/results/config-listing.js'
import {listedLead} from './request/lead.js'
import {readGroupLeads, readRequest, type RequestSources} from './request/read-request.js'

/**
 * Approves where the team's file leads a name, for this user, from now on. Asks nobody: the command itself is the answer.
 * Undefined where it leads the name nowhere else. Rejects with FILES_UNWRITABLE, or as `readRequest` does.
 */
export async function approve(
  {target, flags}: {readonly target: string; readonly flags: FlagValues},
  {approvals, sources}: {readonly approvals: ApprovalPort; readonly sources: RequestSources},
): Promise<LeadListing | undefined> {
  const [ofGroup] = await readGroupLeads({named: [target], flags}, sources)
  const lead = ofGroup ?? (await readRequest({target, flags}, {...sources, say: {notice: () => {}}})).lead
  if (!lead) return undefined
  try {
    await approvals.keep(lead.approval)
  } catch (cause) {
    throw fail('FILES_UNWRITABLE', `The approval cannot be saved: ${(cause as Error).message}.`, {
      hint: 'To use the file for one run without a saved approval: --config FILE',
      cause,
    })
  }
  return {...listedLead(lead), approved: true}
}
