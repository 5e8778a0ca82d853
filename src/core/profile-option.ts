import {shellLine} from './shell-line.js'

/** ` --profile NAME` for an AWS CLI command that is printed to be pasted; empty without a profile. */
export function profileOption(profile: string | undefined): string {
  return profile === undefined ? '' : ` ${shellLine(['--profile', profile])}`
}
