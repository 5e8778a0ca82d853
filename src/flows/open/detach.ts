import {acquire} from '../../core/acquire.js'
import {fail} from '../../core/errors.js'
import type {Ports} from '../../core/ports/ports.js'
import {spokenName} from '../../targets/parse-target.js'
import {checkAutoLogin} from './auto-login.js'
import {checkOutput, type OpenRequest, type OpenView} from './open-request.js'
import {readRequest} from '../request/read-request.js'
import {type ApprovalPorts, isUnapproved, withApproval} from '../request/approval.js'
import {withReason} from '../request/ask-reason.js'
import {signIn, type SignInPorts} from '../request/sign-in.js'
import {supervise, type SupervisePorts} from '../../core/supervise.js'
import {shellLine, shownName} from '../../core/text/shell-line.js'

/** That process says it, too. */
const SILENT = {notice: () => {}}

/**
 * Starts this command once more in the background, and waits until its tunnel is ready. Rejects with what that one rejects
 * with, or INTERNAL when it ends without a word.
 */
export async function detach(
  opening: Pick<OpenRequest, 'target' | 'flags' | 'words' | 'isForShell' | 'isPasswordRenewed'>,
  ports: SupervisePorts & ApprovalPorts & SignInPorts & Pick<Ports, 'background' | 'sources'>,
  ready: OpenView['ready'],
): Promise<void> {
  const {target, words} = opening
  checkOutput(opening)
  const request = await readRequest(opening, {...ports.sources, say: SILENT})
  const {name, settings} = request
  checkAutoLogin(opening, settings)
  await supervise(ports, async (run) => {
    // There it can be asked for no more.
    const why = {target: spokenName(name), settings, command: 'open', typed: words} as const
    const {reason} = await withReason(why, ports.person, run)
    if (await isUnapproved(request, ports)) {
      const aws = ports.awsFor(settings)
      await signIn(aws, ports, run)
      await withApproval(request, aws, async () => {}, ports, run)
    }
    let isReady = false
    let asking: Promise<void> | undefined
    const over = new AbortController()
    const child = await acquire(run.undo, {
      title: 'background process',
      take: () => ports.background.start(target, reason === undefined ? {} : {DBTUNNEL_REASON: reason}),
      async giveBack(started) {
        over.abort()
        await asking
        if (isReady) return
        started.stop()
        await started.ended
        await started.removeLog()
      },
    })
    for await (const news of child.news) {
      if (news.kind === 'notice') run.say.notice(news.line)
      else if (news.kind === 'ask') asking = child.startHelper(over.signal)
      else if (news.kind === 'failed') throw fail(news.code, news.message, {hint: news.hint})
      else {
        isReady = news.isHere
        if (isReady) {
          child.release()
          run.say.notice(`The tunnel is open in the background (process ${child.pid}). Its log:`)
          run.say.notice(`  ${shownName(child.log)}\nTo close it:\n  ${shellLine(['dbtunnel', 'close', target])}`)
        }
        ready(news.tunnel, {isHere: news.isHere, shell: settings.shell})
        return
      }
    }
    throw fail('INTERNAL', 'The background process ended without an error message.', {
      hint: `See its log: ${shownName(child.log)}`,
    })
  })
}
