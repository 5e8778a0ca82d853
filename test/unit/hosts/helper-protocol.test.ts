import {expect, test} from 'vitest'
import {readRequest} from '../../../src/hosts/helper-protocol.js'

const NAME = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

test.each([
  '',
  'map',
  'map ',
  NAME,
  `map  ${NAME}`,
  ` map ${NAME}`,
  `map ${NAME} `,
  `map ${NAME}\r`,
  `map ${NAME}\0`,
  `map\t${NAME}`,
  `MAP ${NAME}`,
  `map ${NAME} 10.0.0.1`,
  `map 10.0.0.1 ${NAME}`,
  `map ${NAME}\n10.0.0.1 x`,
  `map ${NAME}#`,
  `map --file ${NAME}`,
  `unmap * `,
  'sweep',
])('refuses another request: %j', (line) => {
  expect(readRequest(line)).toBeUndefined()
})
