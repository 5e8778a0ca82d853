import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {hostsFile} from '../../src/adapters/hosts-file/hosts-file.js'
import {processTable} from '../../src/adapters/processes/process-identity.js'
import {hostsLines} from '../../src/hosts/edit.js'
import {isSame, withoutLines} from '../../src/hosts/lines.js'
import {isRoot, outputOf} from '../support/hosts-children.js'

const NAME = `dbtunnel-test-${process.pid}.c1a2b3.eu-west-1.rds.amazonaws.com`

test.runIf(isRoot && process.platform === 'linux')('the system resolver sees the name come and go', async () => {
  const file = hostsFile()
  const hosts = hostsLines(file)
  // Other runs of dbtunnel may be at the file, too; their lines are not ours to compare.
  const path = await file.path()
  const self = processTable().self()
  const withoutOthers = (): Buffer => withoutLines(readFileSync(path), ({owner}) => !isSame(owner, self))
  const before = withoutOthers()
  try {
    expect(await outputOf('getent', 'hosts', NAME)).toBe('')
    await hosts.add(NAME)
    expect(await outputOf('getent', 'hosts', NAME)).toMatch(/^127\.0\.0\.1 /)
  } finally {
    await hosts.remove(NAME)
  }
  expect(await outputOf('getent', 'hosts', NAME)).toBe('')
  expect(withoutOthers().equals(before)).toBe(true)
})
