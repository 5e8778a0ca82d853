import type {AwsApi} from '../../core/ports/aws.js'
import type {Run} from '../../core/run.js'
import {locateWriter} from '../../targets/locate-writer.js'
import {type DiscoveryRequest, resolveInput} from './discover.js'

/**
 * Where the target is the endpoint of a global database: the same request in the region of its writer, and AWS there.
 * Anything else stays as it is. Rejects as `locateWriter` does.
 */
export async function followWriter<R extends DiscoveryRequest>(
  request: R,
  aws: AwsApi,
  run: Run,
): Promise<{readonly request: R; readonly aws: AwsApi}> {
  const {name, settings} = request
  if (name.kind !== 'global') return {request, aws}
  const located = await locateWriter(name, resolveInput(settings), aws.rds, run.signal)
  const {region} = located
  if (region !== settings.region) run.say.notice(`The writer of ${name.id} is in ${region}.`)
  return {
    request: {...request, name: located, settings: {...settings, region}},
    aws: region === settings.region ? aws : aws.in(region),
  }
}
