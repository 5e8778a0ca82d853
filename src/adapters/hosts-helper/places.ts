import {fileURLToPath} from 'node:url'
import {PACKAGE_FOLDER} from '../package-folder.js'

/** The helper as it is published, and as root starts it where none is installed. */
export const PROGRAM = fileURLToPath(new URL('dist/hosts-helper.cjs', PACKAGE_FOLDER))

/** What `dbtunnel hosts install` makes. */
export const FOLDER = '/usr/local/libexec/dbtunnel'
export const NODE = `${FOLDER}/node`
export const HELPER = `${FOLDER}/hosts-helper.cjs`
/** What of it was made, for everyone to read: see stamp.ts. */
export const STAMP = `${FOLDER}/stamp.json`
/** sudo takes the last rule that fits: nothing that is likely to be there comes after it. */
export const RULES = '/etc/sudoers.d/zz-dbtunnel'

/** What earlier versions made instead: a program that starts its own Node, without the words that keep its debugger shut. */
export const FORMER_HELPER = `${FOLDER}/hosts-helper`
