import type {DatabaseKind} from '../database-kind.js'
import {family} from '../mysql-family/family.js'

export const mysql: DatabaseKind = {
  ...family('mysql'),
  id: 'mysql',
  label: 'MySQL',
  matches: (rdsEngine) => rdsEngine === 'mysql' || rdsEngine === 'aurora-mysql',
  isUsual: 'at-its-port',
  longestUser: 32,
}
