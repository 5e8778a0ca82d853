import {arnOf, userIdOf} from '../model.js'
import {type QueryAction} from './query-service.js'

/** Needs no permission, and no policy can deny it. */
const getCallerIdentity: QueryAction = (_, {account, caller}) => ({
  Arn: arnOf(account, caller.identity),
  UserId: userIdOf(caller.identity),
  Account: account.id,
})

export const STS_ACTIONS: Readonly<Record<string, QueryAction>> = {GetCallerIdentity: getCallerIdentity}
