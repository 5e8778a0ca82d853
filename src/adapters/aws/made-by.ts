import {readAwsFiles} from './aws-files.js'
import {nameInForce} from './profile.js'

/** A variable, and the key of a profile that says the same. */
const SWITCHES = [
  ['AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'],
  ['AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint'],
] as const

/**
 * What has made the host name that a service is asked at, where the region alone has not: the variables, or the lines of a
 * profile (FILE:LINE), that the SDK goes by. `service` as in an action: `ssm`. Empty where nothing has.
 */
export async function madeBy(service: string, profile: string | undefined): Promise<readonly string[]> {
  const settings = (await readAwsFiles()).profiles.get(nameInForce(profile))
  const lineOf = (key: string): string | undefined => {
    const setting = settings?.get(key)
    return setting && `${key} in ${setting.file}:${setting.line}`
  }
  if (process.env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] !== 'true') {
    const named = [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL'].find((name) => process.env[name])
    const url = named ?? lineOf('endpoint_url')
    if (url !== undefined) return [url]
  }
  return SWITCHES.flatMap(([variable, key]) => {
    const value = process.env[variable]
    if (value !== undefined) return value.toLowerCase() === 'true' ? [`${variable}=${value}`] : []
    const isOn = settings?.get(key)?.text.toLowerCase() === 'true'
    return isOn ? (lineOf(key) ?? []) : []
  })
}
