import type {LoginApi} from '../../core/ports/aws.js'
import type {Connection} from './connection.js'
import {credentialSource} from './profile.js'

export function loginApi({profile, credentials}: Connection): LoginApi {
  return {
    async mayTakePerson() {
      const {kind, renewal, asksForMfa} = await credentialSource(profile)
      return kind === 'profile' && (asksForMfa || renewal !== undefined)
    },
    obtain: (askCode) => credentials.obtain(askCode),
    renewal: async () => (await credentialSource(profile)).renewal,
    async startsProgram() {
      const {kind, program} = await credentialSource(profile)
      return kind === 'profile' && program !== undefined
    },
  }
}
