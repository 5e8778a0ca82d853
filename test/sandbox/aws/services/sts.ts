import {AwsFault, commonFault} from '../fault.js'
import {type KeyStore} from '../key-store.js'
import {arnOf, userIdOf} from '../model.js'
import {type QueryAction} from './query-service.js'

/** What every MFA device shows; each user has one, named as the user is. A code is good once. */
export const MFA_CODES = ['314159', '271828', '161803'] as const

/** Needs no permission, and no policy can deny it. */
const getCallerIdentity: QueryAction = (_, {account, caller}) => ({
  Arn: arnOf(account, caller.identity),
  UserId: userIdOf(caller.identity),
  Account: account.id,
})

/** IAM users may assume every role of their account that has a session of that name, and only with an MFA code. */
function assumeRole(keys: KeyStore): QueryAction {
  const used = new Set<string>()
  return (parameters, {account, caller}) => {
    const [arn = '', name, serial, code] = ['RoleArn', 'RoleSessionName', 'SerialNumber', 'TokenCode'].map((one) =>
      parameters.get(one),
    )
    const denied = commonFault(
      'sts',
      'denied',
      `User: ${arnOf(account, caller.identity)} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
    )
    const seconds = Number(parameters.get('DurationSeconds') ?? 3600)
    if (!(seconds >= 900 && seconds <= 43_200)) throw new AwsFault('ValidationError', 'DurationSeconds is out of range')
    const role = account.identities.find(
      ({kind, roleName, sessionName}) =>
        kind === 'assumed-role' && arn === `arn:aws:iam::${account.id}:role/${roleName}` && sessionName === name,
    )
    const {kind, sessionName: user} = caller.identity
    if (!role || kind !== 'user' || serial !== `arn:aws:iam::${account.id}:mfa/${user}`) throw denied
    if (code === undefined || !/^\d{6}$/.test(code)) throw new AwsFault('ValidationError', 'tokenCode is malformed')
    if (!MFA_CODES.some((one) => one === code) || used.has(code)) {
      throw commonFault('sts', 'denied', 'MultiFactorAuthentication failed with invalid MFA one time pass code. ')
    }
    used.add(code)
    const {accessKeyId, secretKey, sessionToken = '', expiresAt = 0} = keys.issue(role.name, seconds * 1000)
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretKey,
        SessionToken: sessionToken,
        Expiration: new Date(expiresAt).toISOString(),
      },
      AssumedRoleUser: {Arn: arnOf(account, role), AssumedRoleId: userIdOf(role)},
    }
  }
}

export function stsActions(keys: KeyStore): Readonly<Record<string, QueryAction>> {
  return {GetCallerIdentity: getCallerIdentity, AssumeRole: assumeRole(keys)}
}
