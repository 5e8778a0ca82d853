import {describe, expect, it} from 'vitest'
import type {FindPorts} from '../../../../src/clients/client.js'
import {findPsql} from '../../../../src/clients/psql/find.js'
import {fail} from '../../../../src/core/errors.js'

const absent = {find: async () => undefined}

function releasedAs(text: string | undefined): FindPorts['files'] {
  const readText = async (path: string): Promise<string> => {
    if (text === undefined || path !== '/etc/os-release') throw fail('CONFIG_INVALID', 'missing')
    return text
  }
  return {readText}
}

describe('findPsql', () => {
  it('gives the path that PATH leads to', async () => {
    const present = {find: async (name: string) => `/opt/bin/${name}`}
    expect(await findPsql({process: present, files: releasedAs(undefined), platform: 'linux'})).toBe('/opt/bin/psql')
  })

  it.each([
    ['linux', 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n', 'sudo apt-get install postgresql-client'],
    ['linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'sudo apt-get install postgresql-client'],
    ['linux', 'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="fedora"\n', 'sudo dnf install postgresql16'],
    ['linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'sudo dnf install postgresql'],
    ['linux', 'ID=alpine', 'sudo apk add postgresql-client'],
    ['linux', "ID='opensuse-leap'\nID_LIKE='suse opensuse'", 'sudo zypper install postgresql'],
    ['darwin', undefined, 'brew install libpq && brew link --force libpq'],
    ['linux', 'ID=constructor', "Install PostgreSQL's client programs: https://www.postgresql.org/download/"],
    ['freebsd', undefined, "Install PostgreSQL's client programs: https://www.postgresql.org/download/"],
  ] as const)('on %s with %j says how to install it', async (platform, release, hint) => {
    await expect(findPsql({process: absent, files: releasedAs(release), platform})).rejects.toMatchObject({
      code: 'CLIENT_MISSING',
      exitCode: 127,
      hint,
    })
  })
})
