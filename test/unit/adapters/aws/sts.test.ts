import {expect, it} from 'vitest'
import {callerName} from '../../../../src/adapters/aws/sts.js'

it.each([
  ['arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123/alice@example.com', 'alice@example.com'],
  ['arn:aws:sts::123456789012:assumed-role/Engineer/i-0123456789abcdef0', 'i-0123456789abcdef0'],
  ['arn:aws-cn:iam::123456789012:user/team/db/bob', 'bob'],
  ['arn:aws:sts::123456789012:federated-user/carol', 'carol'],
  ['arn:aws:iam::123456789012:root', 'root'],
  ['', ''],
])('takes the name out of %s', (arn, name) => {
  expect(callerName(arn)).toBe(name)
})
