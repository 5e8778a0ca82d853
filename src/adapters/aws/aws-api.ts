import type {AwsApi} from '../../core/ports/aws.js'
import {type AwsOptions, connect} from './connection.js'
import type {SharedCredentials} from './credentials.js'
import {credentialFilesMark} from './credential-files.js'
import {ec2Api} from './ec2.js'
import {loginApi} from './login.js'
import {rdsApi} from './rds.js'
import {keysInEnvironment} from './profile.js'
import {settingsScope} from './scope.js'
import {signingApi} from './signing.js'
import {ssmApi} from './ssm.js'
import {stsApi} from './sts.js'

/**
 * AWS through SDK v3, with one provider of credentials: one of its own, unless it is to use another connection's. Each
 * client is loaded when it is first asked.
 */
export function awsApi(options: AwsOptions, shared?: SharedCredentials): AwsApi {
  const connection = connect(options, shared)
  const sts = stsApi(connection)
  return {
    rds: rdsApi(connection),
    ec2: ec2Api(connection),
    ssm: ssmApi(connection, {startSessionLimit: options.startSessionLimit}),
    sts,
    signing: signingApi(connection, sts, options.say),
    login: loginApi(connection),
    in: (region) => awsApi({...options, region}, connection.credentials),
    scope: () => settingsScope(connection),
    loginMark: credentialFilesMark,
    clockOffset: () => connection.clockOffset(),
    mayRenewCredentials: () => !keysInEnvironment(connection.profile),
  }
}
