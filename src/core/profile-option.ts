/** ` --profile NAME` for an AWS CLI command that is printed to be pasted; empty without a profile. */
export function profileOption(profile: string | undefined): string {
  if (profile === undefined) return ''
  return ` --profile ${/^[\w@%+=:,./-]+$/.test(profile) ? profile : `'${profile.replaceAll("'", String.raw`'\''`)}'`}`
}
