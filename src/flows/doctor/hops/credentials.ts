import {signIn} from '../../request/sign-in.js'
import {hop, ok} from '../hop.js'

export const credentials = hop('credentials', {
  title: 'AWS credentials',
  needs: ['region'],
  async check({region: {settings, aws}}, _request, ports, run) {
    // As for a client: where a person is there, the code of an MFA device is asked for, or a login renewed.
    await signIn(aws, ports, run)
    const caller = await aws.sts.identity(run.signal)
    const profile = settings.profile === undefined ? '' : `, profile ${settings.profile}`
    return ok(`${caller.arn}${profile}`, caller)
  },
})
