import {denialOf, verdictOn} from '../authorize.js'
import {commonFault, type Service} from '../fault.js'
import {type Caller} from '../key-store.js'
import {type Account} from '../model.js'
import {type RequestContext} from '../policy.js'

/** One authentic request, as an action sees it. */
export class Call {
  readonly service: Service
  /** `service:Action` */
  readonly action: string
  readonly caller: Caller
  readonly region: string
  /** The region that the account has all its things in. */
  readonly home: string
  /** The sandbox's clock, in milliseconds since 1970. */
  readonly now: number

  constructor(
    service: Service,
    action: string,
    caller: Caller,
    {region, home, now}: {readonly region: string; readonly home: string; readonly now: number},
  ) {
    this.service = service
    this.action = action
    this.caller = caller
    this.region = region
    this.home = home
    this.now = now
  }

  /** As it is seen in the region of the request. */
  get account(): Account {
    const {account} = this.caller
    if (this.region === this.home) return account
    const nothing = {databases: [], clusters: [], instances: [], nodes: [], securityGroups: []}
    const globalDatabases = account.globalDatabases.filter(({otherRegions}) => otherRegions.includes(this.region))
    return {...account, ...nothing, globalDatabases}
  }

  /** `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE` */
  arn(resource: string, service: string = this.service): string {
    return `arn:aws:${service}:${this.region}:${this.account.id}:${resource}`
  }

  /** Throws the service's own refusal unless the caller's policies allow this action on the resource. */
  authorize(resource: string, context: RequestContext = {}): void {
    const verdict = verdictOn(this.caller, this.action, resource, {'aws:RequestedRegion': this.region, ...context})
    if (verdict === 'allowed') return
    // EC2's Describe actions know no resources, and EC2 opens its refusals with a sentence of its own.
    const ec2 = this.service === 'ec2'
    const why = denialOf(this.caller, this.action, ec2 ? undefined : resource, verdict)
    throw commonFault(this.service, 'denied', ec2 ? `You are not authorized to perform this operation. ${why}` : why)
  }
}
