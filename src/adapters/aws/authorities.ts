import {readFile} from 'node:fs/promises'
import {fail} from '../../core/errors.js'
import {nameInForce, readSections} from './profile.js'

/**
 * PEM of the authorities to trust for AWS, in place of Node's, as the AWS CLI does: AWS_CA_BUNDLE, else the profile's
 * `ca_bundle`. Undefined where neither is set. Rejects with CONFIG_INVALID when the file cannot be read.
 */
export async function awsAuthorities(profile?: string): Promise<string | undefined> {
  const {AWS_CA_BUNDLE: variable} = process.env
  const name = nameInForce(profile)
  const file = variable || (await readSections())[name]?.['ca_bundle']
  if (!file) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const origin = variable ? 'AWS_CA_BUNDLE' : `ca_bundle of profile ${name}`
    throw fail(
      'CONFIG_INVALID',
      `${origin} is ${file}, which cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      {
        hint: 'It must be a PEM file with the CA certificates for AWS.',
        cause,
      },
    )
  }
}
