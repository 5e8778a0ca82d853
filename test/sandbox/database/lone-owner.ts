// A process that starts a database and is killed by a test.
import {startDatabase} from './database.js'
import {optionsFor, prod} from './fixture.js'

const database = await startDatabase(optionsFor([prod]))
process.stdout.write(
  `${JSON.stringify({caFile: database.caFile, port: await database.portOf(prod.host, prod.port)})}\n`,
)
