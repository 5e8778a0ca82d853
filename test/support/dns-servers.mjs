// Loaded before a program (NODE_OPTIONS=--import): it asks the DNS server that DNS_SERVER names, and no other.
import {setServers} from 'node:dns'

setServers([process.env.DNS_SERVER])
