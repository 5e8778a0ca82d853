import type {Endpoint, SigningApi} from '../core/ports/aws.js'

export interface TokenLogin {
  /** The database's own: never localhost, never the local port. */
  readonly endpoint: Endpoint
  readonly region: string
  readonly user: string
}

/** An IAM token for one login, good for 15 minutes. Rejects with what `signing` rejects with. */
export async function signToken({endpoint, region, user}: TokenLogin, signing: SigningApi): Promise<string> {
  const token = await signing.databaseToken({...endpoint, region, user})
  // It goes where a password goes: a surprise must not.
  const expected = token.startsWith(`${endpoint.host}:${endpoint.port}/?`) && /^[\x21-\x7e]+$/.test(token)
  if (!expected) throw new Error('The signer returned no valid IAM token for this database.')
  return token
}
