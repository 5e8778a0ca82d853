import {fileURLToPath} from 'node:url'
import {PACKAGE_FOLDER} from '../package-folder.js'

/** The helper as it is published, and as root starts it where none is installed. */
export const PROGRAM = fileURLToPath(new URL('dist/hosts-helper.cjs', PACKAGE_FOLDER))

/** What `dbtunnel hosts install` makes. */
export const FOLDER = '/usr/local/libexec/dbtunnel'
export const NODE = `${FOLDER}/node`
export const HELPER = `${FOLDER}/hosts-helper`
/** sudo takes the last rule that fits: nothing that is likely to be there comes after it. */
export const RULES = '/etc/sudoers.d/zz-dbtunnel'

/** Else Node reads the file that its OpenSSL was built with, which can name libraries, and lie in a user's folder. */
export const WITHOUT_CONFIG = '--openssl-config=/dev/null'

/** The program beneath the line that names its interpreter. */
export function headed(program: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`#!${NODE} ${WITHOUT_CONFIG}\n`), program])
}
