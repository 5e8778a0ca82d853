import type {StsApi} from '../../core/ports/aws.js'
import {fail} from '../../core/errors.js'
import type {Connection} from './connection.js'

export function stsApi(connection: Connection): StsApi {
  const load = connection.loader(async () => {
    const sdk = await import('./clients/sts.js')
    return {sdk, client: connection.adopt(new sdk.STSClient(connection.clientConfig))}
  })
  return {
    async identity(signal) {
      const {sdk, client} = await load()
      const send = new sdk.GetCallerIdentityCommand({})
      const {Account = '', Arn = ''} = await connection.ask(
        'sts:GetCallerIdentity',
        (options) => client.send(send, options),
        signal,
      )
      const name = callerName(Arn)
      if (name !== '' && !/\p{Cc}/u.test(name)) return {account: Account, arn: Arn, name}
      throw fail('PROTOCOL', `Your AWS session name cannot be used as the database user: ${JSON.stringify(Arn)}.`, {
        hint: 'Set the database user: --user NAME',
      })
    },
  }
}

/**
 * The last part of the ARN: `…:assumed-role/ROLE/SESSION`, `…:user/PATH/NAME`,
 * `…:federated-user/NAME`, `…:root`.
 */
export function callerName(arn: string): string {
  return /[^/:]*$/.exec(arn)?.[0] ?? ''
}
