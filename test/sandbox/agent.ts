/** The SSM agent: what tests use of it. */
export {type Incoming, decodeMessage, encodeMessage} from './agent/agent-message.js'
export {type SilentStep, randomRow} from './agent/behaviour.js'
export {Channel} from './agent/channel.js'
export {type EchoServer, startEchoServer} from './agent/echo-server.js'
export {type AgentHub, type HubOptions, type SessionFacts, startAgentHub} from './agent/hub.js'
export {MinimalClient} from './agent/minimal-client.js'
