/** The databases: what tests use of them. */
export {
  type Authority,
  type Certificate,
  EXPIRED,
  NOT_YET_VALID,
  createAuthority,
  selfSign,
} from './database/authority.js'
export {ASK_PASSWORD, YES, fatal, parseFirst} from './database/messages.js'
export {QUESTIONS} from './database/mode.js'
export {login, message, SSL_REQUEST, Wire} from './database/wire.js'
