/** What carries a session: the session-manager-plugin, dbtunnel itself, or what this machine has (`auto`). */
export type CarrierChoice = 'auto' | 'plugin' | 'native'
