import {expect, it} from 'vitest'
import {installHelper} from '../../../src/flows/hosts.js'

it('where sudo refuses, the hint names the command to type on a terminal, as it was typed', async () => {
  const refusing = {
    isRoot: false,
    user: undefined,
    again: async () => 1,
    install: async () => {},
    uninstall: async () => false,
  }
  await expect(installHelper(['--json'], refusing)).rejects.toMatchObject({
    code: 'HELPER_NOT_INSTALLED',
    hint: 'Run it in a terminal, so that sudo can ask for your password: dbtunnel hosts install --json\nTo list what sudo allows you: sudo -l',
  })
})
