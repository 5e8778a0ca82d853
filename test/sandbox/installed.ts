/** What of the machine the sandbox uses where it is installed. Loads nothing else. */
export {hasMariadb, MISSING} from './database/mysql/programs.js'
