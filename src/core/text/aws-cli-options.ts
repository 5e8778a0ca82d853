import {shellLine} from './shell-line.js'

/** ` --profile NAME` for an AWS CLI command that is printed to be pasted; empty without a profile. */
export function profileOption(profile: string | undefined): string {
  return profile === undefined ? '' : ` ${shellLine(['--profile', profile])}`
}

/** ` --region NAME` and the profile, for a command that must not end up in another region or account. */
export function accountOptions(account: {readonly region: string; readonly profile?: string | undefined}): string {
  return ` --region ${account.region}${profileOption(account.profile)}`
}
