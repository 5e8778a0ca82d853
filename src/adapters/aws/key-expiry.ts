import {durationText} from '../../core/text/amounts.js'
import type {Say} from '../../core/run.js'
import {credentialSource, keysInEnvironment} from './profile.js'
import {expired} from './translate-error.js'

const SOON_MS = 15 * 60_000

/**
 * Looks at keys of the environment that say when they end (AWS_CREDENTIAL_EXPIRATION, as aws-vault, granted and `aws
 * configure export-credentials` set it): rejects with CREDENTIALS_EXPIRED when they have, and says so once when it is near.
 */
export function expiryWatch(
  profile: string | undefined,
  say: Pick<Say, 'notice'>,
): (credentials: {readonly expiration?: Date}) => Promise<void> {
  let told = false
  return async ({expiration}) => {
    if (!expiration || !keysInEnvironment(profile)) return
    const left = expiration.getTime() - Date.now()
    // A variable that holds no time says nothing.
    if (Number.isNaN(left)) return
    if (left <= 0) throw expired(await credentialSource(profile))
    if (told || left > SOON_MS) return
    told = true
    say.notice(
      `The AWS keys in the environment expire in ${durationText(left)}. After that, nobody can log in to the database with them, and a lost session cannot be replaced.`,
    )
  }
}
