import type {DatabaseKind} from '../database-kind.js'
import {family} from '../mysql-family/family.js'

export const mariadb: DatabaseKind = {
  ...family('mariadb'),
  id: 'mariadb',
  label: 'MariaDB',
  matches: (rdsEngine) => rdsEngine === 'mariadb',
  longestUser: 80,
}
